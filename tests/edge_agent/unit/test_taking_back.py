"""Numbers that come back: settled ones that the collector lost, dead letters that a person decides about."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.buffer.log import EventLog
from edge_agent.buffer.reader import LogReader
from edge_agent.control import OwnLetters
from edge_agent.delivery.settlement import DeadLetter
from shared.errors import BadRequest
from shared.receipts import Ranges
from tests.support.events import event, events
from tests.support.fake_clock import START, FakeClock


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    """Ten events: 1 to 4 settled, 5, 6 and 9 dead, the others pending."""
    opened = EventLog.open(tmp_path, clock=FakeClock())
    opened.append(events(1, 10))
    opened.settle(settled=((1, 4),), dead=[DeadLetter(seq, "bad_id", "no") for seq in (5, 6, 9)])
    yield opened
    opened.close()


def places(log: EventLog) -> tuple[Ranges, Ranges, Ranges, Ranges]:
    """Return what is pending, settled, dead and dropped."""
    facts = log.facts()
    return facts.pending, log.settled(), log.dead(), tuple((first, last) for first, last, _ in facts.dropped)


def test_what_is_sent_again_is_pending_again(log: EventLog) -> None:
    """Only what was settled; the oldest pending event is then one of them."""
    log.resend(((2, 3), (5, 8)))

    assert (((2, 3), (7, 8), (10, 10)), ((1, 1), (4, 4)), ((5, 6), (9, 9)), ()) == places(log)
    assert event(2).at == log.oldest_pending_at(without=())
    assert 0 == log.counts().unaccounted


def test_many_that_are_sent_again_lower_the_bound_of_the_oldest(tmp_path: Path) -> None:
    """Also where it was found by a scan that did not see them."""
    log = EventLog.open(tmp_path, clock=FakeClock())
    log.append(events(1, 5_000))
    log.settle(settled=((1, 2_000),), dead=[])
    later = log.oldest_pending_at(without=())
    log.resend(((1, 2_000),))
    earlier = log.oldest_pending_at(without=())
    log.close()

    assert (event(2_001).at, event(1).at) == (later, earlier)


def test_a_retried_letter_is_pending_under_its_own_number(log: EventLog) -> None:
    """What is no dead letter is left as it is."""
    done = log.retry(((4, 6),))

    assert ((5, 6),) == done
    assert (((5, 8), (10, 10)), ((1, 4),), ((9, 9),), ()) == places(log)
    assert 0 == log.counts().unaccounted


@pytest.mark.parametrize("reason", ["", "x" * 201, "wrong station\nsee ticket", "tab\there", "half \ud800"])
def test_a_reason_that_no_collector_takes_is_refused_at_once(log: EventLog, reason: str) -> None:
    """It would travel in the header of every envelope: the letters stay what they were."""
    letters = OwnLetters(log, executor=None, on_change=lambda: None)
    before = places(log)

    with pytest.raises(BadRequest, match="--reason must"):
        asyncio.run(letters.drop(((1, 6),), reason=reason))
    assert before == places(log)


def test_a_dropped_letter_stays_accounted_for(log: EventLog) -> None:
    """It is in none of the other places, and neither queued nor dead for those who read."""
    done = log.drop(((1, 6),), reason="a test")
    counts = log.counts()

    assert ((5, 6),) == done
    assert (((7, 8), (10, 10)), ((1, 4),), ((9, 9),), ((5, 6),)) == places(log)
    assert ((5, 6, "a test"),) == log.facts().dropped
    assert (2, 2, 1, 0) == (counts.dropped, counts.dropped_by_hand, counts.dead, counts.unaccounted)


def test_an_edited_letter_is_a_new_event_in_its_place(log: EventLog) -> None:
    """Rows are never changed: the old one goes, and its number says where it went."""
    number = log.edit(5, event(50))

    assert 11 == number
    assert [event(50).at] == [entry.at for entry in log.read(((5, 5), (11, 11)))]
    assert ((5, 5, "edited, now number 11"),) == log.facts().dropped
    assert log.edit(7, event(51)) is None
    assert 11 == log.facts().last_seq
    assert 1 == log.counts().dropped_by_hand


def test_all_of_it_is_in_the_file(log: EventLog, tmp_path: Path) -> None:
    """A reader and the next start see what this one saw."""
    log.resend(((1, 2),))
    log.retry(((5, 5),))
    log.drop(((6, 6),), reason="a test")
    expected = places(log), log.facts(), log.counts()
    with LogReader(tmp_path) as reader:
        read = reader.facts(), reader.counts()
        queued = [one.seq for one in reader.entries(from_at=None, to_at=None, state="queued", after_seq=0, most=99)]
    log.close()
    again = EventLog.open(tmp_path, clock=FakeClock())
    found = places(again), again.facts()
    again.close()

    assert expected[:2] == found
    assert (expected[1], replace(expected[2], free_disk_bytes=read[1].free_disk_bytes)) == read
    assert [1, 2, 5, 7, 8, 10] == queued


def test_dead_letters_are_read_page_by_page_with_their_events(log: EventLog, tmp_path: Path) -> None:
    """Oldest number first, each with the reason and whether its text is whole."""
    with LogReader(tmp_path) as reader:
        first = reader.dead_letters(most=2)
        rest = reader.dead_letters(after_seq=first[-1].seq, most=2)

    assert [5, 6, 9] == [letter.seq for letter in (*first, *rest)]
    assert ("bad_id", "no", START, event(5).at, True) == (
        *(first[0].code, first[0].error),
        *(first[0].buried_at, first[0].at, first[0].is_whole),
    )


def test_kept_are_the_numbers_with_a_row(log: EventLog) -> None:
    """What was never given out has none."""

    assert ((3, 5), (9, 10)) == log.kept(((3, 5), (9, 14)))
    assert () == log.kept(())
