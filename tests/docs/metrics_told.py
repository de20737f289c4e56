"""What the edge agent tells Prometheus, as the code has it: every metric by name, kind, labels and words."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from prometheus_client.core import Metric

from edge_agent.buffer.rows import Counts
from edge_agent.delivery.link import Link
from edge_agent.delivery.outcome import NoAnswer
from edge_agent.forecast import Forecast
from edge_agent.metrics.gauges import Snapshot, families
from edge_agent.metrics.meters import Meters
from tests.support.fake_clock import START, FakeClock

_SNAPSHOT = Snapshot(
    camera="cam-01",
    version="0.1.0",
    now=START,
    started_at=START,
    is_ready=True,
    last_sign_of_life=START,
    link=Link(last_contact_at=START, watermark=START, clock_offset=0),
    counts=Counts(last_seq=0, settled=0, pending=0, dead=0, size_bytes=0, oldest_pending_at=None),
    forecast=Forecast(None, None),
)
_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


@dataclass(frozen=True, slots=True)
class Told:
    """One metric."""

    name: str
    """As it is asked for; a histogram's without what follows it."""
    kind: str
    labels: tuple[str, ...]
    words: str

    @property
    def series(self) -> list[str]:
        """The names under which Prometheus keeps it."""
        return [self.name + suffix for suffix in (_SUFFIXES["histogram"] if self.kind == "histogram" else ("",))]


@cache
def told() -> tuple[Told, ...]:
    """Every metric, the live ones first."""
    return tuple(_told(metric) for metric in _metrics())


def metrics_table() -> str:
    """Them all as a table."""
    rows = ["| metric | kind | labels | what it says |", "|---|---|---|---|"]
    rows += [
        f"| `{one.name}` | {one.kind} | {', '.join(f'`{label}`' for label in one.labels)} | {one.words} |"
        for one in told()
    ]
    return "\n".join(rows)


def _metrics() -> Iterator[Metric]:
    meters = Meters(clock=FakeClock())
    meters.refused("bad_id")
    meters.answered(200)
    meters.note(NoAnswer("dns", ""), seconds=0.1, sent_bytes=1)
    yield from meters.registry.collect()
    yield from families(_SNAPSHOT)


def _told(metric: Metric) -> Told:
    labels = {label for sample in metric.samples for label in sample.labels} - {"le"}
    name = metric.name + ("_total" if metric.type == "counter" else "")
    return Told(name, metric.type, tuple(sorted(labels)), metric.documentation)
