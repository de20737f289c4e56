"""What a program tells Prometheus: live counters from a registry, and gauges that a table makes of a snapshot, a row a metric.

Base units (seconds, bytes, events); instants are Unix time. "Never, as things are" is +Inf, "not known yet" is no sample.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from shared.errors import Busy, DiskFailed, StorageFull, StoreTooSlow

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
COMMIT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
REQUEST_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
FAILURE_REASONS = ("full", "busy", "slow", "disk", "unusable")
Snapshot = TypeVar("Snapshot")
Labels = tuple[str, ...]
Samples = list[tuple[Labels, float]]


@dataclass(frozen=True, slots=True)
class Row(Generic[Snapshot]):
    """A metric: its name without the program's, its kind, what it says, and where it is read."""

    name: str
    kind: Literal["gauge", "counter"]
    words: str
    read: Callable[[Snapshot], Samples]
    labels: Labels = ()


def exposition(registry: CollectorRegistry, families: Iterable[Metric]) -> bytes:
    """Return the text of everything, the live counters first."""
    return generate_latest(_Together(registry, families))


def families(rows: Sequence[Row[Snapshot]], snapshot: Snapshot, *, prefix: str) -> Iterator[Metric]:
    """Yield every metric of a table with its samples."""
    for row in rows:
        make = GaugeMetricFamily if row.kind == "gauge" else CounterMetricFamily
        family = make(f"{prefix}_{row.name}", row.words, labels=row.labels)
        for labels, value in row.read(snapshot):
            family.add_metric(labels, value)
        yield family


def one(read: Callable[[Snapshot], float | None]) -> Callable[[Snapshot], Samples]:
    """Return what reads a metric of one sample; None is no sample."""

    def samples(snapshot: Snapshot) -> Samples:
        value = read(snapshot)
        return [] if value is None else [((), value)]

    return samples


def failure_reason(error: Exception) -> str:
    """Return why a transaction was not kept, in one of the words of `FAILURE_REASONS`."""
    match error:
        case StorageFull():
            return "full"
        case StoreTooSlow():
            return "slow"
        case Busy():
            return "busy"
        case DiskFailed():
            return "disk"
        case _:
            return "unusable"


class _Together(CollectorRegistry):
    """Both kinds as one registry, which is what the exposition wants."""

    def __init__(self, registry: CollectorRegistry, families: Iterable[Metric]) -> None:
        super().__init__()
        self._live = registry
        self._families = families

    def collect(self) -> Iterator[Metric]:
        for family in self._live.collect():
            # The moment at which each counter was made would be a series of its own.
            family.samples = [one for one in family.samples if not one.name.endswith("_created")]
            yield family
        yield from self._families
