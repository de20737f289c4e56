"""Where each number of a batch goes."""

import pytest

from edge_agent.delivery.settlement import DeadLetter, Rejected, Settlement, settle
from shared.receipts import Ranges

BAD = ("bad_id", "worker_id is empty")


@pytest.mark.parametrize(
    ("seqs", "rejected", "expected"),
    [
        ((), [], Settlement((), ())),
        (((4, 6),), [], Settlement(((4, 6),), ())),
        (((4, 6),), [Rejected(1, *BAD)], Settlement(((4, 4), (6, 6)), (DeadLetter(5, *BAD),))),
        (((1, 2), (9, 9)), [Rejected(2, *BAD)], Settlement(((1, 2),), (DeadLetter(9, *BAD),))),
        (((7, 7),), [Rejected(0, *BAD)], Settlement((), (DeadLetter(7, *BAD),))),
    ],
)
def test_rejected_events_are_dead_letters_and_all_others_are_settled(
    seqs: Ranges, rejected: list[Rejected], expected: Settlement
) -> None:
    """An index counts the batch's events in the order of their numbers."""

    assert expected == settle(seqs, rejected)
