"""Why nothing is told of a window: nobody was there, or nobody looked.

"Nobody was seen" is news only where somebody watched. So where a window holds no time and no units, a page is told how many of
the cameras watched all of it, and how many a part:

    window       [------------)
    throughout   |==============|      C1
    partly            |====|           C2
    not at all                         C3 was not there yet, or was down

A camera that did not watch for two minutes in all, as it may while its agent is started anew, still watched throughout: that is
how far one may be behind without being Late. Of less than eight minutes it is a quarter.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from collector.measures import Watched
from collector.metrics.camera_states import LATE_BEHIND
from collector.metrics.windows import Window

Place = tuple[str, str]
"""Site and camera."""


class WatchKept(NamedTuple):
    """How many cameras watched a window, and how much of it."""

    cameras: int
    """Those that count, and others that watched."""
    throughout: int
    partly: int


def watch_kept(watched: Mapping[str, Watched], *, window: Window, expected: Iterable[Place]) -> WatchKept:
    """Return how a window was watched in which nothing happened; `watched` is by site, within the window.

    `expected` are the cameras from which something can be expected now. Of a window without a begin nobody watches all.

    >>> watched = {"north": {"C1": [(0, 600_000_000)], "C2": [(0, 300_000_000)]}}
    >>> watch_kept(watched, window=Window(0, 600_000_000), expected=[("north", "C1"), ("north", "C3")])
    WatchKept(cameras=3, throughout=1, partly=1)
    """
    lengths = {
        (site, name): sum(end - start for start, end in stretches)
        for site, of_site in watched.items()
        for name, stretches in of_site.items()
    }
    least = None if window.length is None else window.length - min(LATE_BEHIND, window.length // 4)
    seen = [length for length in lengths.values() if length > 0]
    throughout = sum(least is not None and length >= least for length in seen)
    return WatchKept(len({*expected, *lengths}), throughout, len(seen) - throughout)
