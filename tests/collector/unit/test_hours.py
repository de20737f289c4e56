"""Hours and blocks of a site: what a range is cut into."""

from hypothesis import given
from hypothesis import strategies as st

from collector import hours
from collector.hours import HourRange
from shared.instants import HOUR, MINUTE


@given(st.integers(-3_000, 3_000), st.integers(1, 3_000), st.sampled_from([0, 30 * MINUTE]))
def test_a_range_is_its_blocks_and_two_ends(first: int, many: int, offset: int) -> None:
    """Each hour once, in order; blocks are aligned, and neither end is long."""
    found = HourRange("S1", first * HOUR + offset, (first + many) * HOUR + offset, [HOUR, 0, 0, 0, 0])
    ends, blocks = hours.cut(found, offset=offset)
    pieces = sorted([*ends, *([blocks] if blocks else [])])
    told = [hour for piece in pieces for hour in range(piece.first, piece.end, HOUR)]

    assert [*range(found.first, found.end, HOUR)] == told
    assert all(end.end - end.first < (hours.BLOCK * (hours.FEW_BLOCKS + 2)) * HOUR for end in ends)
    assert blocks is None or (0, 0) == tuple((at - offset) % hours.block_length() for at in (blocks.first, blocks.end))
