"""Which ranges of event numbers are kept of a camera, and how many: judged here for both stores.

Ranges that were told become one with those that they overlap or touch, so there are as many rows as gaps, and a camera that
lacks nothing has one in each epoch. Numbers of a sender that means harm need not touch at all. So there is a bound: a camera
has at most 20,000 ranges, twice what one envelope can tell, and besides them each epoch has its first 100, as many as a
receipt names gaps, until there are 100,000: from then on one. Hence a camera whose token was stolen has its numbering again under the
next epoch. How many epochs somebody makes up is bounded by his rate and the disk alone.

Beyond the bound a range that stands alone is not noted. Its numbers are lacking until they are told again: nothing is ever
said to have arrived that did not, and the agent sends it again or says that it has it no more. What closes a gap is always
noted and makes room, and receipts name the lowest gaps first, so an honest agent ends with nothing lacking.
"""

from collections.abc import Sequence
from typing import NamedTuple

from shared.receipts import Range, Ranges, near_few, subtract
from shared.wire import MAX_LACKING_RANGES

MOST_OF_A_CAMERA = 20_000
"""Ranges of all its epochs together; they are counted by a call that adds one, and by no other."""
ALWAYS_OF_AN_EPOCH = MAX_LACKING_RANGES
"""Ranges that an epoch may have whatever there is of others."""

FAR_TOO_MANY = 5 * MOST_OF_A_CAMERA
"""From then on a new epoch has one range: no sender that means well comes near it."""


class Change(NamedTuple):
    """Which rows go and which are added."""

    gone: Ranges
    added: Ranges


def room(*, of_camera: int, of_epoch: int) -> int:
    """Return how many more ranges an epoch may have, by how many there are of its camera and of itself.

    >>> room(of_camera=19_990, of_epoch=5_000), room(of_camera=20_000, of_epoch=40), room(of_camera=20_000, of_epoch=5_000)
    (10, 60, 0)
    >>> room(of_camera=100_000, of_epoch=0)
    1
    """
    always = ALWAYS_OF_AN_EPOCH if of_camera < FAR_TOO_MANY else 1
    return max(MOST_OF_A_CAMERA - of_camera, always - of_epoch, 0)


def fit(together: Ranges, *, kept: Ranges, more: int) -> Ranges:
    """Return `together`, which holds all that is `kept`, with at most so many ranges `more` than there were.

    Those that stand alone are left out, the greatest first. All is normalised:

        kept        1 2 3     7 8
        together    1 2 3 4   7 8   10 11   14
        one more    1 2 3 4   7 8   10 11

    >>> fit(((1, 4), (7, 8), (10, 11), (14, 14)), kept=((1, 3), (7, 8)), more=1)
    ((1, 4), (7, 8), (10, 11))
    """
    too_many = len(together) - len(kept) - more
    if too_many <= 0:
        return together
    not_alone = set(near_few(together, kept))
    alone = [each for each in together if each not in not_alone]
    left_out = set(alone[-too_many:])
    return tuple(each for each in together if each not in left_out)


def change(before: Ranges, after: Ranges) -> Change:
    """Return what becomes of rows.

    >>> change(((1, 3), (5, 5), (9, 9)), ((1, 5), (9, 9), (12, 12)))
    Change(gone=((1, 3), (5, 5)), added=((1, 5), (12, 12)))
    """
    there, now = set(before), set(after)
    return Change(tuple(sorted(there - now)), tuple(sorted(now - there)))


def lacking(lowest: Sequence[Range], *, last_seq: int) -> Ranges:
    """Return the first hundred gaps before, between and after ranges, up to the greatest number given out.

    `lowest` are all ranges of an epoch, or the first 101 and more of them: those are enough.

    >>> lacking(((2, 4), (7, 9)), last_seq=12)
    ((1, 1), (5, 6), (10, 12))
    """
    greatest = max(last_seq, lowest[-1][1] if lowest else 0)
    return subtract(((1, greatest),) if greatest else (), tuple(lowest))[:MAX_LACKING_RANGES]
