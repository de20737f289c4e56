"""The search for the one event for which the collector refuses whole batches."""

from math import ceil, log2

import pytest

from edge_agent.delivery.batching import Backlog, Epoch, Planned
from edge_agent.delivery.settlement import DeadLetter
from edge_agent.delivery.suspects import Suspects
from shared.receipts import Ranges, subtract

EPOCH = Epoch("e", 1, 8)
ALL: Ranges = ((1, 8),)
LETTER = DeadLetter(3, "refused", "an event is wrong")


def backlog(pending: Ranges = ALL) -> Backlog:
    """Return a backlog of eight."""
    return Backlog(pending, 8, (EPOCH,))


def test_the_first_half_of_what_was_refused_is_tried_next() -> None:
    """Refused in its turn, it is what is halved."""
    searching = Suspects().refuse(ALL)

    assert Planned(EPOCH, ((1, 4),)) == searching.plan(backlog(), most=8)
    assert Planned(EPOCH, ((1, 2),)) == searching.refuse(((1, 4),)).plan(backlog(), most=8)


def test_the_bad_one_is_in_the_rest_of_a_half_that_was_taken() -> None:
    """No request is spent on finding out what is known."""
    searching = Suspects().refuse(ALL).settle(((1, 4),))

    assert ((5, 8),) == searching.culprits
    assert Planned(EPOCH, ((5, 6),)) == searching.plan(backlog(((5, 8),)), most=8)


@pytest.mark.parametrize(("most", "expected"), [(1, ((1, 1),)), (3, ((1, 3),)), (4, ((1, 4),)), (8, ((1, 4),))])
def test_no_part_is_larger_than_a_batch_may_be(most: int, expected: Ranges) -> None:
    """A collector that finds a half too large gets less of it, and not the same again."""

    assert Planned(EPOCH, expected) == Suspects().refuse(ALL).plan(backlog(), most=most)


def test_when_all_were_taken_after_all_the_search_is_over() -> None:
    """It was a bad minute of the collector."""
    searching = Suspects().refuse(((1, 2),)).settle(((1, 1),)).settle(((2, 2),))

    assert Suspects() == searching
    assert not searching.is_searching
    assert searching.plan(backlog(), most=8) is None


def test_an_accused_event_waits_for_an_empty_envelope_and_is_then_tried_again() -> None:
    """It is convicted only after the collector has shown that it understands us."""
    accused = Suspects().refuse(((3, 4),)).accuse(LETTER)
    probed = accused.probe_passed()

    assert (True, False) == (accused.wants_probe, accused.is_convicted(3))
    assert (False, True) == (probed.wants_probe, probed.is_convicted(3))
    assert Planned(EPOCH, ((3, 3),)) == probed.plan(backlog(), most=8)
    assert not probed.is_convicted(4)


def test_an_accused_event_that_is_taken_is_acquitted() -> None:
    """The others are suspects still."""
    acquitted = Suspects().refuse(((3, 4),)).accuse(LETTER).probe_passed().settle(((3, 3),))

    assert Suspects(((4, 4),)) == acquitted


def test_an_event_that_was_alone_from_the_start_can_be_accused() -> None:
    """A live event of which nothing is known."""
    accused = Suspects().accuse(LETTER)

    assert accused.is_searching
    assert Planned(EPOCH, ((3, 3),)) == accused.probe_passed().plan(backlog(), most=8)


def test_what_is_pending_no_more_is_passed_over() -> None:
    """Numbers may leave the buffer by another door while the search goes on."""
    searching = Suspects().refuse(ALL)

    assert Planned(EPOCH, ((6, 6),)) == searching.plan(backlog(((6, 8),)), most=8)
    assert searching.plan(backlog(()), most=8) is None


@pytest.mark.parametrize("events", [1, 2, 3, 10, 500])
def test_one_bad_event_costs_at_most_a_request_a_level_and_three(events: int) -> None:
    """Wherever it is among n, it is alone in the dock after ⌈log2 n⌉ + 3 requests that follow the first refusal."""
    assert ceil(log2(events)) + 3 >= max(_requests_to_bury(bad, events) for bad in range(1, events + 1))


def _requests_to_bury(bad: int, events: int) -> int:
    epoch = Epoch("e", 1, events)
    letter = DeadLetter(bad, "refused", "an event is wrong")
    pending: Ranges = ((1, events),)
    suspects = Suspects().refuse(pending) if events > 1 else Suspects().accuse(letter)
    for requests in range(1, 100):
        planned = suspects.plan(Backlog(pending, events, (epoch,)), most=events)
        assert planned is not None
        if suspects.wants_probe:
            suspects = suspects.probe_passed()
        elif planned.seqs == ((bad, bad),):
            if suspects.is_convicted(bad):
                return requests
            suspects = suspects.accuse(letter)
        elif any(first <= bad <= last for first, last in planned.seqs):
            suspects = suspects.refuse(planned.seqs)
        else:
            pending = subtract(pending, planned.seqs)
            suspects = suspects.settle(planned.seqs)
    raise AssertionError("the search does not end")
