"""What holds at the moment of the question, as Prometheus reads it: one table, a row a metric.

Base units (seconds, bytes, events); instants are Unix time. "Never, as things are" is +Inf, "not known yet" is no sample.
Counters here are those that the queue file or the link keeps anyway.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from edge_agent.buffer.rows import Counts
from edge_agent.delivery.link import Link
from edge_agent.delivery.outcome import PAUSE_REASONS
from edge_agent.forecast import Forecast
from shared.instants import SECOND

Labels = tuple[str, ...]
Samples = list[tuple[Labels, float]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the gauges are made of; instants in microseconds UTC."""

    camera: str
    version: str
    now: int
    started_at: int
    is_ready: bool
    last_sign_of_life: int | None
    link: Link
    counts: Counts | None
    """None as long as the queue could not be looked at."""
    forecast: Forecast | None


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    kind: Literal["gauge", "counter"]
    words: str
    read: Callable[[Snapshot], Samples]
    labels: Labels = ()


def exposition(registry: CollectorRegistry, snapshot: Snapshot) -> bytes:
    """Return the text of everything, the live counters first."""
    return generate_latest(_Together(registry, snapshot))


def families(snapshot: Snapshot) -> Iterator[Metric]:
    """Yield every metric of the table with its samples."""
    for row in _ROWS:
        make = GaugeMetricFamily if row.kind == "gauge" else CounterMetricFamily
        family = make(f"edge_agent_{row.name}", row.words, labels=row.labels)
        for labels, value in row.read(snapshot):
            family.add_metric(labels, value)
        yield family


class _Together(CollectorRegistry):
    """Both kinds as one registry, which is what the exposition wants."""

    def __init__(self, registry: CollectorRegistry, snapshot: Snapshot) -> None:
        super().__init__()
        self._live = registry
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        for family in self._live.collect():
            # The moment at which each counter was made would be a series of its own.
            family.samples = [one for one in family.samples if not one.name.endswith("_created")]
            yield family
        yield from families(self._snapshot)


def _one(read: Callable[[Snapshot], float | None]) -> Callable[[Snapshot], Samples]:
    def samples(snapshot: Snapshot) -> Samples:
        value = read(snapshot)
        return [] if value is None else [((), value)]

    return samples


def _count(read: Callable[[Counts], float | None]) -> Callable[[Snapshot], Samples]:
    return _one(lambda snapshot: None if snapshot.counts is None else read(snapshot.counts))


def _link(read: Callable[[Link], float | None]) -> Callable[[Snapshot], Samples]:
    return _one(lambda snapshot: read(snapshot.link))


def _ahead(read: Callable[[Forecast], float | None]) -> Callable[[Snapshot], Samples]:
    def seconds(snapshot: Snapshot) -> float | None:
        if snapshot.forecast is None:
            return None
        found = read(snapshot.forecast)
        return math.inf if found is None else found

    return _one(seconds)


def _seconds(instant: int | None) -> float | None:
    return None if instant is None else instant / SECOND


def _oldest_age(snapshot: Snapshot) -> float | None:
    if snapshot.counts is None:
        return None
    oldest = snapshot.counts.oldest_pending_at
    return 0.0 if oldest is None else max(snapshot.now - oldest, 0) / SECOND


def _paused(snapshot: Snapshot) -> Samples:
    return [((each,), float(each == snapshot.link.paused_for)) for each in PAUSE_REASONS]


def _next_try(snapshot: Snapshot) -> float:
    at = snapshot.link.next_try_at
    return 0.0 if at is None else max(at - snapshot.now, 0) / SECOND


def _delivered(snapshot: Snapshot) -> Samples:
    link = snapshot.link
    return [(("accepted",), link.accepted), (("duplicate",), link.duplicates), (("rejected",), link.rejected)]


_ROWS = (
    _Row("build_info", "gauge", "Always 1.", lambda one: [((one.version, one.camera), 1.0)], ("version", "camera")),
    _Row("start_time_seconds", "gauge", "When the agent started.", _one(lambda one: _seconds(one.started_at))),
    _Row("ready", "gauge", "1 if events are taken, as /readyz says; 0 if not.", _one(lambda one: one.is_ready)),
    _Row("buffer_events", "gauge", "Events that wait for the collector.", _count(lambda it: it.pending)),
    _Row("buffer_oldest_event_age_seconds", "gauge", "Age of the oldest waiting event, 0 if none.", _one(_oldest_age)),
    _Row("buffer_retained_events", "gauge", "Sent events that are still on disk.", _count(lambda it: it.retained)),
    _Row("buffer_size_bytes", "gauge", "The queue file and its write-ahead log.", _count(lambda it: it.size_bytes)),
    _Row(
        "buffer_max_size_bytes",
        "gauge",
        "What the queue may take; 0 for no limit of its own.",
        _count(lambda it: it.max_size_bytes),
    ),
    _Row(
        "buffer_time_to_full_seconds",
        "gauge",
        "Time until no event finds room if they come as in the last ten minutes and the collector takes none.",
        _ahead(lambda ahead: ahead.seconds_to_full),
    ),
    _Row(
        "buffer_time_to_drain_seconds",
        "gauge",
        "Time until nothing waits if all goes on as in the last minute.",
        _ahead(lambda ahead: ahead.seconds_to_drain),
    ),
    _Row(
        "buffer_recovered",
        "gauge",
        "1 if this start found damage and did something about it, or events wait outside the queue; status says what.",
        _count(lambda it: it.recovery is not None),
    ),
    _Row("disk_free_bytes", "gauge", "Room on the disk of the queue.", _count(lambda it: it.free_disk_bytes)),
    _Row(
        "disk_reserve_held",
        "gauge",
        "1 if the file is there that is given up when the disk is full.",
        _count(lambda it: it.has_reserve),
    ),
    _Row("last_seq", "gauge", "The greatest number given to an event.", _count(lambda it: it.last_seq)),
    _Row("dead_letter_events", "gauge", "Events that will not be sent again.", _count(lambda it: it.dead)),
    _Row(
        "events_dropped",
        "counter",
        "Numbers given up since the queue was made: the oldest for want of room, or lost to damage.",
        _count(lambda it: it.dropped),
    ),
    _Row(
        "events_unaccounted",
        "gauge",
        "Numbers that are in no place or in two; must be 0.",
        _count(lambda it: it.unaccounted),
    ),
    _Row("events_delivered", "counter", "Events that the collector has judged.", _delivered, ("result",)),
    _Row(
        "events_conflicting",
        "counter",
        "Delivered events of which the collector had another version.",
        _link(lambda link: link.conflicts),
    ),
    _Row("retries", "counter", "Attempts that ended with a wait, paused ones too.", _link(lambda link: link.retries)),
    _Row(
        "destination_up", "gauge", "1 if the last attempt got a receipt.", _link(lambda link: float(link.state == "ok"))
    ),
    _Row("destination_paused", "gauge", "1 for what a person has to mend.", _paused, ("reason",)),
    _Row("backoff_seconds", "gauge", "Time until the next try, 0 if none is put off.", _one(_next_try)),
    _Row(
        "last_success_timestamp_seconds",
        "gauge",
        "When the last receipt came.",
        _link(lambda link: _seconds(link.last_contact_at)),
    ),
    _Row(
        "watermark_timestamp_seconds",
        "gauge",
        "Up to when everything is delivered.",
        _link(lambda link: _seconds(link.watermark)),
    ),
    _Row(
        "clock_offset_seconds",
        "gauge",
        "How far the collector's clock is ahead of ours.",
        _link(lambda link: None if link.clock_offset is None else link.clock_offset / SECOND),
    ),
    _Row(
        "source_last_sign_timestamp_seconds",
        "gauge",
        "When the producer last showed that it is alive.",
        _one(lambda one: _seconds(one.last_sign_of_life)),
    ),
)
