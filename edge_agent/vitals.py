"""How the agent is, for whoever asks: people (`/status`), Prometheus (`/metrics`), a load balancer or systemd.

Ready means that an event posted now would be kept: the log's thread answers, there is room, the last commit was kept or
would be now, and the delivery runs. A collector that is away makes nobody unready; it is what the queue is for. None of the answers waits longer than
three beats of the pulse, whatever hangs: then they tell what was last known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge_agent.delivery.link import Link
from edge_agent.metrics.gauges import Snapshot, exposition
from edge_agent.metrics.meters import Meters
from edge_agent.pulse import Pulse
from edge_agent.status import describe_agent, describe_forecast, describe_link, describe_log
from shared.clock import Clock
from shared.errors import LinesideError, StorageUnusable
from shared.service_manager import ServiceManager


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the agent is, the same as long as it runs."""

    camera: str
    version: str
    collector: str
    started_at: int


@dataclass(frozen=True, slots=True)
class Signs:
    """What the other parts show of themselves at the moment of asking."""

    link: Callable[[], Link]
    epoch: Callable[[], str]
    """It changes when a damaged queue is salvaged at work."""
    returned: Callable[[], dict[str, object]]
    """What was sent again because the collector had lost it, and what could not be."""
    waiting_events: Callable[[], int]
    """How many wait for a commit to begin."""
    intake_failure: Callable[[], LinesideError | None]
    """Why events would not be kept, as far as is known."""
    last_sign_of_life: Callable[[], int | None]
    is_delivering: Callable[[], bool]
    """Whether the loop to the collector still runs, successful or not."""


class Vitals:
    """The answers."""

    def __init__(self, identity: Identity, signs: Signs, *, pulse: Pulse, meters: Meters, clock: Clock) -> None:
        self._identity = identity
        self._signs = signs
        self._pulse = pulse
        self._meters = meters
        self._clock = clock

    @property
    def is_working(self) -> bool:
        """Whether the process is worth keeping: a restart mends neither a full disk nor a collector that is away."""
        return self._pulse.is_there and self._signs.is_delivering()

    def tell(self, manager: ServiceManager) -> None:
        """Give the service manager a sign of life, if the process is worth keeping."""
        if self.is_working:
            manager.alive(self._signs.link().words)

    def not_ready(self) -> list[str]:
        """Return why events are not taken; nothing if they are."""
        reasons = []
        if not self._pulse.is_there:
            reasons.append(f"the queue's thread has not answered for {self._pulse.silent_seconds:.0f} s")
        if failure := self._signs.intake_failure():
            reasons.append(str(failure))
        if not self._signs.is_delivering():
            reasons.append("the delivery has ended inside the agent; its log says why")
        return reasons

    async def status(self) -> Mapping[str, object]:
        """Return what `edge-agent status` shows.

        Raises:
            LinesideError: the queue cannot be read, or was never read before its thread hung.
        """
        counts = await self._pulse.counts()
        if counts is None:
            raise StorageUnusable("the queue's thread does not answer", hint="is its disk alive? the agent's log says")
        who, reasons = self._identity, self.not_ready()
        failure = self._signs.intake_failure()
        agent = describe_agent(
            camera=who.camera,
            version=who.version,
            collector=who.collector,
            epoch=self._signs.epoch(),
            last_sign_of_life=self._signs.last_sign_of_life(),
            intake_failure=None if failure is None else str(failure),
            not_ready=reasons,
        )
        forecast = describe_forecast(self._pulse.forecast(counts))
        link = describe_link(self._signs.link(), now=self._clock.now(), monotonic=self._clock.monotonic())
        return agent | link | self._signs.returned() | describe_log(counts) | forecast

    async def metrics(self) -> bytes:
        """Return everything in Prometheus' text format; what cannot be looked at has no sample."""
        try:
            counts = await self._pulse.counts()
        except LinesideError:
            counts = None
        who = self._identity
        snapshot = Snapshot(
            camera=who.camera,
            version=who.version,
            now=self._clock.now(),
            monotonic=self._clock.monotonic(),
            started_at=who.started_at,
            is_ready=not self.not_ready(),
            waiting_events=self._signs.waiting_events(),
            last_sign_of_life=self._signs.last_sign_of_life(),
            link=self._signs.link(),
            counts=counts,
            forecast=None if counts is None else self._pulse.forecast(counts),
        )
        return exposition(self._meters.registry, snapshot)
