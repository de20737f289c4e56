"""How much of a window in which nobody was seen was watched, and by how many cameras."""

import pytest

from collector.metrics.emptiness import WatchKept, watch_kept
from collector.metrics.windows import Window
from shared.instants import HOUR, MINUTE

SHIFT = Window(8 * HOUR, 16 * HOUR)
Stretches = list[tuple[int, int]]
ALL = [(8 * HOUR, 16 * HOUR)]


@pytest.mark.parametrize(
    ("stretches", "throughout", "partly"),
    [
        ([], 0, 0),
        (ALL, 1, 0),
        ([(8 * HOUR, 12 * HOUR), (12 * HOUR + 2 * MINUTE, 16 * HOUR)], 1, 0),
        ([(8 * HOUR, 12 * HOUR), (12 * HOUR + 2 * MINUTE + 1, 16 * HOUR)], 0, 1),
        ([(8 * HOUR, 12 * HOUR), (12 * HOUR + MINUTE, 16 * HOUR - MINUTE - 1)], 0, 1),
        ([(15 * HOUR, 15 * HOUR + 1)], 0, 1),
    ],
    ids=["nothing", "all", "but for a restart", "but for more", "but for several that are more", "a moment"],
)
def test_who_watched_all_but_two_minutes_watched_throughout(stretches: Stretches, throughout: int, partly: int) -> None:
    """In all, not at once."""
    found = watch_kept({"north": {"C1": stretches}}, window=SHIFT, expected=[("north", "C1")])

    assert WatchKept(1, throughout, partly) == found


def test_cameras_of_one_name_at_two_sites_are_two() -> None:
    """One that is paused by now and watched then counts as well."""
    watched = {"north": {"C1": ALL}, "south": {"C1": ALL[:1], "C2": [(9 * HOUR, 10 * HOUR)]}}

    assert WatchKept(4, 2, 1) == watch_kept(watched, window=SHIFT, expected=[("north", "C1"), ("north", "C9")])


@pytest.mark.parametrize(("length", "throughout"), [(4 * MINUTE, 1), (4 * MINUTE - 1, 0)])
def test_of_a_short_window_a_quarter_may_be_missing(length: int, throughout: int) -> None:
    """Else a minute of which nobody saw anything would have been watched throughout."""
    found = watch_kept({"north": {"C1": [(0, length * 3 // 4)]}}, window=Window(0, 4 * MINUTE), expected=[])

    assert throughout == found.throughout


def test_nobody_watched_all_of_what_has_no_begin() -> None:
    """There was a time before the first camera."""

    assert WatchKept(1, 0, 1) == watch_kept({"north": {"C1": ALL}}, window=Window(None, 16 * HOUR), expected=[])
