"""When each camera watched, as it is drawn on the page of cameras. For the eye alone; no sum is taken from it."""

from collections.abc import Sequence
from typing import Any

from collector.measures import Measure
from collector.metrics.drawing import shortest
from collector.metrics.windows import Window
from shared.instants import SECOND

MOST_WATCHES = 500
"""Cameras of which a page draws when they watched."""


def watch_rows(measure: Measure, *, window: Window) -> list[dict[str, Any]]:
    """Return when each camera watched within a closed window, to be drawn: at most 500 cameras.

    Breaks shorter than 1/800 of the window, and than a second, are no breaks to the eye; the time beside is exact.
    """
    if window.start is None or window.end is None:
        return []
    start = window.start
    least = shortest(start, window.end)
    cameras = [(site, name) for site, of_site in sorted(measure.watched.items()) for name in sorted(of_site)]
    return [
        {
            "site": site,
            "camera": name,
            "stretches": [
                ((first - start) // SECOND, -((first - last) // SECOND))
                for first, last in _joined(measure.watched[site][name], least=least)
            ],
            "watched_us": sum(last - first for first, last in measure.watched[site][name]),
        }
        for site, name in cameras[:MOST_WATCHES]
    ]


def _joined(stretches: Sequence[tuple[int, int]], *, least: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in stretches:
        if joined and first - joined[-1][1] < least:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined
