"""Which events go first, which fit, and what an envelope looks like."""

from dataclasses import dataclass

import pytest

from edge_agent.delivery.batching import Backlog, Epoch, Planned, epoch_of, fit, plan
from shared.receipts import Ranges

OLD = Epoch("old", 1, 100)
NEW = Epoch("new", 101, 200)


@dataclass(frozen=True)
class Stored:
    """An event as the log has it."""

    seq: int
    payload: bytes


def backlog(*pending: tuple[int, int]) -> Backlog:
    """Return a backlog of two epochs."""
    return Backlog(tuple(pending), 200, (OLD, NEW))


@pytest.mark.parametrize(
    ("waiting", "turn", "expected"),
    [
        (backlog(), 0, None),
        (backlog((101, 103)), 0, Planned(NEW, ((101, 103),))),
        (backlog((101, 104)), 1, Planned(NEW, ((101, 104),))),
        (backlog((101, 200)), 0, Planned(NEW, ((101, 102), (199, 200)))),
        (backlog((110, 110), (120, 120), (130, 130), (140, 140), (150, 150)), 0, Planned(NEW, ((110, 110), (120, 120), (140, 140), (150, 150)))),
        (backlog((50, 150)), 0, Planned(NEW, ((101, 102), (149, 150)))),
        (backlog((50, 150)), 1, Planned(OLD, ((50, 51), (99, 100)))),
        (backlog((50, 52)), 0, Planned(OLD, ((50, 52),))),
        (backlog((100, 101)), 0, Planned(NEW, ((101, 101),))),
    ],
)  # fmt: skip
def test_half_of_a_batch_is_the_newest_and_half_the_oldest_of_one_epoch(
    waiting: Backlog, turn: int, expected: Planned | None
) -> None:
    """Four fit; epochs take turns, the newest first."""

    assert expected == plan(waiting, max_events=4, turn=turn)


@pytest.mark.parametrize(("most", "expected"), [(1, ((5, 5),)), (2, ((1, 1), (5, 5))), (3, ((1, 1), (4, 5)))])
def test_the_newest_have_the_larger_half(most: int, expected: Ranges) -> None:
    """A batch of one is the newest event: the page shows what is, also while a backlog drains."""
    only = Epoch("only", 1, 5)

    assert Planned(only, expected) == plan(Backlog(((1, 5),), 5, (only,)), max_events=most, turn=0)


def test_an_epoch_that_has_no_number_yet_plans_nothing() -> None:
    """A new epoch ends before it begins."""
    fresh = Epoch("fresh", 201, 200)

    assert Planned(OLD, ((1, 1),)) == plan(Backlog(((1, 1),), 200, (OLD, fresh)), max_events=4, turn=0)


@pytest.mark.parametrize(("seq", "expected"), [(1, OLD), (100, OLD), (101, NEW), (201, None)])
def test_a_number_belongs_to_one_epoch(seq: int, expected: Epoch | None) -> None:
    """The epoch is the one whose stretch holds the number."""

    assert expected == epoch_of(backlog(), seq)


@pytest.mark.parametrize(
    ("max_bytes", "expected"),
    [
        (100, [1, 2, 3, 4, 5]),
        (55, [1, 2, 3, 4, 5]),
        (54, [1, 2, 4, 5]),
        (33, [1, 4, 5]),
        (22, [1, 5]),
        (11, [5]),
        (1, [5]),
    ],
)
def test_what_does_not_fit_is_left_in_the_middle(max_bytes: int, expected: list[int]) -> None:
    """Eleven bytes an event with its comma; at least one event goes, however large."""
    entries = [Stored(seq, b"0123456789") for seq in range(1, 6)]

    assert expected == [entry.seq for entry in fit(entries, max_bytes)]


def test_nothing_fits_into_anything() -> None:
    """No events, no batch."""

    assert [] == fit([], 10)
