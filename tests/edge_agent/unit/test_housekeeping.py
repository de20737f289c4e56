"""The log within its limits: what leaves first, what is refused, what is dropped, and what no clock can expire."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import pytest

from edge_agent.buffer.log import EventLog
from edge_agent.buffer.removal import NO_ROOM_FOR_LETTERS, OVERFLOW
from edge_agent.buffer.retention import MARK_SECONDS
from edge_agent.buffer.space import Limits, size_bytes
from edge_agent.delivery.settlement import DeadLetter
from shared.errors import StorageFull
from shared.instants import HOUR
from shared.receipts import Ranges, count, numbers
from tests.support.events import events
from tests.support.fake_clock import FakeClock

MIB = 1024 * 1024
WEEK_SECONDS = 7 * 24 * 3_600
BATCH = 200


class Logs:
    """Logs of one folder, opened one after the other by one clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.logs = ExitStack()

    def open(
        self,
        *,
        when_full: Literal["reject", "drop_oldest"] = "reject",
        max_size_bytes: int = 2 * MIB,
        most_dead_letters: int = 100_000,
    ) -> EventLog:
        """A log of two MiB at most."""
        self.logs.close()
        limits = Limits(
            max_size_bytes=max_size_bytes,
            when_full=when_full,
            retain_sent_seconds=WEEK_SECONDS,
            most_dead_letters=most_dead_letters,
        )
        log = EventLog.open(self.folder, clock=self.clock, limits=limits)
        self.logs.callback(log.close)
        return log


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    """Logs in an empty folder."""
    made = Logs(tmp_path)
    yield made
    made.logs.close()


def fill(log: EventLog, *, batches: int) -> int:
    """Append until there is no room, and return how many were taken."""
    for batch in range(batches):
        try:
            log.append(events(batch * BATCH + 1, (batch + 1) * BATCH))
        except StorageFull:
            return batch * BATCH
    return batches * BATCH


def bury(log: EventLog, ranges: Ranges) -> None:
    """Note that the collector has refused these events."""
    log.settle(settled=(), dead=[DeadLetter(seq, "bad_id", "no") for seq in numbers(ranges)])


def tidy(log: EventLog) -> None:
    """Do what can be done now."""
    while log.tidy():
        pass


def test_a_full_queue_refuses_what_comes_and_keeps_what_it_has(logs: Logs) -> None:
    """The file and its log stay below the limit, and the error names the setting."""
    log = logs.open()
    taken = fill(log, batches=200)
    with pytest.raises(StorageFull, match=r"buffer\.max_size"):
        log.append(events(1, BATCH))

    assert ((1, taken),) == log.facts().pending
    assert size_bytes(logs.folder / "queue.db") <= 2 * MIB
    assert taken > 5_000


def test_sent_events_make_way_first(logs: Logs) -> None:
    """Without being asked, and only as many as it takes; they stay settled."""
    log = logs.open()
    taken = fill(log, batches=200)
    log.settle(settled=((1, taken),), dead=())
    log.append(events(1, BATCH))
    counts = log.counts()

    assert (taken + BATCH, taken, BATCH, 0) == (counts.last_seq, counts.settled, counts.pending, counts.unaccounted)
    assert 0 < counts.retained < taken
    assert size_bytes(logs.folder / "queue.db") <= 2 * MIB


def test_the_oldest_are_dropped_if_that_is_the_setting(logs: Logs) -> None:
    """Everything new is taken; what was given up has numbers and a reason, also after a restart."""
    log = logs.open(when_full="drop_oldest")
    fill(log, batches=100)
    counts, facts = log.counts(), log.facts()
    again = logs.open(when_full="drop_oldest")

    ((first, last, why),) = facts.dropped
    assert (100 * BATCH, 1, OVERFLOW) == (counts.last_seq, first, why)
    assert ((last + 1, 100 * BATCH),) == facts.pending
    assert (last, 0) == (counts.dropped, counts.unaccounted)
    assert facts == again.facts()
    assert [last + 1] == [entry.seq for entry in again.read(((1, last + 1),))]
    assert size_bytes(logs.folder / "queue.db") <= 2 * MIB


@pytest.mark.parametrize("when_full", ["reject", "drop_oldest"])
def test_dead_letters_never_fill_the_queue(logs: Logs, when_full: Literal["reject", "drop_oldest"]) -> None:
    """The oldest are given up with a reason once their room is needed, and new events are taken; also after a restart."""
    log = logs.open(when_full=when_full, max_size_bytes=MIB)
    for batch in range(16):
        log.append(events(batch * 500 + 1, (batch + 1) * 500))
        bury(log, log.facts().pending)
    counts, facts = log.counts(), log.facts()
    again = logs.open(when_full=when_full, max_size_bytes=MIB)

    ((first, last, why),) = facts.dropped
    assert (8_000, 1, NO_ROOM_FOR_LETTERS) == (counts.last_seq, first, why)
    assert ((last + 1, 8_000),) == again.dead()
    assert (last, 0) == (counts.dropped, counts.unaccounted)
    assert size_bytes(logs.folder / "queue.db") <= MIB


def test_dead_letters_within_their_share_stay_beside_what_waits(logs: Logs) -> None:
    """With `reject` a quarter of the queue is theirs, and what waits fills the rest."""
    log = logs.open(max_size_bytes=MIB)
    taken = fill(log, batches=200)
    bury(log, log.facts().pending)
    more = fill(log, batches=200)
    with pytest.raises(StorageFull, match=r"buffer\.max_size") as refused:
        log.append(events(1, BATCH))

    assert more > taken / 2
    assert taken / 5 < count(log.dead()) < taken / 2
    assert ((taken + 1, taken + more),) == log.facts().pending
    assert "it drains once" in refused.value.hint


def test_dead_letters_go_before_events_that_wait(logs: Logs) -> None:
    """Where something has to be dropped, it is what was refused."""
    log = logs.open(when_full="drop_oldest", max_size_bytes=MIB)
    log.append(events(1, 1_000))
    bury(log, ((501, 1_000),))
    while not log.facts().dropped:
        log.append(events(1, BATCH))

    ((first, last, why),) = log.facts().dropped

    assert (501, NO_ROOM_FOR_LETTERS) == (first, why)
    assert last <= 1_000
    assert ((1, 500), (1_001, log.facts().last_seq)) == log.facts().pending


def test_there_are_only_so_many_dead_letters(logs: Logs) -> None:
    """Their numbers are held in memory, so the oldest go beyond that, in small steps."""
    log = logs.open(most_dead_letters=100)
    log.append(events(1, 2_000))
    bury(log, tuple((seq, seq) for seq in range(1, 2_000, 2)))
    tidy(log)

    assert ((1_801, 1_801), 100) == (log.dead()[0], count(log.dead()))
    assert (900, 1_000, 0) == (log.counts().dropped, log.counts().pending, log.counts().unaccounted)
    assert {NO_ROOM_FOR_LETTERS: log.counts().dropped} == log.counts().given_up


def test_a_receipt_for_what_was_dropped_meanwhile_changes_nothing(logs: Logs) -> None:
    """A number is in one place."""
    log = logs.open(when_full="drop_oldest")
    fill(log, batches=100)
    before = log.counts()
    log.settle(settled=((1, 10),), dead=())

    assert (before.settled, before.dropped, 0) == (log.counts().settled, log.counts().dropped, log.counts().unaccounted)


def test_sent_events_go_after_a_week_of_running(logs: Logs) -> None:
    """Not those that came later, and none that still waits."""
    log = logs.open()
    log.append(events(1, 1_000))
    log.settle(settled=((1, 900),), dead=())
    tidy(log)
    logs.clock.advance(WEEK_SECONDS - 60)
    log.settle(settled=((901, 950),), dead=())
    tidy(log)
    early = log.counts().retained
    logs.clock.advance(61)
    tidy(log)
    counts = log.counts()

    assert (950, 50) == (early, counts.retained)
    assert (950, 50, 0) == (counts.settled, counts.pending, counts.unaccounted)
    assert ((901, 950),) == log.retained


@pytest.mark.parametrize("jump", [480_000 * HOUR, -480_000 * HOUR], ids=["forward", "back"])
def test_a_jump_of_the_wall_clock_expires_nothing(logs: Logs, jump: int) -> None:
    """Nor does a restart after it."""
    log = logs.open()
    log.append(events(1, 100))
    log.settle(settled=((1, 100),), dead=())
    tidy(log)
    logs.clock.set(logs.clock.now() + jump)
    tidy(log)
    log = logs.open()
    logs.clock.advance(MARK_SECONDS)
    tidy(log)

    assert 100 == log.counts().retained


def test_running_time_goes_on_after_a_restart(logs: Logs) -> None:
    """From the last mark: what the agent slept through does not count."""
    log = logs.open()
    for day in range(9):
        log.append(events(day * 10 + 1, day * 10 + 10))
        log.settle(settled=((1, day * 10 + 10),), dead=())
        tidy(log)
        logs.clock.advance(24 * 3_600)
        log = logs.open()
        logs.clock.advance(MARK_SECONDS * 24)
        log.append(events(1, 1))
        log.settle(settled=((1, log.facts().last_seq),), dead=())
        tidy(log)

    assert 0 < log.counts().retained < log.counts().settled


def test_room_is_given_back_in_small_steps(logs: Logs) -> None:
    """A file that was large once does not stay so; each step is short, and in the end nothing is left to do."""
    log = logs.open(max_size_bytes=64 * MIB)
    log.append(events(1, 10_000))
    log.append(events(10_001, 20_000))
    log.settle(settled=((1, 20_000),), dead=())
    tidy(log)
    large = size_bytes(logs.folder / "queue.db")
    logs.clock.advance(WEEK_SECONDS + 1)
    steps = 0
    while log.tidy():
        steps += 1
    logs.clock.advance(61)
    log.tidy()

    assert size_bytes(logs.folder / "queue.db") < 2 * MIB < large
    assert 40 < steps < 100
    assert not (logs.folder / "queue.db-wal").stat().st_size


def test_nothing_is_written_while_nothing_happens(logs: Logs) -> None:
    """A card wears out by writing."""
    log = logs.open()
    log.append(events(1, 10))
    log.settle(settled=((1, 10),), dead=())
    tidy(log)
    logs.clock.advance(120)
    tidy(log)
    before = stamps(logs.folder)
    for _ in range(100):
        logs.clock.advance(3_000)
        tidy(log)

    assert before == stamps(logs.folder)


def stamps(folder: Path) -> dict[str, int]:
    """When each file was last written."""
    return {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
