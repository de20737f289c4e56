"""What holds at the moment of the question, as Prometheus reads it: one table, a row a metric.

Base units (seconds, bytes, events); instants are Unix time. "Never, as things are" is +Inf, "not known yet" is no sample.
Counters here are those that the queue file or the link keeps anyway.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from edge_agent.buffer.rows import Counts
from edge_agent.delivery.link import Link
from edge_agent.delivery.outcome import PAUSE_REASONS
from edge_agent.forecast import Forecast
from shared import prometheus
from shared.instants import SECOND
from shared.prometheus import Row, Samples, one


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the gauges are made of; instants in microseconds UTC."""

    camera: str
    version: str
    now: int
    monotonic: float
    """Seconds by the clock that does not jump, at the same moment."""
    started_at: int
    is_ready: bool
    waiting_events: int
    """Those of producers whose commit has not begun."""
    last_sign_of_life: int | None
    link: Link
    counts: Counts | None
    """None as long as the queue could not be looked at."""
    forecast: Forecast | None


def exposition(registry: CollectorRegistry, snapshot: Snapshot) -> bytes:
    """Return the text of everything, the live counters first."""
    return prometheus.exposition(registry, families(snapshot))


def families(snapshot: Snapshot) -> Iterator[Metric]:
    """Yield every metric of the table with its samples."""
    return prometheus.families(_ROWS, snapshot, prefix="edge_agent")


def _count(read: Callable[[Counts], float | None]) -> Callable[[Snapshot], Samples]:
    return one(lambda snapshot: None if snapshot.counts is None else read(snapshot.counts))


def _link(read: Callable[[Link], float | None]) -> Callable[[Snapshot], Samples]:
    return one(lambda snapshot: read(snapshot.link))


def _ahead(read: Callable[[Forecast], float | None]) -> Callable[[Snapshot], Samples]:
    def seconds(snapshot: Snapshot) -> float | None:
        if snapshot.forecast is None:
            return None
        found = read(snapshot.forecast)
        return math.inf if found is None else found

    return one(seconds)


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
    return snapshot.link.next_try_seconds(snapshot.monotonic) or 0.0


def _given_up(snapshot: Snapshot) -> Samples:
    if snapshot.counts is None:
        return []
    by_hand = snapshot.counts.dropped_by_hand
    return [(("agent",), snapshot.counts.dropped - by_hand), (("operator",), by_hand)]


def _delivered(snapshot: Snapshot) -> Samples:
    link = snapshot.link
    return [(("accepted",), link.accepted), (("duplicate",), link.duplicates), (("rejected",), link.rejected)]


_ROWS: tuple[Row[Snapshot], ...] = (
    Row("build_info", "gauge", "Always 1.", lambda it: [((it.version, it.camera), 1.0)], ("version", "camera")),
    Row("start_time_seconds", "gauge", "When the agent started.", one(lambda it: _seconds(it.started_at))),
    Row("ready", "gauge", "1 if events are taken, as /readyz says; 0 if not.", one(lambda it: it.is_ready)),
    Row(
        "intake_waiting_events",
        "gauge",
        "Events whose producers wait for a commit to begin; at 10,000 the next request is told 503.",
        one(lambda it: it.waiting_events),
    ),
    Row("buffer_events", "gauge", "Events that wait for the collector.", _count(lambda it: it.pending)),
    Row("buffer_oldest_event_age_seconds", "gauge", "Age of the oldest waiting event, 0 if none.", one(_oldest_age)),
    Row("buffer_retained_events", "gauge", "Sent events that are still on disk.", _count(lambda it: it.retained)),
    Row("buffer_size_bytes", "gauge", "The queue file and its write-ahead log.", _count(lambda it: it.size_bytes)),
    Row(
        "buffer_max_size_bytes",
        "gauge",
        "What the queue may take; 0 for no limit of its own.",
        _count(lambda it: it.max_size_bytes),
    ),
    Row(
        "buffer_time_to_full_seconds",
        "gauge",
        "Time until no event finds room if they come as in the last ten minutes and the collector takes none.",
        _ahead(lambda ahead: ahead.seconds_to_full),
    ),
    Row(
        "buffer_time_to_drain_seconds",
        "gauge",
        "Time until nothing waits if all goes on as in the last minute.",
        _ahead(lambda ahead: ahead.seconds_to_drain),
    ),
    Row(
        "buffer_recovered",
        "gauge",
        "1 if damage or an older queue was found since the start, or events wait outside the queue; status says what.",
        _count(lambda it: it.recovery is not None),
    ),
    Row("disk_free_bytes", "gauge", "Room on the disk of the queue.", _count(lambda it: it.free_disk_bytes)),
    Row(
        "disk_reserve_held",
        "gauge",
        "1 if the file is there that is given up when the disk is full.",
        _count(lambda it: it.has_reserve),
    ),
    Row("last_seq", "gauge", "The greatest number given to an event.", _count(lambda it: it.last_seq)),
    Row(
        "epochs",
        "gauge",
        "Epochs of which events are kept, and the one that is written; each stop that was not clean begins one.",
        _count(lambda it: it.epochs),
    ),
    Row("dead_letter_events", "gauge", "Events that will not be sent again.", _count(lambda it: it.dead)),
    Row(
        "events_dropped",
        "counter",
        "Numbers given up since the queue was made: by an operator (dead letters dropped or edited), or by the agent, for want of "
        "room, as too many dead letters, or lost to damage.",
        _given_up,
        ("by",),
    ),
    Row(
        "events_unaccounted",
        "gauge",
        "Numbers that are in no place or in two; must be 0.",
        _count(lambda it: it.unaccounted),
    ),
    Row("events_delivered", "counter", "Events that the collector has judged.", _delivered, ("result",)),
    Row(
        "events_conflicting",
        "counter",
        "Delivered events of which the collector had another version.",
        _link(lambda link: link.conflicts),
    ),
    Row("retries", "counter", "Attempts that ended with a wait, paused ones too.", _link(lambda link: link.retries)),
    Row(
        "destination_up", "gauge", "1 if the last attempt got a receipt.", _link(lambda link: float(link.state == "ok"))
    ),
    Row("destination_paused", "gauge", "1 for what a person has to mend.", _paused, ("reason",)),
    Row("backoff_seconds", "gauge", "Time until the next try, 0 if none is put off.", one(_next_try)),
    Row(
        "last_success_timestamp_seconds",
        "gauge",
        "When the last receipt came.",
        _link(lambda link: _seconds(link.last_contact_at)),
    ),
    Row(
        "watermark_timestamp_seconds",
        "gauge",
        "Up to when everything is delivered.",
        _link(lambda link: _seconds(link.watermark)),
    ),
    Row(
        "clock_offset_seconds",
        "gauge",
        "How far the collector's clock is ahead of ours.",
        _link(lambda link: None if link.clock_offset is None else link.clock_offset / SECOND),
    ),
    Row(
        "source_last_sign_timestamp_seconds",
        "gauge",
        "When the producer last showed that it is alive.",
        one(lambda it: _seconds(it.last_sign_of_life)),
    ),
)
