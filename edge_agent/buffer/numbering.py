"""Which numbers of a damaged queue can be true: judged without a disk.

The checksum of a row covers its number, so a row that verifies has the one that it was given, however far that lies from
all others: a queue of months begins beyond 10⁶ and keeps dead letters of its first day. Two things are covered by none:
a row of schema 1, whose checksum is of the payload alone, and the greatest number that the file notes. A bit that turns
there makes a number of up to 2⁶³, and no header could tell the collector of it: it takes numbers up to 2⁵³.
"""

from collections.abc import Iterable, Sequence

from shared.receipts import Range, Ranges, intersect

FARTHEST_JUMP = 1_000_000
"""A number that nothing vouches for and that lies farther above all others is a flipped bit."""

MOST = 2**53 - 1
"""The greatest number that a header may name: what every reader of JSON takes exactly."""


def possible(noted: int) -> int:
    """Return a greatest number as it is noted, 0 for one that nobody can have given out.

    >>> possible(17), possible(2**60), possible(-1)
    (17, 0, 0)
    """
    return noted if 0 <= noted <= MOST else 0


def flipped(present: Ranges, *, unproven: Ranges, noted: int) -> Ranges:
    """Return those of the numbers that are there which a flipped bit has made: alone, unproven, and far above all others.

    `present` are stretches without a hole, ascending; `noted` is the greatest number that is known from elsewhere. Two
    rows beside each other are none: bits do not turn alike.

    >>> flipped(((1, 9), (2**40 + 10, 2**40 + 10)), unproven=((1, 2**41),), noted=0)
    ((1099511627786, 1099511627786),)
    """
    left, found = list(present), []
    while left and _is_far_and_alone(left, noted=noted) and intersect((left[-1],), unproven):
        found.append(left.pop())
    return tuple(reversed(found))


def _is_far_and_alone(present: Sequence[Range], *, noted: int) -> bool:
    first, last = present[-1]
    below = max(noted, present[-2][1] if len(present) > 1 else 0)
    return first == last and 0 < below < first - FARTHEST_JUMP


def greatest(present: int, *, noted: int, ends: Iterable[int]) -> int:
    """Return the greatest number ever given out: that of the last row, or the one that the file notes if that can be.

    `ends` are those of ranges that the file remembers. A flipped bit of the note is borne out by none of them.

    >>> greatest(0, noted=5_000_000, ends=(4_900_000,)), greatest(9, noted=12, ends=()), greatest(9, noted=2**40, ends=(3,))
    (5000000, 12, 9)
    """
    return max(present, noted) if noted <= max(present, *ends, 0) + FARTHEST_JUMP else present
