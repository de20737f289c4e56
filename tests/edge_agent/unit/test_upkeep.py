"""An agent that refused says by itself that it takes events again: nobody has to post for it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Literal

import pytest

from edge_agent.buffer.log import EventLog
from edge_agent.buffer.space import Limits
from edge_agent.intake.acceptor import Acceptor
from edge_agent.upkeep import REFUSING_REST_SECONDS, looking_after
from shared.errors import LinesideError, StorageFull, StorageUnusable
from tests.support.events import events
from tests.support.fake_clock import FakeClock
from tests.support.flaky_collector import until

MIB = 1024 * 1024
BATCH = 500


class Agent:
    """A log of a MiB at most, and the intake in front of it."""

    def __init__(self, log: EventLog, executor: ThreadPoolExecutor, *, clock: FakeClock) -> None:
        self.log = log
        self.clock = clock
        self.executor = executor
        self.acceptor = Acceptor(log.append, executor=executor, on_commit=lambda _: None, clock=clock)

    async def fill(self) -> None:
        """Hand events in until they are refused."""
        with suppress(StorageFull):
            while True:
                await self.acceptor.accept(events(1, BATCH))

    async def until_something_is_dropped(self) -> int:
        """Hand events in until older ones go for them, and return how many requests that took."""
        before, requests = self.log.facts().dropped, 0
        while self.log.facts().dropped == before:
            await self.acceptor.accept(events(1, BATCH))
            requests += 1
        return requests

    @asynccontextmanager
    async def looked_after(self) -> AsyncIterator[None]:
        """Let the upkeep work, look after look, while the block lasts."""
        async with looking_after(self.log, intake=self.acceptor, executor=self.executor, clock=self.clock):
            yield

    async def looks(self, number: int) -> None:
        """Wait for so many looks that found nothing to mend."""
        before = self.clock.slept.count(REFUSING_REST_SECONDS)
        await until(lambda: self.clock.slept.count(REFUSING_REST_SECONDS) >= before + number)


@pytest.fixture
def when_full() -> Literal["reject", "drop_oldest"]:
    """What is done without room."""
    return "reject"


@pytest.fixture
def agent(tmp_path: Path, when_full: Literal["reject", "drop_oldest"]) -> Iterator[Agent]:
    """An agent on an empty folder."""
    clock = FakeClock()
    limits = Limits(max_size_bytes=MIB, when_full=when_full)
    with (
        ThreadPoolExecutor(max_workers=1) as executor,
        closing(EventLog.open(tmp_path, clock=clock, limits=limits)) as log,
    ):
        yield Agent(log, executor, clock=clock)


async def test_a_queue_that_filled_up_is_noticed_before_anybody_is_refused(agent: Agent) -> None:
    """Events of elsewhere have taken the room; a producer that looks at readiness first never has to be told."""
    with suppress(StorageFull):
        while True:
            agent.log.append(events(1, BATCH))
    async with agent.looked_after():
        await until(lambda: agent.acceptor.failure is not None)

    assert isinstance(agent.acceptor.failure, StorageFull)


class FailingMeanwhile:
    """An intake whose next commit fails while the upkeep looks for room."""

    def __init__(self) -> None:
        self.asked = 0
        self.told: list[LinesideError | None] = []

    @property
    def failure(self) -> LinesideError | None:
        """None at the first question."""
        self.asked += 1
        return None if self.asked == 1 else StorageUnusable("the disk is read-only")

    @failure.setter
    def failure(self, value: LinesideError | None) -> None:
        raise NotImplementedError

    def foresee(self, failure: LinesideError | None) -> None:
        """Remember it."""
        self.told.append(failure)


async def test_room_alone_does_not_make_a_failure_good(agent: Agent) -> None:
    """A disk that has become read-only has room; what showed before it failed says nothing of after."""
    intake = FailingMeanwhile()
    agent.clock.longest = 0.0
    async with looking_after(agent.log, intake=intake, executor=agent.executor, clock=agent.clock):
        await until(lambda: bool(agent.clock.slept))

    assert ([], [REFUSING_REST_SECONDS]) == (intake.told, agent.clock.slept)


async def test_a_queue_full_of_sent_events_has_room(agent: Agent) -> None:
    """They go when something comes, and stay until then."""
    await agent.fill()
    taken = agent.log.counts().last_seq
    agent.log.settle(settled=((1, taken),), dead=())
    async with agent.looked_after():
        await until(lambda: agent.acceptor.failure is None)

    assert taken == agent.log.counts().retained


async def test_room_in_the_queue_is_noticed_without_a_request(agent: Agent) -> None:
    """What was refused would be kept once enough of what waited was delivered, and not before."""
    await agent.fill()
    taken = agent.log.counts().last_seq
    async with agent.looked_after():
        await agent.looks(2)
        while_full = agent.acceptor.failure
        await asyncio.get_running_loop().run_in_executor(
            agent.executor, lambda: agent.log.settle(settled=((1, taken),), dead=())
        )
        await until(lambda: agent.acceptor.failure is None)
    counts = agent.log.counts()

    assert isinstance(while_full, StorageFull)
    assert (taken, 0, 0) == (counts.last_seq, counts.pending, counts.unaccounted)


async def test_room_for_less_than_was_refused_is_not_enough(agent: Agent) -> None:
    """Else an agent whose producer posts batches would turn green and red with each of them."""
    await agent.fill()
    async with agent.looked_after():
        await agent.looks(1)
        with pytest.raises(StorageFull):
            await agent.acceptor.accept(events(1, 4 * BATCH))
        await asyncio.get_running_loop().run_in_executor(
            agent.executor, lambda: agent.log.settle(settled=((1, BATCH),), dead=())
        )
        await agent.looks(2)
        failure = agent.acceptor.failure

    assert isinstance(failure, StorageFull)


@pytest.mark.parametrize("when_full", ["drop_oldest"])
async def test_a_question_gives_nothing_up(agent: Agent) -> None:
    """An agent that drops has room as long as something waits; nothing is dropped to find that out."""
    await agent.until_something_is_dropped()
    for _ in range(await agent.until_something_is_dropped() - 1):
        await agent.acceptor.accept(events(1, BATCH))
    dropped = agent.log.facts().dropped
    agent.acceptor.failure = StorageUnusable("the disk was away")
    async with agent.looked_after():
        await until(lambda: agent.acceptor.failure is None)

    assert dropped == agent.log.facts().dropped
