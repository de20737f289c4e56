"""What a number that nothing vouches for is worth."""

import pytest

from edge_agent.buffer.numbering import FARTHEST_JUMP, flipped
from shared.receipts import Ranges

_FAR = 9 * FARTHEST_JUMP
_ALL = ((1, 2**62),)


@pytest.mark.parametrize(
    ("present", "unproven", "noted", "found"),
    [
        ((), _ALL, 0, ()),
        (((1, 9), (_FAR, _FAR)), _ALL, 0, ((_FAR, _FAR),)),
        (((1, 9), (_FAR, _FAR)), (), 0, ()),
        (((1, 9), (_FAR, _FAR)), _ALL, _FAR - 1, ()),
        (((1, 9), (_FAR, _FAR + 1)), _ALL, 0, ()),
        (((_FAR, _FAR),), _ALL, 0, ()),
        (((_FAR, _FAR),), _ALL, 9, ((_FAR, _FAR),)),
        (((1, 1), (_FAR, _FAR), (3 * _FAR, 3 * _FAR)), _ALL, 0, ((_FAR, _FAR), (3 * _FAR, 3 * _FAR))),
        (((1, 1), (_FAR, _FAR + 5), (3 * _FAR, 3 * _FAR)), _ALL, 0, ((3 * _FAR, 3 * _FAR),)),
        (((1, 1), (1 + FARTHEST_JUMP, 1 + FARTHEST_JUMP)), _ALL, 0, ()),
    ],
    ids=[
        "none",
        "a bit",
        "proven",
        "noted",
        "two",
        "the only one",
        "far above the note",
        "two bits",
        "a letter of the first day",
        "near",
    ],
)
def test_only_a_lone_number_far_above_all_others_is_a_flipped_bit(
    present: Ranges, unproven: Ranges, noted: int, found: Ranges
) -> None:
    """What is proven, has a neighbour, or has nothing below it is kept."""
    assert found == flipped(present, unproven=unproven, noted=noted)
