"""How much of a worker's time anybody saw, for the eye: no number changes by it.

A state is drawn up to the watermark of the camera that told it, for behind that nobody has watched yet: what the numbers count
there, up to a sighting that was sent ahead or by assumption, is left to the hatching. Before that it is drawn like time that is
assumed where that camera did not watch, as while its agent was off. Of the time before a camera watched for the first time
(imported, or older than its agent) nobody can say so, and it stays. So does what no camera told.

    told by C1    |============ working ============|== assumed ==|
    C1 watched    |=========|         |=======| watermark
    drawn         |== solid =|- paler -|= solid |
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from collector.measures import Histories, Stretches, Watched
from collector.metrics.drawing import Stroke, Told, shortest
from collector.metrics.timeline import Unseen, watermarks_of
from collector.metrics.watch import Watch
from collector.metrics.windows import Window

Unwatched = Mapping[str, Stretches]
"""By camera: when it did not watch; of one that always did there is nothing."""


class Sight(NamedTuple):
    """What the cameras of a site did not see of a window."""

    gaps: Unwatched
    """Breaks that are long enough to be drawn."""
    unseen: Unseen
    """All of it, and what they have not told of yet."""


CLEAR = Sight({}, {})
_START, _END, _CAMERA = itemgetter(0), itemgetter(1), itemgetter(3)
_SHOWN = itemgetter(0, 1, 2)
_EVER = 2**62


def unwatched(
    watched: Watched,
    *,
    before: Collection[str],
    watermarks: Mapping[str, int],
    window: tuple[int, int],
) -> Unwatched:
    """Return when the cameras of a site did not watch within a window, since they first did and up to their watermarks.

    `before` are those that had watched before the window.

    >>> minutes = [60_000_000 * minute for minute in range(60)]
    >>> unwatched(
    ...     {"C1": [(minutes[0], minutes[10]), (minutes[20], minutes[30])], "C2": [(minutes[20], minutes[30])]},
    ...     before={"C3"}, watermarks=dict.fromkeys(["C1", "C2", "C3"], minutes[30]), window=(0, minutes[40]),
    ... )
    {'C1': [(600000000, 1200000000)], 'C3': [(0, 1800000000)]}
    """
    start, end = window
    result: dict[str, Stretches] = {}
    for camera in sorted({*watched, *before}):
        stretches = watched.get(camera, ())
        since = start if camera in before else stretches[0][0]
        reach = min(end, watermarks.get(camera, start))
        ends, begins = [since, *map(itemgetter(1), stretches)], [*map(itemgetter(0), stretches), reach]
        gaps = [gap for gap in zip(ends, begins, strict=True) if gap[0] < gap[1]]
        if gaps:
            result[camera] = gaps
    return result


def sight(
    watched: Watched, *, before: Collection[str], watermarks: Mapping[str, int], window: tuple[int, int]
) -> Sight:
    """Return what the cameras of a site did not see of a window; `before` are those that had watched before it.

    Breaks that are too short to be seen are not drawn.
    """
    gaps = unwatched(watched, before=before, watermarks=watermarks, window=window)
    least = shortest(*window)
    long_enough = {camera: [gap for gap in of if gap[1] - gap[0] >= least] for camera, of in gaps.items()}
    unseen = {camera: Watch({camera: [*gaps.get(camera, ()), (at, _EVER)]}) for camera, at in watermarks.items()}
    return Sight({camera: of for camera, of in long_enough.items() if of}, unseen)


def unseen_of(told: Histories, site: str, *, window: Window) -> Unseen:
    """Return what the cameras of a site did not see of a window, by what was read of one worker."""
    closed = (-_EVER if window.start is None else window.start, _EVER if window.end is None else window.end)
    watermarks = watermarks_of(told.cameras, site=site)
    before = told.watched_before.get(site, ())
    return sight(told.watched.get(site, {}), before=before, watermarks=watermarks, window=closed).unseen


def unwatched_time(of: Sequence[Told], *, window: tuple[int, int], since: int | None, unseen: Unseen) -> int:
    """Return how much of a worker's observed time no camera watched, or has told of yet: within a window, and from `since` on."""
    first, last = window
    first = first if since is None else max(first, since)
    if first >= last:
        return 0
    return sum(
        unseen[camera].within(max(since, first), min(until, last))
        for since, until, look, camera in of[bisect_right(of, first, key=_END) : bisect_left(of, last, key=_START)]
        if camera is not None and camera in unseen and not look[2]
    )


def drawn(of: Sequence[Told], *, last_at: int, watermarks: Mapping[str, int], gaps: Unwatched) -> list[Stroke]:
    """Return a worker's time as it is drawn; `last_at` is the last sighting of all.

    A camera that never said how far it is vouches for what was seen, and for nothing behind it.
    """
    cameras = {*map(_CAMERA, of)}
    reach = min((watermarks.get(camera, last_at) for camera in cameras if camera is not None), default=None)
    vouched = of if reach is None else _vouched(of, reach, last_at=last_at, watermarks=watermarks)
    of_these = [gaps[camera] for camera in cameras if camera in gaps]
    if not of_these:
        return [*map(_SHOWN, vouched)]
    first = bisect_right(vouched, min(of[0][0] for of in of_these), key=_END)
    behind = bisect_left(vouched, max(of[-1][1] for of in of_these), key=_START)
    within = [stroke for told in vouched[first:behind] for stroke in _paler(told, gaps.get(told[3] or "", ()))]
    return [*map(_SHOWN, vouched[:first]), *within, *map(_SHOWN, vouched[behind:])]


def _vouched(of: Sequence[Told], reach: int, *, last_at: int, watermarks: Mapping[str, int]) -> Sequence[Told]:
    """Return the time that cameras vouch for: what ends at the least of their watermarks, `reach`, needs no look."""
    sure = bisect_right(of, reach, key=_END)
    more = [
        (start, end if camera is None else min(end, watermarks.get(camera, last_at)), look, camera)
        for start, end, look, camera in of[sure:]
    ]
    return [*of[:sure], *(told for told in more if told[0] < told[1])]


def _paler(told: Told, gaps: Stretches) -> Iterator[Stroke]:
    """Yield a piece of time with what its camera did not watch of it like time that is assumed."""
    start, end, look, _ = told
    assumed = (look[0], look[1], True)
    for number in range(bisect_right(gaps, start, key=_END), len(gaps)):
        since, until = max(start, gaps[number][0]), min(end, gaps[number][1])
        if since >= end:
            break
        if start < since:
            yield start, since, look
        yield since, until, assumed
        start = until
    if start < end:
        yield start, end, look
