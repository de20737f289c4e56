"""A collector that has lost events gets them back by itself: the whole loop against one that forgets."""

from pathlib import Path

import pytest
from aiohttp import web

from edge_agent.buffer.log import EventLog
from edge_agent.delivery.lacking import DEAD, GONE, MOST_AGAIN
from edge_agent.delivery.settlement import DeadLetter
from shared.receipts import count
from tests.support.delivery import Delivery, delivery
from tests.support.events import events
from tests.support.flaky_collector import Envelope, FlakyCollector, honest, until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the queue."""
    return tmp_path / "queue"


async def refill(made: Delivery, *, have: int) -> int:
    """Run until the collector has so many events and lacks nothing; return how many numbers were lost."""
    async with made.running() as loop:
        await until(lambda: len(made.collector.stored) == have and not made.log.facts().pending)
        beats = len(made.collector.received) + 2 * len(made.log.facts().epochs)
        await until(lambda: len(made.collector.received) >= beats)
        return loop.refiller.lost


def token(made: Delivery) -> str:
    """Return the epoch that is being written."""
    return made.log.facts().epochs[-1].token


def start_anew(made: Delivery) -> None:
    """Go on under a new epoch, as after a kill."""
    made.log.remember("stop", "running")
    made.log._is_closed = True  # noqa: SLF001 - a kill notes nothing
    made.log._connection.close()  # noqa: SLF001
    made.log._lock.release()  # noqa: SLF001
    made.log = EventLog.open(made.folder, clock=made.clock)


async def test_what_a_restored_collector_lacks_is_sent_again(folder: Path) -> None:
    """Settled numbers become pending, arrive once more, and are settled again."""
    async with delivery(folder, 30, delivery__heartbeat="15s") as made:
        await made.drain()
        made.collector.lose((11, 20), (25, 25), epoch=token(made))
        lost = await refill(made, have=30)

        assert list(range(1, 31)) == made.collector.numbers
        assert (0, 30) == (lost, made.log.counts().settled)
        assert 41 == sum(len(batch.events) for batch in made.collector.batches)
        assert {token(made): ((1, 30),)} == made.collector.arrived


async def test_earlier_epochs_are_given_back_too(folder: Path) -> None:
    """Also while nothing is accepted under the newest one, which has no number yet that could be lacking."""
    async with delivery(folder, 10, delivery__heartbeat="15s") as made:
        await made.drain()
        first = token(made)
        start_anew(made)
        made.log.append(events(11, 20))
        await made.drain()
        second = token(made)
        start_anew(made)
        made.collector.lose((6, 10), epoch=first)
        made.collector.lose((1, 20), epoch=second)
        await refill(made, have=20)

        assert [(first, seq) for seq in range(1, 11)] + [(second, seq) for seq in range(11, 21)] == sorted(
            made.collector.stored, key=lambda key: key[1]
        )
        assert ((1, 20),) == made.collector.arrived[second]


async def test_a_busy_agent_gives_back_what_earlier_epochs_lack(folder: Path) -> None:
    """Events that never let it come to a heartbeat do not keep it from asking."""
    async with delivery(folder, 10, delivery__heartbeat="1s", retry__recovery_spread="0s") as made:
        await made.drain()
        first = token(made)
        start_anew(made)
        made.collector.lose((1, 10), epoch=first)
        made.clock.longest = 0.5  # a heartbeat never comes
        appended = [10]

        def busy(collector: FlakyCollector, envelope: Envelope) -> web.Response:
            # While an answer is on its way the loop leaves the log alone.
            appended.append(appended[-1] + 1)
            made.log.append(events(appended[-1], appended[-1]))
            return honest(collector, envelope)

        made.collector.always = busy
        async with made.running():
            await until(lambda: sum(epoch == first for epoch, _ in made.collector.stored) == 10)

        assert 10 < appended[-1] < 100


async def test_what_is_no_longer_kept_is_reported_and_lacking_ends(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The collector learns that it will never come; the agent says how many it was."""
    async with delivery(folder, 10, delivery__heartbeat="15s") as made:
        await made.drain()
        made.log._remove(((3, 5),))  # noqa: SLF001 - as housekeeping does when room is short
        made.collector.lose((1, 10), epoch=token(made))
        lost = await refill(made, have=7)

        assert 3 == lost
        assert ((1, 10),) == made.collector.arrived[token(made)]
        assert [[3, 5, GONE]] == next(e.agent["skipped"] for e in made.collector.received if e.agent["skipped"])
        assert 1 == sum("no longer kept" in record.message for record in caplog.records)


async def test_many_lost_ranges_are_reported_part_by_part_and_counted_once(folder: Path) -> None:
    """A header holds so many ranges; the others are lacking still, and their turn comes."""
    async with delivery(folder, 2_400, delivery__heartbeat="15s") as made:
        await made.drain()
        made.log._remove(tuple((seq, seq) for seq in range(2, 2_401, 2)))  # noqa: SLF001 - as housekeeping does
        made.collector.lose((1, 2_400), epoch=token(made))
        async with made.running() as loop:
            await until(lambda: made.collector.arrived[token(made)] == ((1, 2_400),))
            lost = loop.refiller.lost

        assert 1_200 == lost == len(made.collector.stored)
        assert max(len(envelope.agent["skipped"]) for envelope in made.collector.received) <= 500


async def test_a_dead_letter_that_never_arrived_is_not_lacking_for_ever(folder: Path) -> None:
    """What was buried here the collector cannot have seen; it is told so once."""
    async with delivery(folder, 5, delivery__heartbeat="15s") as made:
        made.log.settle(settled=(), dead=[DeadLetter(2, "damaged", "its checksum is wrong")])
        lost = await refill(made, have=4)

        reported = [envelope.agent["skipped"] for envelope in made.collector.received if envelope.agent["skipped"]]
        assert [[[2, 2, DEAD]]] == reported
        assert 0 == lost


async def test_a_collector_that_lost_everything_is_filled_piece_by_piece(folder: Path) -> None:
    """Never more than a piece and a half is pending because of it, and every event arrives once more."""
    async with delivery(folder, delivery__heartbeat="15s", delivery__max_events=2_000) as made:
        made.log.append(events(1, 3 * MOST_AGAIN))
        await made.drain()
        made.collector.lose((1, 3 * MOST_AGAIN), epoch=token(made))
        waiting: list[int] = []

        def watch(collector: FlakyCollector, envelope: Envelope) -> web.Response:
            waiting.append(count(made.log.facts().pending))
            return honest(collector, envelope)

        made.collector.always = watch
        await refill(made, have=3 * MOST_AGAIN)

        assert MOST_AGAIN <= max(waiting) <= MOST_AGAIN + MOST_AGAIN // 2


async def test_agents_do_not_all_begin_at_once(folder: Path) -> None:
    """Half of the spread, by chance, passes between the word of the collector and the first event."""
    async with delivery(folder, 10, delivery__heartbeat="5s", retry__recovery_spread="60s") as made:
        await made.drain()
        made.collector.lose((1, 10), epoch=token(made))
        before = made.clock.monotonic()
        await refill(made, have=10)
        began = next(e for e in reversed(made.collector.received) if e.events)

        assert began.agent["sent_at"] >= "2026-01-15T10:00:30"
        assert made.clock.monotonic() - before >= 30.0
