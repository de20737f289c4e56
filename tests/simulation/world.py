"""A small world: a camera, its agent, a wire and a collector; what goes wrong with them is in `troubles`.

Every simulated minute all that must be true at every moment is held against what is. The agent's queue is so small that
a long outage fills it; whether it then refuses or gives up the oldest, and how long it keeps what was sent, are the seed's.
"""

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Literal

from edge_agent.buffer.space import Limits
from edge_agent.status import describe_log
from shared.errors import LinesideError
from shared.events import Event
from shared.receipts import count
from tests.simulation.machines import SETTINGS, AgentMachine, CollectorMachine
from tests.simulation.truth import Claim, Truth
from tests.simulation.virtual_time import VirtualClock
from tests.simulation.weary_disks import instants_in
from tests.simulation.wire import Wire

QUEUE_BYTES = 512 * 1024
"""Half of the least that `buffer.max_size` may be: some 400 of the largest events, and the log."""
HEARTBEAT_SECONDS = SETTINGS.delivery.heartbeat / 1_000_000
_WHEN_FULL: tuple[Literal["reject", "drop_oldest"], ...] = ("reject", "drop_oldest")
_LONGEST_KEPT = 7 * 24
_KEPT_HOURS = (1, 6, _LONGEST_KEPT)
_MINUTES_A_LOOK = 20
_PATIENCE_SECONDS = 5.0
_DRAIN_SECONDS = 2 * 3_600.0


class World:
    """Everything of one seed; `run` it for some hours."""

    def __init__(self, folder: Path, seed: int, *, has_restores: bool = False) -> None:
        self.chance = random.Random(seed)
        self.truth = Truth(random.Random(seed + 1))
        self.happened: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.checks = 0
        self.wire = Wire(
            random.Random(seed + 2), collector=lambda: self.collector, sent=self._note_claim, arrived=self._note_arrival
        )
        self.agent_clock, self.collector_clock = VirtualClock(), VirtualClock()
        self.agent: AgentMachine | None = None
        self.collector: CollectorMachine | None = None
        self.has_restores = has_restores
        """Whether the collector is restored from backups now and then; the queue has room for all that was sent then."""
        self.limits = Limits(
            max_size_bytes=0 if has_restores else QUEUE_BYTES,
            min_free_disk_bytes=0 if has_restores else 1,
            when_full=_WHEN_FULL[seed % 2],
            retain_sent_seconds=(_LONGEST_KEPT if has_restores else self.chance.choice(_KEPT_HOURS)) * 3_600.0,
        )
        self._spread = random.Random(seed + 3)
        self._folder = folder
        self._claims: dict[bytes, Claim] = {}
        self._arrived: list[Claim] = []
        self.is_ending = False

    def start_agent(self, folder: Path) -> None:
        """Start the agent on what lies in a folder."""
        self.wire.floor.passed()
        self.agent = AgentMachine(
            folder,
            clock=self.agent_clock,
            wire=self.wire,
            chance=self._spread.random,
            limits=self.limits,
            numbered=self.truth.number,
        )

    def start_collector(self, folder: Path) -> None:
        """Start the collector on what lies in a folder."""
        self.collector = CollectorMachine(folder, clock=self.collector_clock)

    async def begin(self) -> None:
        """Start both machines for the first time."""
        self.start_agent(self._folder / "agent")
        self.start_collector(self._folder / "collector")

    async def produce(self) -> None:
        """Post now a few events, now many, each batch until it is taken; a sign of life is in each."""
        while not self.is_ending:
            await asyncio.sleep(self.truth.chance.expovariate(1 / 150))
            await self.post(self.truth.make(self.truth.chance.choice((1, 1, 1, 2, 2, 3, 5, 40))))

    async def post(self, events: list[Event]) -> None:
        """Post events until they are taken."""
        while (wait := await self._refusal(events)) is not None:  # noqa: ASYNC110 - it tries again until it is heard
            await asyncio.sleep(wait)
        self.truth.acknowledge(events)

    async def _refusal(self, events: list[Event]) -> float | None:
        """Return how long to wait before the events are posted again, None once they are taken."""
        agent = self.agent
        if agent is None:
            return _PATIENCE_SECONDS
        try:
            await agent.acceptor.accept(events)
        except LinesideError as error:
            self.refusals["queue full" if "buffer.max_size" in str(error) else type(error).__name__] += 1
            return float(error.retry_after_seconds or _PATIENCE_SECONDS)
        # An answer of a machine that died meanwhile never arrived.
        return None if agent is self.agent else _PATIENCE_SECONDS

    def _note_claim(self, body: bytes) -> None:
        claim = self.truth.claim(body)
        if claim is not None:
            self._claims[body] = claim
            # Not when it is answered: a collector that dies over the answer has heard it.
            self.truth.reported |= claim.given_up

    def _note_arrival(self, body: bytes) -> None:
        if body in self._claims:
            self._arrived.append(self._claims[body])

    async def check(self) -> None:
        """Hold what must be true at every moment against what is; skipped while a machine is off."""
        if self.agent is None or self.collector is None:
            return
        self.checks += 1
        log, truth = self.agent.log, self.truth
        facts, waiting = log.facts(), log.waiting()
        truth.note_dropped(facts.dropped)
        open_ones = truth.unconfirmed
        stored = await self.collector.instants_since(min(open_ones)) if open_ones else set()

        nowhere = open_ones - set(waiting.values()) - stored
        if nowhere and truth.taken_back:  # what was sent lies in the queue still; to look for all of it takes long
            nowhere -= log.kept_instants() if self.checks % _MINUTES_A_LOOK == 0 else truth.taken_back

        assert set() == nowhere, "acknowledged, and neither queued nor stored"
        assert waiting.items() <= truth.numbered.items(), "under a number that is another event's"
        assert set() == stored - truth.made.keys(), "stored, and never made"
        unclaimed = stored | truth.taken_back
        assert [] == [claim for claim in self._arrived if (claim.covered & open_ones) - unclaimed], "watermark"
        assert truth.reported <= truth.dropped.keys(), "reported as given up, and still there"
        assert count(facts.pending) == len(waiting), "pending, and not in the file"
        assert facts.last_seq == len(waiting) + count(log.settled()) + len(truth.dropped)
        assert self.has_restores or log.bytes_taken() <= QUEUE_BYTES
        assert [] == self.wire.floor.undercut
        truth.unconfirmed -= stored
        truth.taken_back -= stored
        self._arrived.clear()

    def _is_behind(self) -> bool:
        """Say whether the store lacks what it was given back, or was not told yet of a number that was given up."""
        assert self.agent is not None
        assert self.collector is not None
        stored, truth = instants_in(self.collector.folder / "collector.db"), self.truth
        untold = {number for number, at in truth.dropped.items() if at not in stored} - truth.reported
        return bool(self.agent.log.facts().pending or truth.taken_back - stored or untold)

    async def end_well(self) -> Path:
        """Let everything heal; then the agent has to deliver all that it holds. Return the collector's file."""
        assert self.agent is not None
        assert self.collector is not None
        self.agent_clock.ahead = self.collector_clock.ahead = 0
        await self.wire.calm()
        async with asyncio.timeout(_DRAIN_SECONDS):
            while self.agent.log.facts().pending:  # noqa: ASYNC110 - virtual time costs nothing
                await asyncio.sleep(1.0)
        await self.check()
        # Each epoch has its turn once to hear what is lacking of it, and once more to say why or that it was sent again.
        async with asyncio.timeout(HEARTBEAT_SECONDS * (3 * len(self.agent.log.facts().epochs) + 3)):
            while self._is_behind() or await self.collector.missing():  # noqa: ASYNC110 - as above
                await asyncio.sleep(HEARTBEAT_SECONDS)
        await self.check()
        told = describe_log(self.agent.log.counts())
        assert (0, 0, len(self.truth.dropped)) == (told["unaccounted"], told["dead"], told["dropped"])
        await self.agent.stop()
        return (await self.collector.stop()) / "collector.db"
