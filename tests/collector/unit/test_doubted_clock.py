"""Whether a purge may go by a clock: who is heard, who has to doubt it, and how that is told."""

import pytest

from collector.metrics.doubted_clock import MOST_AHEAD, MOST_NAMED, RECENT, Doubt, doubted, held
from collector.records import Camera
from shared.instants import HOUR, MINUTE, parse_instant
from tests.support.collector import at

NOON = at("12:00")


def camera(
    offset: int | None, *, ago: int | None = MINUTE, name: str = "C", site: str = "A", now: int = NOON
) -> Camera:
    """Return a camera that called so long ago, by its clock so much later than ours."""
    return Camera(site, name, None, None if ago is None else now - ago, 0, None, offset, "0", 0)


def by_of(doubt: Doubt | None) -> int | None:
    """How far ahead; None: not in doubt."""
    return None if doubt is None else doubt.by


@pytest.mark.parametrize(
    ("cameras", "by"),
    [
        ([], None),
        ([camera(-9 * HOUR, ago=None)], None),
        ([camera(-9 * HOUR, ago=RECENT + 1)], None),
        ([camera(-9 * HOUR, ago=-1)], None),
        ([camera(None)], None),
        ([camera(-9 * HOUR)], 9 * HOUR),
        ([camera(-9 * HOUR, ago=RECENT)], 9 * HOUR),
        ([camera(-MOST_AHEAD)], None),
        ([camera(9 * HOUR)], None),
        ([camera(-9 * HOUR), camera(0)], None),
        ([camera(-9 * HOUR), camera(-7 * HOUR)], 7 * HOUR),
        ([camera(-9 * HOUR), camera(0), camera(-8 * HOUR)], 8 * HOUR),
        ([camera(-9 * HOUR), camera(0), camera(-8 * HOUR), camera(-MOST_AHEAD)], None),
        ([camera(-9 * HOUR), *[camera(0)] * 40], None),
        ([camera(-9 * HOUR), camera(0, ago=RECENT + 1)], 9 * HOUR),
    ],
)
def test_a_clock_is_doubted_if_most_cameras_that_called_lately_say_so(cameras: list[Camera], by: int | None) -> None:
    """Half of them that agree with it are enough to go by it; those that have not called say nothing."""
    assert by == by_of(doubted(cameras, now=NOON))


@pytest.mark.parametrize(("woke_up_at", "by"), [("1970-01-01", None), ("2025-12-31", None), ("2026-01-01", 348 * HOUR)])
def test_a_camera_that_woke_up_without_its_time_says_nothing_of_another_clock(woke_up_at: str, by: int | None) -> None:
    """By the year: none of this program ran before 2026."""
    said = camera(parse_instant(f"{woke_up_at}T00:00:00Z") - NOON, ago=0)

    assert by == by_of(doubted([said], now=NOON))


@pytest.mark.parametrize(
    ("cameras", "server_ahead", "by"),
    [
        ([], None, None),
        ([], -MOST_AHEAD, None),
        ([], -MOST_AHEAD - 1, MOST_AHEAD + 1),
        ([], 9 * HOUR, None),
        ([camera(0)], -9 * HOUR, None),
        ([camera(-3 * HOUR)], 0, 3 * HOUR),
        ([camera(0, ago=365 * 24 * HOUR)], -365 * 24 * HOUR, 365 * 24 * HOUR),
    ],
)
def test_where_no_camera_called_the_clock_of_the_server_counts(
    cameras: list[Camera], server_ahead: int | None, by: int | None
) -> None:
    """As at a collector whose clock is a year ahead while all cameras call another one."""
    server_now = None if server_ahead is None else NOON + server_ahead

    assert by == by_of(doubted(cameras, now=NOON, server_now=server_now))


def test_it_is_told_who_doubts_it() -> None:
    """By name where the site may be seen, the others by their number; no more names than somebody looks at."""
    slow = [camera(-3 * HOUR, name=f"N{number}", site="north") for number in range(2)]
    one, three = doubted(slow[:1], now=NOON), doubted([*slow, camera(0, site="south")], now=NOON)
    many = doubted([camera(-HOUR * 3, name=f"C{number}") for number in range(MOST_NAMED + 2)], now=NOON)
    assert one is not None
    assert three is not None
    assert many is not None

    assert (
        "nothing is purged: the one camera that called lately (N0 of north) says that this machine's clock is 3 h"
        in held(one)
    )
    assert "purged: 2 of 3 cameras that called lately (N0 of north, N1 of north) say that" in held(three)
    assert "purged: 2 of 3 cameras that called lately say that" in held(three, sites=["south"])
    assert "7 of 7 cameras that called lately (C0 of A, C1 of A, C2 of A, C3 of A, C4 of A and 2 more) say" in held(
        many
    )
