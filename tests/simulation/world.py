"""A small world: a camera, its agent, a wire and a collector, and everything that goes wrong with them, by seed."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from edge_agent.status import describe_log
from shared.errors import LinesideError
from shared.events import Event
from shared.instants import HOUR, MINUTE
from tests.simulation.machines import AgentMachine, CollectorMachine
from tests.simulation.truth import Claim, Truth
from tests.simulation.virtual_time import VirtualClock
from tests.simulation.wire import Weather, Wire

MOST_QUEUE_BYTES = 64 * 1024 * 1024
_DAY = 24 * HOUR
_PRODUCER_PATIENCE = 5.0
_DRAIN_SECONDS = 2 * 3_600.0


class World:
    """Everything of one seed; `run` it for some hours."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.truth = Truth(random.Random(seed + 1))
        self.happened: Counter[str] = Counter()
        self.checks = 0
        self.wire = Wire(
            random.Random(seed + 2), collector=lambda: self.collector, sent=self._note_claim, arrived=self._note_arrival
        )
        self._spread = random.Random(seed + 3)
        self._folder = folder
        self._agent_clock, self._collector_clock = VirtualClock(), VirtualClock()
        self._claims: dict[bytes, Claim] = {}
        self._arrived: list[Claim] = []
        self.agent: AgentMachine | None = None
        self.collector: CollectorMachine | None = None
        self._is_ending = False

    async def run(self, hours: int) -> Path:
        """Live through some hours of trouble and a calm end; return the collector's file."""
        self._start_agent(self._folder / "agent")
        self._start_collector(self._folder / "collector")
        living = [asyncio.create_task(work) for work in (self._produce(), self._trouble())]
        for _ in range(hours * 60):
            await asyncio.sleep(60.0)
            for task in living:
                if task.done():
                    task.result()
            await self._check()
        self._is_ending = True
        await asyncio.gather(*living)
        await self._end_well()
        assert self.collector is not None
        return (await self.collector.stop()) / "collector.db"

    def _start_agent(self, folder: Path) -> None:
        self.wire.floor.passed()
        self.agent = AgentMachine(folder, clock=self._agent_clock, wire=self.wire, chance=self._spread.random)

    def _start_collector(self, folder: Path) -> None:
        self.collector = CollectorMachine(folder, clock=self._collector_clock)

    async def _produce(self) -> None:
        """Post now a few events, now many, each batch until it is taken; a sign of life is in each."""
        while not self._is_ending:
            await asyncio.sleep(self.truth.chance.expovariate(1 / 150))
            events = self.truth.make(self.truth.chance.choice((1, 1, 1, 2, 2, 3, 5, 40)))
            while not await self._is_taken(events):  # noqa: ASYNC110 - a producer tries again until it is heard
                await asyncio.sleep(_PRODUCER_PATIENCE)
            self.truth.acknowledge(events)

    async def _is_taken(self, events: list[Event]) -> bool:
        agent = self.agent
        if agent is None:
            return False
        try:
            await agent.acceptor.accept(events)
        except LinesideError:
            return False
        return agent is self.agent  # an answer of a machine that died meanwhile never arrived

    async def _trouble(self) -> None:
        """Let one thing after the other go wrong, and most of them end again."""
        troubles: tuple[Callable[[], Awaitable[None]], ...] = (
            self._bad_weather,
            self._bad_weather,
            self._line_cut,
            self._agent_dies,
            self._agent_stops,
            self._collector_dies,
            self._collector_stops,
            self._agent_disk_full,
            self._collector_disk_full,
            self._clock_jumps,
        )
        while not self._is_ending:
            await asyncio.sleep(self.chance.expovariate(1 / 400))
            trouble = self.chance.choice(troubles)
            self.happened[trouble.__name__] += 1
            await trouble()

    async def _bad_weather(self) -> None:
        self.wire.weather = Weather.bad
        await asyncio.sleep(self.chance.uniform(60, 3_600))
        self.wire.weather = self.chance.choice((Weather.good, Weather.good, Weather.bad))

    async def _line_cut(self) -> None:
        self.wire.weather = Weather.cut
        await asyncio.sleep(self.chance.choice((30.0, 600.0, 7_200.0)))
        self.wire.weather = Weather.good

    async def _agent_dies(self) -> None:
        agent, self.agent = self.agent, None
        assert agent is not None
        left = await agent.die(self.happened.total())
        await asyncio.sleep(self.chance.choice((1.0, 90.0)))
        self._start_agent(left)

    async def _agent_stops(self) -> None:
        agent, self.agent = self.agent, None
        assert agent is not None
        self._start_agent(await agent.stop())

    async def _collector_dies(self) -> None:
        collector, self.collector = self.collector, None
        assert collector is not None
        left = await collector.die(self.happened.total())
        await asyncio.sleep(self.chance.choice((1.0, 90.0, 900.0)))
        self._start_collector(left)

    async def _collector_stops(self) -> None:
        collector, self.collector = self.collector, None
        assert collector is not None
        self._start_collector(await collector.stop())

    async def _agent_disk_full(self) -> None:
        assert self.agent is not None
        self.agent.log.is_full = True
        await asyncio.sleep(self.chance.uniform(10, 1_800))
        self.agent.log.is_full = False

    async def _collector_disk_full(self) -> None:
        assert self.collector is not None
        self.collector.storage.is_full = True
        await asyncio.sleep(self.chance.uniform(10, 1_800))
        self.collector.storage.is_full = False

    async def _clock_jumps(self) -> None:
        self._agent_clock.ahead = self.chance.choice((0, -20_000 * _DAY, -_DAY, -HOUR, 3 * HOUR, 14 * _DAY))
        # Further back, and the collector would refuse events of now as events of the future.
        self._collector_clock.ahead = self.chance.randint(-4 * MINUTE, HOUR)
        await asyncio.sleep(0)

    def _note_claim(self, body: bytes) -> None:
        claim = self.truth.claim(body)
        if claim is not None:
            self._claims[body] = claim

    def _note_arrival(self, body: bytes) -> None:
        if body in self._claims:
            self._arrived.append(self._claims[body])

    async def _check(self) -> None:
        """Hold what must be true at every moment against what is; skipped while a machine is off."""
        if self.agent is None or self.collector is None:
            return
        self.checks += 1
        log, truth = self.agent.log, self.truth
        counts = log.counts()
        queued = {entry.at for entry in log.read(log.facts().pending)} if truth.unconfirmed else set()
        stored = await self.collector.instants_since(min(truth.unconfirmed)) if truth.unconfirmed else set()

        assert set() == truth.unconfirmed - queued - stored, "acknowledged, and neither queued nor stored"
        assert set() == stored - truth.made.keys(), "stored, and never made"
        assert [] == [claim for claim in self._arrived if (claim.covered & truth.unconfirmed) - stored], "watermark"
        assert (0, 0) == (describe_log(counts)["unaccounted"], counts.dead)
        assert counts.size_bytes < MOST_QUEUE_BYTES
        assert [] == self.wire.floor.undercut
        truth.unconfirmed -= stored
        self._arrived.clear()

    async def _end_well(self) -> None:
        """Let everything heal; then the agent has to deliver all that it holds."""
        assert self.agent is not None
        assert self.collector is not None
        self.agent.log.is_full = self.collector.storage.is_full = False
        self._agent_clock.ahead = self._collector_clock.ahead = 0
        await self.wire.calm()
        async with asyncio.timeout(_DRAIN_SECONDS):
            while self.agent.log.facts().pending:  # noqa: ASYNC110 - virtual time costs nothing
                await asyncio.sleep(1.0)
        await self._check()
        await self.agent.stop()
