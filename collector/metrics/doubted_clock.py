"""Whether a purge may go by the collector's clock, as others tell what time it is, and how that is told in words. Pure.

What a clock takes that is ahead never comes back; what is kept too long is personal. So nothing goes only where most of the
cameras that called lately doubt the clock: half of them that agree with it are enough to go by it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from collector.records import Camera
from shared.findings import EARLIEST
from shared.instants import HOUR, MINUTE

RECENT = 15 * MINUTE
"""Many times as long as agents wait between two calls."""
MOST_AHEAD = HOUR
"""What goes by a clock that is so little ahead is an hour at the most."""
MOST_NAMED = 5
"""Cameras in a sentence: as many as somebody looks at one by one."""
HELD = "nothing is purged: "
WAY_OUT = "set the clock that is wrong; where this one is right, collector purge --by-this-clock goes by it once"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Others say that a clock is ahead."""

    by: int
    cameras: Sequence[Camera] = ()
    """Those that say so; none where it is the database's server that does."""
    called: int = 0
    """How many cameras called lately."""


def called_lately(cameras: Iterable[Camera], *, now: int) -> list[Camera]:
    """Return the cameras that have said in the last quarter of an hour what time it is.

    One that woke up without its time, before 2026, has said nothing.
    """
    return [
        camera
        for camera in cameras
        if camera.last_contact_at is not None
        and camera.clock_offset_us is not None
        and now - RECENT <= camera.last_contact_at <= now
        and camera.last_contact_at + camera.clock_offset_us >= EARLIEST
    ]


def doubted(cameras: Iterable[Camera], *, now: int, server_now: int | None = None) -> Doubt | None:
    """Return how far a clock that says `now` is ahead of most of the cameras that called lately; None if it is not.

    Nor is it by no more than `MOST_AHEAD`. Where no camera called, the clock of the database's server counts: many collectors
    share it, and cameras may all call another one.
    """
    called = called_lately(cameras, now=now)
    if not called:
        by = 0 if server_now is None else now - server_now
        return Doubt(by) if by > MOST_AHEAD else None
    say_so = sorted((camera for camera in called if _ahead_of(camera) > MOST_AHEAD), key=_ahead_of)
    if 2 * len(say_so) <= len(called):
        return None
    return Doubt(_ahead_of(say_so[(len(say_so) - 1) // 2]), say_so, len(called))


def held(doubt: Doubt, *, sites: Collection[str] | None = None) -> str:
    """Return in words that nothing is purged, and who says so: cameras of other sites than these (None: all) by their number.

    >>> held(Doubt(49 * HOUR))
    "nothing is purged: the database's server says that this machine's clock is 49 h ahead; what it takes too early never comes back"
    """
    return f"{HELD}{_who(doubt, sites)} that this machine's clock is {doubt.by // HOUR:,} h ahead; what it takes too early never comes back"


def _ahead_of(camera: Camera) -> int:
    return -(camera.clock_offset_us or 0)


def _who(doubt: Doubt, sites: Collection[str] | None) -> str:
    if not doubt.called:
        return "the database's server says"
    seen = sorted((camera.site, camera.name) for camera in doubt.cameras if sites is None or camera.site in sites)
    names = [f"{name} of {site}" for site, name in seen[:MOST_NAMED]]
    left = len(doubt.cameras) - len(names)
    named = f" ({', '.join(names)}{f' and {left:,} more' if left else ''})" if names else ""
    if doubt.called == 1:
        return f"the one camera that called lately{named} says"
    return f"{len(doubt.cameras):,} of {doubt.called:,} cameras that called lately{named} say"
