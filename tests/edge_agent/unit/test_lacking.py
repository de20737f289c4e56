"""What becomes of numbers that the collector lacks: case by case, without a log and without a clock."""

import pytest

from edge_agent.delivery.batching import Backlog, Epoch, Gap
from edge_agent.delivery.lacking import (
    DEAD,
    GONE,
    MOST_AGAIN,
    NEVER,
    Refill,
    Sorted,
    gone,
    next_piece,
    sort_lacking,
)
from shared.receipts import Ranges

OLD, NEW = Epoch("old", 1, 9), Epoch("new", 10, 15)
BACKLOG = Backlog(((4, 4), (15, 15)), 15, (OLD, NEW), dropped=((8, 8, "edited"),))
SETTLED: Ranges = ((1, 3), (5, 6), (10, 13))
DEAD_ONES: Ranges = ((7, 7), (14, 14))


@pytest.mark.parametrize(
    ("epoch", "lacking", "candidates", "skipped"),
    [
        (OLD, (), (), []),
        # settled: to be sent again
        (OLD, ((2, 3),), ((2, 3),), []),
        (NEW, ((12, 13),), ((12, 13),), []),
        # pending: on its way
        (OLD, ((4, 4),), (), []),
        (NEW, ((15, 15),), (), []),
        # a dead letter that was never counted as arrived
        (OLD, ((7, 7),), (), [(7, 7, DEAD)]),
        (NEW, ((14, 15),), (), [(14, 14, DEAD)]),
        # given up, with its own reason
        (OLD, ((8, 8),), (), [(8, 8, "edited")]),
        # in no place any more
        (OLD, ((8, 9),), (), [(8, 8, "edited"), (9, 9, GONE)]),
        # above the end of an epoch: never, once it has ended
        (OLD, ((9, 12),), (), [(9, 9, GONE), (10, 12, NEVER)]),
        (NEW, ((16, 20),), (), []),
        # below its beginning: every header reports that
        (NEW, ((1, 10),), ((10, 10),), []),
        # all at once
        (OLD, ((1, 12),), ((1, 3), (5, 6)), [(7, 7, DEAD), (8, 8, "edited"), (9, 9, GONE), (10, 12, NEVER)]),
    ],
)
def test_lacking_numbers_are_sorted_by_what_can_be_done(
    epoch: Epoch, lacking: Ranges, candidates: Ranges, skipped: list[Gap]
) -> None:
    """Settled ones are candidates, those on their way are left alone, all others are reported with a reason."""
    found = sort_lacking(lacking, epoch=epoch, backlog=BACKLOG, settled=SETTLED, dead=DEAD_ONES)

    assert Sorted(candidates, tuple(skipped)) == found


def test_an_epoch_without_events_lacks_nothing() -> None:
    """Its last number lies before its first."""
    empty = Epoch("empty", 16, 15)
    backlog = Backlog((), 15, (OLD, NEW, empty))

    assert Sorted((), ()) == sort_lacking(((1, 15),), epoch=empty, backlog=backlog, settled=SETTLED, dead=())


def test_settled_numbers_without_a_row_are_gone() -> None:
    """What is no longer kept cannot be sent."""

    assert ((1, 1, GONE), (5, 6, GONE)) == gone(((1, 3), (5, 6)), kept=((2, 3),))


@pytest.mark.parametrize(
    ("pending", "expected"),
    [
        (0, ((40_001, 50_000),)),
        (MOST_AGAIN // 2 - 1, ((40_001, 50_000),)),
        (MOST_AGAIN // 2, ()),
        (1_000_000, ()),
    ],
)
def test_the_newest_piece_goes_first_and_the_next_when_it_is_nearly_through(pending: int, expected: Ranges) -> None:
    """However much is lacking, and whatever else waits: no more than a piece is added at a time."""

    assert expected == next_piece(((1, 50_000),), pending=pending)


def test_heartbeats_take_turns_among_the_epochs() -> None:
    """The newest begins, and every epoch has its turn once a round."""
    refill, asked = Refill(), []
    for beat in range(5):
        asked.append(refill.epoch_asked((OLD, NEW)).token)
        refill = refill.after_asking(now=beat * 15.0)

    assert ["new", "old", "new", "old", "new"] == asked


@pytest.mark.parametrize(
    ("epochs", "now", "expected"), [((OLD, NEW), 14.9, False), ((OLD, NEW), 15.0, True), ((NEW,), 1_000.0, False)]
)
def test_a_busy_agent_asks_after_its_epochs_too(epochs: tuple[Epoch, ...], now: float, *, expected: bool) -> None:
    """Once a heartbeat, where there is an earlier epoch; a single one is in every batch."""

    assert expected == Refill().is_due(epochs, now=now, every=15.0)


def test_each_epoch_is_held_back_once_and_then_goes_on() -> None:
    """The moment is chosen at the first receipt, stays, and is forgotten when nothing is lacking any more."""
    first = Refill().after_lacking("old", is_settled=True, now=100.0, hold=20.0)
    second = first.after_lacking("old", is_settled=True, now=110.0, hold=30.0)
    other = second.after_lacking("new", is_settled=False, now=111.0, hold=0.0)
    ended = other.after_lacking("old", is_settled=False, now=130.0, hold=0.0)

    assert [False, True] == [second.may_send_again("old", now=now) for now in (119.9, 120.0)]
    assert other.may_send_again("new", now=111.0)
    assert not other.may_send_again("old", now=111.0)
    assert {} == ended.holds


def test_what_is_skipped_is_reported_with_the_next_request_of_its_epoch() -> None:
    """Until a receipt of that epoch says that it has been taken note of."""
    skips = ((8, 9, GONE),)
    refill = Refill().skipping("old", skips)

    assert (skips, ()) == (refill.to_report("old"), refill.to_report("new"))
    assert skips == refill.skipping("new", ((14, 14, DEAD),)).to_report("old")
    assert () == refill.skipping("old", ()).to_report("old")
