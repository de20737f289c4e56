"""What was given up long ago is counted and not told apart any more, so that a queue of years knows no more ranges than a new one.

A number that was given up splits the settled ones around it in two, and nothing would ever join them: an agent whose
producer makes a bad event a minute would know half a million ranges after a year, read them at each start and sort them
with each loss. So of more than a thousand ranges the oldest are folded: they become settled, and the file remembers how
many of the settled were in truth given up. Their reasons go with it. The collector has been told them long ago; one that
asks again, because it was restored or is new, hears *no longer kept at the camera*, which is as true.

    dropped     .x....x..x......x.....x.       x 1,001 ranges
    settled     |=|==|=|======|=====|=|
    folded      |=====================|.x.     the newest 500 stay; 1 + 1 + 1 + … are remembered as given up
"""

from collections.abc import Sequence

from edge_agent.delivery.batching import Gap
from shared.receipts import Ranges, near_few, normalise, subtract

MOST_GAPS = 1_000
GAPS_KEPT = 500


def fold(gaps: Sequence[Gap], *, removed: Ranges) -> tuple[Ranges, tuple[Gap, ...]]:
    """Return the numbers to be folded, of ascending gaps, and the gaps that stay.

    None are folded while there are few, and none whose event is still on disk.

    >>> fold([(1, 2, "full")], removed=((1, 2),))
    ((), ((1, 2, 'full'),))
    """
    if len(gaps) <= MOST_GAPS:
        return (), tuple(gaps)
    going = [
        gap for gap in gaps[:-GAPS_KEPT] if not subtract(((gap[0], gap[1]),), near_few(removed, ((gap[0], gap[1]),)))
    ]
    gone = {first for first, _, _ in going}
    return normalise((first, last) for first, last, _ in going), tuple(gap for gap in gaps if gap[0] not in gone)
