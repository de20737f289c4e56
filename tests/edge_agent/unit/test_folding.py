"""Ranges that were given up long ago: few are known, all are counted, through restarts and salvage."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer.folding import GAPS_KEPT, MOST_GAPS, fold
from edge_agent.buffer.log import EventLog
from edge_agent.buffer.reader import LogReader
from edge_agent.buffer.rows import Counts
from edge_agent.buffer.space import Limits
from edge_agent.delivery.lacking import sort_lacking
from edge_agent.delivery.settlement import DeadLetter
from tests.support.events import events
from tests.support.fake_clock import FakeClock

MONTHS = 8
A_MONTH = 1_000
LETTERS_KEPT = 10
"""Of 250 dead letters a month."""


def opened(folder: Path) -> EventLog:
    """A log that keeps few dead letters."""
    return EventLog.open(folder, clock=FakeClock(), limits=Limits(most_dead_letters=LETTERS_KEPT))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    """A log after some months in which one event of four was bad."""
    with closing(opened(tmp_path / "queue")) as one:
        for first in range(1, MONTHS * A_MONTH, A_MONTH):
            one.append(events(1, A_MONTH))
            bad = range(first, first + A_MONTH, 4)
            one.settle(settled=((first, first + A_MONTH - 1),), dead=[DeadLetter(seq, "bad_id", "no") for seq in bad])
            while one.tidy():
                pass
        yield one


def sums(counts: Counts) -> tuple[int, int, int, int]:
    """Where the numbers are: settled, given up, dead letters, nowhere."""
    return counts.settled, counts.dropped, counts.dead, counts.unaccounted


EXPECTED = (MONTHS * A_MONTH * 3 // 4, MONTHS * A_MONTH // 4 - LETTERS_KEPT, LETTERS_KEPT, 0)


def test_years_of_bad_events_are_no_more_ranges_than_a_month_of_them(log: EventLog) -> None:
    """And each number is counted where it was."""

    assert EXPECTED == sums(log.counts())
    assert GAPS_KEPT <= len(log.facts().dropped) <= MOST_GAPS
    assert len(log.settled()) <= MOST_GAPS + LETTERS_KEPT + 1


def test_the_count_is_there_again_after_a_restart_and_for_commands(log: EventLog, tmp_path: Path) -> None:
    """From the file, which is found sound."""
    log.close()
    with closing(opened(tmp_path / "queue")) as again:
        counts = again.counts()
    with LogReader(tmp_path / "queue") as reader:
        read, books = reader.counts(), reader.books()

    assert (EXPECTED, None) == (sums(counts), counts.recovery)
    assert (EXPECTED, []) == (sums(read), books.differences())


def test_a_salvage_takes_the_count_over(log: EventLog) -> None:
    """A damaged file tells it as long as it tells what was settled."""
    log.salvage("a test says so")

    assert EXPECTED == sums(log.counts())


def test_who_asks_for_it_again_hears_that_it_is_gone(log: EventLog) -> None:
    """A new collector lacks it; it is not called settled for ever without an answer."""
    facts = log.facts()
    found = sort_lacking(((1, 1),), epoch=facts.epochs[0], backlog=facts, settled=log.settled(), dead=log.dead())

    assert (((1, 1),), ()) == (found.candidates, log.kept(found.candidates))


def test_what_is_still_on_disk_is_not_folded() -> None:
    """It may yet be sent again."""
    gaps = [(seq, seq, "no") for seq in range(1, 4 * MOST_GAPS, 2)]
    removed = tuple((first, last) for first, last, _ in gaps if first != 5)
    folded, left = fold(gaps, removed=removed)

    assert (len(gaps) - GAPS_KEPT - 1, GAPS_KEPT + 1) == (len(folded), len(left))
    assert (5, 5, "no") == left[0]
