"""The books of a queue file: right ones have nothing to say, and every way to be wrong is named with its numbers."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from edge_agent.buffer.audit import Books
from edge_agent.buffer.log import EventLog
from edge_agent.buffer.reader import LogReader
from edge_agent.delivery.settlement import DeadLetter
from tests.support.events import events
from tests.support.fake_clock import FakeClock

RIGHT = Books(
    last_seq=100,
    settled=((1, 60),),
    dead=((61, 62),),
    dropped=((63, 64),),
    removed=((1, 40), (63, 64)),
    rows=((41, 62), (65, 100)),
)


def test_right_books_have_no_difference() -> None:
    """Sent events may be gone from the disk, dropped ones are; whatever else was given a number is there."""

    assert [] == RIGHT.differences()
    assert ((65, 100),) == RIGHT.pending


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"dead": ((60, 62),)}, "1 number in two places, settled and dead letters: 60"),
        ({"dropped": ((59, 60),)}, "2 numbers in two places, settled and dropped: 59–60"),
        ({"dead": ((61, 63),)}, "1 number in two places, dead letters and dropped: 63"),
        ({"settled": ((1, 60), (101, 103))}, "3 numbers settled, never given out: 101–103"),
        ({"rows": ((41, 62), (65, 102))}, "2 numbers on disk, never given out: 101–102"),
        ({"rows": ((41, 62), (65, 70), (73, 100))}, "2 numbers without an event on disk, and nothing says why: 71–72"),
        ({"rows": ((45, 62), (65, 100))}, "4 numbers without an event on disk, and nothing says why: 41–44"),
        ({"rows": ((41, 61), (65, 100))}, "1 number without an event on disk, and nothing says why: 62"),
        ({"settled": ((1, 50), (40, 60))}, "11 numbers settled twice: 40–50"),
        ({"stray_epochs": (7,)}, "events on disk belong to epochs that nobody began: [7]"),
    ],
)
def test_each_difference_is_named_with_its_numbers(change: dict[str, object], expected: str) -> None:
    """In a sentence that a person can act on."""

    assert expected in replace(RIGHT, **change).differences()  # type: ignore[arg-type]


def test_many_numbers_are_shown_by_their_first() -> None:
    """A line stays a line."""
    holes = replace(RIGHT, rows=((41, 62), *((seq, seq) for seq in range(65, 101, 2))))

    assert ["18 numbers without an event on disk, and nothing says why: 66, 68, 70, 72, 74 …"] == holes.differences()


def test_a_queue_in_use_is_read_as_it_is(tmp_path: Path) -> None:
    """Beside its writer, with all kinds of numbers in it."""
    log = EventLog.open(tmp_path, clock=FakeClock())
    try:
        log.append(events(1, 20))
        log.settle(settled=((3, 9),), dead=[DeadLetter(12, "bad_id", "no such worker")])
        with LogReader(tmp_path) as reader:
            books, integrity, damaged = reader.books(), reader.integrity(), list(reader.damaged_numbers())
    finally:
        log.close()

    assert ([], [], []) == (books.differences(), integrity, damaged)
    assert (20, ((3, 9),), ((12, 12),), ((1, 20),)) == (books.last_seq, books.settled, books.dead, books.rows)


def test_an_event_that_has_changed_is_found_unless_that_is_known(tmp_path: Path) -> None:
    """By its checksum; one that was buried as damaged has been reported already."""
    log = EventLog.open(tmp_path, clock=FakeClock())
    log.append(events(1, 20))
    log.settle(settled=(), dead=[DeadLetter(7, "damaged", "its checksum is wrong")])
    log.close()
    with sqlite3.connect(tmp_path / "queue.db") as connection:
        connection.execute("update event_log set payload = replace(payload, 'W', 'V') where seq in (5, 7)")
    with LogReader(tmp_path) as reader:
        damaged = list(reader.damaged_numbers())

    assert [5] == damaged
