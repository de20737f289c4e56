"""When everything is in, and which cameras are named when more are behind or lack something than a page can hold."""

from dataclasses import replace

import pytest

from collector.metrics.completeness import Behind, Completeness, completeness, furthest_behind, lacking_most
from collector.records import Camera
from shared.instants import MINUTE, SECOND

NOW = 60 * MINUTE


def behind(name: str, watermark: int | None) -> Behind:
    """Return a camera that is behind."""
    return Behind(Camera("default", name, watermark, 0, 0, None, None, None, 0), "Late")


@pytest.mark.parametrize(
    ("most", "names"),
    [(0, ""), (1, "b"), (2, "bc"), (3, "bcd"), (4, "abcd"), (5, "abcd")],
)
def test_those_that_hold_up_the_numbers_most_are_named(most: int, names: str) -> None:
    """In the order of their names; one that has not said how far it is has delivered least."""
    late = [behind("a", 30), behind("b", None), behind("c", 10), behind("d", 20)]

    assert list(names) == [one.camera.name for one in furthest_behind(late, most)]


def up(name: str, missing: int, *, reached: int = NOW) -> Camera:
    """Return a camera that has just called."""
    return Camera("default", name, reached, NOW, 0, None, None, None, missing)


def judged(*cameras: Camera) -> Completeness:
    """Return what is said of cameras now."""
    return completeness(cameras, now=NOW, heartbeat=15 * SECOND)


def test_numbers_that_never_arrived_make_nothing_complete() -> None:
    """Though every camera is up to date; it is said of which they are missing, and of paused ones nothing is."""
    whole = judged(up("a", 0), replace(up("b", 7), is_paused=1))
    lacks = judged(up("a", 2), up("b", 0), up("c", 3), replace(up("d", 1), last_contact_at=None))

    assert (True, 0) == (whole.is_current, whole.missing)
    assert (False, 6, ["a", "c", "d"]) == (lacks.is_current, lacks.missing, [camera.name for camera in lacks.lacking])
    assert (NOW, []) == (lacks.complete_through, lacks.behind)


def test_those_of_which_most_is_missing_are_named() -> None:
    """In the order of their names."""
    lacking = [up("a", 1), up("b", 9), up("c", 5)]

    assert ["b", "c"] == [camera.name for camera in lacking_most(lacking, 2)]


def test_nobody_vouches_for_more_than_the_furthest_camera() -> None:
    """Be it the only one that is not paused; without a watermark for nothing."""
    paused = replace(up("c", 0), is_paused=1)

    assert NOW - 5 == judged(up("a", 0, reached=NOW - 9), up("b", 0, reached=NOW - 5), paused).reached
    assert judged(paused, replace(up("a", 0), watermark=None)).reached is None


@pytest.mark.parametrize(
    ("cameras", "is_silent"),
    [
        ([], False),
        ([up("a", 0, reached=NOW - 2 * MINUTE)], False),
        ([up("a", 0, reached=NOW - 2 * MINUTE - 1)], True),
        ([up("a", 0, reached=NOW - 9 * MINUTE), up("b", 0)], False),
        ([up("a", 0, reached=NOW - 9 * MINUTE), replace(up("b", 0), is_paused=1)], True),
        ([replace(up("a", 0), watermark=None)], True),
        ([replace(up("a", 0), last_contact_at=None)], False),
    ],
    ids=["none", "just not", "one", "another vouches", "but one that is paused", "never said", "never called"],
)
def test_all_are_silent_when_nobody_vouches_for_the_last_two_minutes(cameras: list[Camera], is_silent: bool) -> None:
    """As of each single camera then (decision 0014); where none counts, there is none to be silent."""

    assert is_silent == judged(*cameras).is_silent
