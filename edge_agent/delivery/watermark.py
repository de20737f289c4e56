"""Up to when everything was delivered, and when the camera was watched until then (SEMANTICS §4, DESIGN §3)."""

from collections.abc import Sequence
from typing import NamedTuple

from shared.instants import MICROSECOND, SECOND

Stretch = tuple[int, int]
"""Time in which a producer was never silent, from its first sign of life to its last one; microseconds UTC."""

DRIFT = SECOND
"""Two clocks differ by less; by more, one of them was set."""


class Vouched(NamedTuple):
    """What an envelope says of the time that was watched."""

    watermark: int | None
    watched: tuple[Stretch, ...] | None
    """As far as the watermark; None without one."""


def vouched(*, now: int, watched: Sequence[Stretch], silent_after: int, oldest_unsent_at: int | None) -> Vouched:
    """Return up to when the collector will know everything once this batch has arrived, and what of that was watched.

    `watched` is ascending, and the last of it goes on. It is empty before the first sign of life after a start: then
    nothing is vouched for, since what happened while the agent was down, nobody watched.

        watched     |=====|       |====|     |=======> now
        watermark                               |
        told        |=====|       |====|     |==|

    >>> vouched(now=900, watched=[(100, 200), (700, 850)], silent_after=100, oldest_unsent_at=None)
    Vouched(watermark=900, watched=((100, 200), (700, 900)))
    >>> vouched(now=900, watched=[(100, 200), (700, 850)], silent_after=100, oldest_unsent_at=151)
    Vouched(watermark=150, watched=((100, 150),))
    """
    if not watched:
        return Vouched(None, None)
    *ended, (since, last_sign) = watched
    upto = watermark(now=now, last_sign_of_life=last_sign, silent_after=silent_after, oldest_unsent_at=oldest_unsent_at)
    return Vouched(upto, tuple((start, min(end, upto)) for start, end in (*ended, (since, upto)) if start < upto))


def unconfirmed(watched: Sequence[Stretch], *, confirmed: int | None) -> tuple[Stretch, ...]:
    """Return what the collector has not been told of, by the greatest watermark that it took: the last one always.

    >>> unconfirmed([(100, 200), (700, 850)], confirmed=200), unconfirmed([(100, 200), (700, 850)], confirmed=199)
    (((700, 850),), ((100, 200), (700, 850)))
    """
    return (*(one for one in watched[:-1] if confirmed is None or one[1] > confirmed), *watched[-1:])


def watermark(*, now: int, last_sign_of_life: int, silent_after: int, oldest_unsent_at: int | None) -> int:
    """Return the earlier of just before the oldest event that is neither settled nor in this batch, and *now*.

    In place of *now* stands the last sign of life once that is longer than `silent_after` ago.

    >>> watermark(now=900, last_sign_of_life=850, silent_after=100, oldest_unsent_at=None)
    900
    >>> watermark(now=900, last_sign_of_life=850, silent_after=20, oldest_unsent_at=None)
    850
    >>> watermark(now=900, last_sign_of_life=850, silent_after=100, oldest_unsent_at=700)
    699
    """
    watched_until = now if now - last_sign_of_life <= silent_after else last_sign_of_life
    if oldest_unsent_at is None:
        return watched_until
    return max(min(watched_until, oldest_unsent_at - MICROSECOND), 0)
