"""Group commit: who shares one, who hears of its failure, what happens at the edges."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest

from edge_agent.intake.acceptor import MOST_WAITING, Acceptor
from shared.errors import Busy, LinesideError, StorageFull
from shared.events import Event
from tests.support.events import event, events
from tests.support.fake_clock import FakeClock


class Disk:
    """An append that can be held up and can fail."""

    def __init__(self) -> None:
        self.commits: list[list[Event]] = []
        self.failures: list[Exception] = []
        self.is_free = threading.Event()
        self.is_free.set()

    def append(self, group: Sequence[Event]) -> None:
        """Keep a group, once the disk is free."""
        assert self.is_free.wait(10)
        if self.failures:
            raise self.failures.pop(0)
        self.commits.append(list(group))


@pytest.fixture
def executor() -> Iterator[Executor]:
    """The thread of the log."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool


def acceptor_on(disk: Disk, executor: Executor, *, committed: list[int] | None = None) -> Acceptor:
    """An acceptor that notes the sizes of its commits."""
    sizes = [] if committed is None else committed
    return Acceptor(disk.append, executor=executor, on_commit=lambda group: sizes.append(len(group)))


async def test_what_comes_during_a_commit_shares_the_next(executor: Executor) -> None:
    """Ten requests behind a slow disk make two commits."""
    disk = Disk()
    committed: list[int] = []
    acceptor = acceptor_on(disk, executor, committed=committed)
    disk.is_free.clear()
    first = asyncio.create_task(acceptor.accept([event(0)]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(acceptor.accept([event(number)])) for number in range(1, 10)]
    await asyncio.sleep(0)
    disk.is_free.set()
    await asyncio.gather(first, *others)

    assert [events(0, 0), events(1, 9)] == disk.commits
    assert [1, 9] == committed


async def test_nothing_is_accepted_before_it_is_on_disk(executor: Executor) -> None:
    """The answer waits for the commit."""
    disk = Disk()
    disk.is_free.clear()
    waiting = asyncio.create_task(acceptor_on(disk, executor).accept([event(1)]))
    for _ in range(5):
        await asyncio.sleep(0)
    was_done = waiting.done()
    disk.is_free.set()
    await waiting

    assert not was_done


async def test_a_failed_commit_fails_everyone_in_it(executor: Executor) -> None:
    """And nobody in the next one."""
    disk = Disk()
    acceptor = acceptor_on(disk, executor)
    disk.failures = [StorageFull()]
    outcomes = await asyncio.gather(*(acceptor.accept([event(n)]) for n in range(3)), return_exceptions=True)
    failure = acceptor.failure
    await acceptor.accept([event(4)])

    assert [StorageFull] * 3 == [type(outcome) for outcome in outcomes]
    assert isinstance(failure, StorageFull)
    assert acceptor.failure is None
    assert [[event(4)]] == disk.commits


async def test_an_unforeseen_error_is_an_answer_too(executor: Executor) -> None:
    """Nobody waits for ever because of a mistake of ours."""
    disk = Disk()
    acceptor = acceptor_on(disk, executor)
    disk.failures = [ZeroDivisionError()]

    with pytest.raises(LinesideError, match="could not be stored"):
        await acceptor.accept([event(1)])


async def test_memory_is_no_buffer(executor: Executor) -> None:
    """Beyond 10,000 waiting events a request is refused as busy; one alone may have as many."""
    disk = Disk()
    acceptor = acceptor_on(disk, executor)
    disk.is_free.clear()
    first = asyncio.create_task(acceptor.accept([event(0)]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    full = asyncio.create_task(acceptor.accept(events(1, MOST_WAITING)))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await acceptor.accept([event(1)])
    disk.is_free.set()
    await asyncio.gather(first, full)

    assert [1, MOST_WAITING] == [len(group) for group in disk.commits]


async def test_a_caller_who_goes_away_takes_nobody_along(executor: Executor) -> None:
    """The events of a broken connection are kept, since they were not refused."""
    disk = Disk()
    acceptor = acceptor_on(disk, executor)
    disk.is_free.clear()
    gone, stays = (asyncio.create_task(acceptor.accept([event(number)])) for number in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    disk.is_free.set()
    await stays

    assert [events(1, 2)] == disk.commits


async def test_closing_finishes_what_waits_and_refuses_the_rest(executor: Executor) -> None:
    """Nothing is left in the air."""
    disk = Disk()
    acceptor = acceptor_on(disk, executor)
    waiting = asyncio.create_task(acceptor.accept([event(1)]))
    await asyncio.sleep(0)
    await acceptor.close()
    await waiting
    with pytest.raises(Busy, match="stopping"):
        await acceptor.accept([event(2)])

    assert [[event(1)]] == disk.commits


def paced_acceptor(disk: Disk, executor: Executor, *, clock: FakeClock) -> Acceptor:
    """An acceptor that commits every 25 ms, or once 20 events wait."""
    return Acceptor(
        disk.append,
        executor=executor,
        on_commit=lambda _: None,
        commit_seconds=0.025,
        commit_max_events=20,
        clock=clock,
    )


async def test_a_lone_request_waits_for_no_company(executor: Executor) -> None:
    """Its commit begins at once if the last one is long enough ago."""
    disk, clock = Disk(), FakeClock()
    acceptor = paced_acceptor(disk, executor, clock=clock)
    await acceptor.accept([event(1)])
    clock.advance(0.025)
    await acceptor.accept([event(2)])

    assert [] == clock.slept
    assert [events(1, 1), events(2, 2)] == disk.commits


async def test_a_commit_soon_after_another_waits_for_company(executor: Executor) -> None:
    """For the rest of the interval, however many come."""
    disk, clock = Disk(), FakeClock()
    acceptor = paced_acceptor(disk, executor, clock=clock)
    await acceptor.accept([event(1)])
    clock.advance(0.01)
    await asyncio.gather(*(acceptor.accept([event(number)]) for number in (2, 3)))

    assert [pytest.approx(0.015)] == clock.slept
    assert [events(1, 1), events(2, 3)] == disk.commits


async def test_enough_events_wait_for_nobody(executor: Executor) -> None:
    """A group that is large already has little to gain; nor has one at the end."""
    disk, clock = Disk(), FakeClock()
    clock.longest = 0.0
    acceptor = paced_acceptor(disk, executor, clock=clock)
    await acceptor.accept([event(1)])
    await acceptor.accept(events(2, 21))
    last = asyncio.create_task(acceptor.accept([event(22)]))
    await asyncio.sleep(0)
    await acceptor.close()
    await last

    assert [events(1, 1), events(2, 21), events(22, 22)] == disk.commits
