"""What both programs tell Prometheus, as the code has it: every metric by name, kind, labels and words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from prometheus_client.core import Metric

from collector.storage.room import Room
from collector.vitals import gauges as collector_gauges
from collector.vitals.meters import Meters as CollectorMeters
from edge_agent.buffer.rows import Counts
from edge_agent.delivery.link import Link
from edge_agent.delivery.outcome import NoAnswer
from edge_agent.forecast import Forecast
from edge_agent.metrics import gauges as agent_gauges
from edge_agent.metrics.meters import Meters as AgentMeters
from shared.instants import format_instant
from tests.support.fake_clock import START, FakeClock

PROGRAMS = ("edge-agent", "collector")
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
def told(program: str) -> tuple[Told, ...]:
    """Every metric of a program, the live ones first."""
    return tuple(_told(metric) for metric in _METRICS[program]())


def metrics_table(program: str) -> str:
    """Them all as a table."""
    rows = ["| metric | kind | labels | what it says |", "|---|---|---|---|"]
    rows += [
        f"| `{one.name}` | {one.kind} | {', '.join(f'`{label}`' for label in one.labels)} | {one.words} |"
        for one in told(program)
    ]
    return "\n".join(rows)


def _of_agent() -> Iterator[Metric]:
    meters = AgentMeters(clock=FakeClock())
    meters.refused("bad_id")
    meters.answered(200)
    meters.note(NoAnswer("dns", ""), seconds=0.1, sent_bytes=1)
    yield from meters.registry.collect()
    yield from agent_gauges.families(
        agent_gauges.Snapshot(
            camera="cam-01",
            version="0.1.0",
            now=START,
            monotonic=0.0,
            started_at=START,
            is_ready=True,
            waiting_events=0,
            last_sign_of_life=START,
            link=Link(last_contact_at=START, watermark=START, clock_offset=0),
            counts=Counts(last_seq=0, settled=0, pending=0, dead=0, size_bytes=0, oldest_pending_at=None),
            forecast=Forecast(None, None),
        )
    )


def _of_collector() -> Iterator[Metric]:
    meters = CollectorMeters(clock=FakeClock())
    meters.rejected("bad_id")
    meters.answered(method="GET", route="/", code="200", seconds=0.1)
    yield from meters.registry.collect()
    instants = dict.fromkeys(("watermark", "last_contact_at"), format_instant(START))
    camera = {
        "camera": "cam-01",
        "site": "default",
        "state": "Up",
        "pending": 0,
        "missing": 0,
        "clock_offset_seconds": 0,
    }
    yield from collector_gauges.families(
        collector_gauges.Snapshot(
            version="0.1.0",
            sqlite_version="3.40.1",
            started_at=START,
            is_ready=True,
            waiting_requests=0,
            waiting_events=0,
            busy_seconds=0,
            room=Room(0, 0, 0),
            cameras=[camera | instants],
            warnings=0,
            purged_at=START,
            is_purge_held=False,
        )
    )


_METRICS: dict[str, Callable[[], Iterator[Metric]]] = {"edge-agent": _of_agent, "collector": _of_collector}


def _told(metric: Metric) -> Told:
    labels = {label for sample in metric.samples for label in sample.labels} - {"le"}
    name = metric.name + ("_total" if metric.type == "counter" else "")
    return Told(name, metric.type, tuple(sorted(labels)), metric.documentation)
