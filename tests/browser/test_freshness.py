"""What the line on top says about the cameras, and when the page asks again: pure modules, inside the browser."""

from typing import Any

import pytest

from tests.browser.conftest import Call
from tests.browser.spelling import SPACE
from tests.browser.test_format import NOW, ZONE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def at(clock: str | None) -> str | None:
    """The last microsecond before a time of the day in UTC, as watermarks are."""
    return clock and f"2026-01-15T{clock}:59.999999Z"


def behind(name: str, watermark: str | None, *, pending: int = 0) -> dict[str, Any]:
    """A camera that holds up the numbers."""
    return {"camera": name, "site": "default", "state": "Late", "watermark": at(watermark), "pending": pending}


def floor(cameras: int, *, through: str | None = "11:40", up: str | None = "11:40", **more: Any) -> dict[str, Any]:
    """What the floor says of its completeness."""
    said: dict[str, Any] = {"cameras": cameras, "complete_through": at(through), "up_through": at(up), "behind": []}
    said |= {"behind_left_out": 0, "never_called": 0, "lacking": [], "lacking_left_out": 0} | more
    said |= {"missing": sum(one["missing"] for one in said["lacking"]) + said["lacking_left_out"]}
    return said | {"is_current": cameras > 0 and not said["behind"] and not said["missing"]}


def lacking(name: str, missing: int) -> dict[str, Any]:
    """A camera of which something never arrived."""
    return {"camera": name, "site": "default", "missing": missing}


CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "nobody": (floor(0, through=None, up=None), "unknown", "No camera has reported yet.", ""),
    "known, never called": (
        floor(0, through=None, up=None, never_called=1),
        "unknown",
        "No camera has reported yet.",
        "1 camera known, none has called.",
    ),
    "one": (floor(1), "good", "The camera is up to date.", "All in up to 13:40."),
    "several": (floor(2), "good", "All 2 cameras are up to date.", "All in up to 13:40."),
    "a stranger": (
        floor(2, never_called=3),
        "good",
        "All 2 cameras are up to date.",
        "All in up to 13:40. 3 cameras never called.",
    ),
    "one late": (
        floor(3, through="10:58", behind=[behind("cam-03", "10:58", pending=1204)]),
        "behind",
        "Not complete yet: 1 of 3 cameras is behind.",
        "All in up to 13:40, except cam-03: nothing after 12:58, 1,204 events waiting there.",
    ),
    "names that read from the right": (
        floor(3, through="10:58", behind=[behind(name, "10:58", pending=4) for name in ("מצלמה", "كاميرا ١")]),
        "behind",
        "Not complete yet: 2 of 3 cameras are behind.",
        "All in up to 13:40, except \u2068מצלמה\u2069: nothing after 12:58, 4 events waiting there; "
        "\u2068كاميرا ١\u2069: nothing after 12:58, 4 events waiting there.",
    ),
    "one down without a watermark": (
        floor(2, through=None, behind=[behind("cam-02", None, pending=1)]),
        "behind",
        "Not complete yet: 1 of 2 cameras is behind.",
        "All in up to 13:40, except cam-02: has not said how far it is, 1 event waiting there.",
    ),
    "the only one is late": (
        floor(1, through="10:58", up=None, behind=[behind("cam-01", "10:58")]),
        "behind",
        "Not complete yet: the camera is behind.",
        "cam-01: nothing after 12:58.",
    ),
    "more than a sentence can hold": (
        floor(9, through="10:00", behind=[behind(f"cam-1{n}", "10:00") for n in range(5)], behind_left_out=2),
        "behind",
        "Not complete yet: 7 of 9 cameras are behind.",
        "All in up to 13:40, except cam-10: nothing after 12:00; cam-11: nothing after 12:00; "
        "cam-12: nothing after 12:00; and 4 more.",
    ),
    "up to date, and some never arrived": (
        floor(2, lacking=[lacking("cam-01", 1), lacking("cam-02", 1_203)]),
        "behind",
        "Not complete: 1,204 events never arrived.",
        "All else in up to 13:40. Never arrived: 1 event of cam-01; 1,203 events of cam-02.",
    ),
    "late, and some of others never arrived": (
        floor(3, through="10:58", behind=[behind("cam-03", "10:58")], lacking=[lacking("cam-01", 3)], never_called=1),
        "behind",
        "Not complete yet: 1 of 3 cameras is behind.",
        "All else in up to 13:40, except cam-03: nothing after 12:58. Never arrived: 3 events of cam-01. "
        "1 camera never called.",
    ),
    "nobody counts, and some never arrived": (
        floor(0, through=None, up=None, lacking=[lacking(f"cam-{n}", 1) for n in range(4)], lacking_left_out=1),
        "behind",
        "Not complete: 5 events never arrived.",
        "Never arrived: 1 event of cam-0; 1 event of cam-1; 1 event of cam-2; and 2 more.",
    ),
}


BRIEF = {
    "names that read from the right": (
        "All in up to 13:40, except \u2068מצלמה\u2069: nothing after 12:58, 4 events waiting there; and 1 more."
    ),
    "more than a sentence can hold": "All in up to 13:40, except cam-10: nothing after 12:00; and 6 more.",
    "up to date, and some never arrived": "All else in up to 13:40. Never arrived: 1 event of cam-01; and 1 more.",
    "nobody counts, and some never arrived": "Never arrived: 1 event of cam-0; and 4 more.",
}
"""What a phone says where that is less than a desk."""


@pytest.mark.parametrize("case", CASES)
async def test_the_verdict_follows_from_the_cameras(call: Call, case: str) -> None:
    """The line names how far everything is in, and who is missing; it never says more than the watermarks do."""
    completeness, level, headline, detail = CASES[case]

    verdict = await call("freshness.js", "judge", completeness, {"now": NOW, "zone": ZONE})

    expected = {"level": level, "headline": headline, "detail": detail, "brief": BRIEF.get(case, detail)}
    assert expected == {key: text.replace(SPACE, " ") for key, text in verdict.items()}


async def test_numbers_for_which_no_camera_vouches_are_told(call: Call) -> None:
    """What was imported is shown, and it is said that nobody knows whether it is all."""
    verdict = await call("freshness.js", "judge", floor(0), {"now": NOW, "zone": ZONE, "hasEvents": True})

    assert ("unknown", "No camera vouches for these numbers.") == (verdict["level"], verdict["headline"])


@pytest.mark.parametrize(("minutes_after_the_watermark", "level"), [(-1, "good"), (0, "good"), (1, "behind")])
async def test_a_window_that_every_camera_has_passed_is_complete(
    call: Call, minutes_after_the_watermark: int, level: str
) -> None:
    """A camera that is late today does not make yesterday doubtful."""
    completeness = floor(2, through="10:58", behind=[behind("cam-02", "10:58")])
    watermark = NOW - NOW % 3_600_000 - 60_000 - 1  # 10:58:59.999
    until = watermark + minutes_after_the_watermark * 60_000

    verdict = await call("freshness.js", "judge", completeness, {"now": NOW, "zone": ZONE, "until": until})

    assert level == verdict["level"]


async def test_a_window_of_the_past_is_not_complete_while_numbers_are_missing(call: Call) -> None:
    """What never arrived may be of any time, also of one that every camera has long passed."""
    through = {"now": NOW, "zone": ZONE, "until": NOW - 86_400_000}
    whole, not_whole = [
        await call("freshness.js", "judge", floor(2, lacking=some), through) for some in ([], [lacking("cam-01", 2)])
    ]

    assert ("good", "Complete.") == (whole["level"], whole["headline"])
    assert ("behind", f"Not complete: 2{SPACE}events never arrived.") == (not_whole["level"], not_whole["headline"])


SHIFT = {"from": NOW - 14_400_000, "to": NOW - 7_200_000, "until": NOW - 7_200_000, "now": NOW, "zone": ZONE}
WHEN = "Thu 15 Jan 09:42–11:42"
WATCHED: dict[tuple[int, int, int], str] = {
    (1, 1, 0): f"Nobody was seen, though the camera watched: {WHEN}.",
    (2, 2, 0): f"Nobody was seen, though all 2 cameras watched: {WHEN}.",
    (0, 0, 0): f"No camera reported anything: {WHEN}.",
    (2, 0, 0): f"No camera reported anything: {WHEN}. LATE",
    (4, 1, 2): f"Nobody was seen by the cameras that watched: {WHEN}. Of 4 cameras 1 watched all of it, "
    "2 watched a part of it, 1 watched nothing of it. LATE",
    (2, 0, 2): f"Nobody was seen by the cameras that watched: {WHEN}. Of 2 cameras 2 watched a part of it. LATE",
}


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("kept", WATCHED)
async def test_nobody_was_seen_is_said_only_where_somebody_looked(
    call: Call, kept: tuple[int, int, int], is_late: bool
) -> None:
    """Of all cameras, of some, or of none; a camera that still holds that time may know more."""
    watch = dict(zip(("cameras", "throughout", "partly"), kept, strict=True))
    through = floor(2, through="09:00" if is_late else "11:40")
    view = SHIFT | {"window": {"shift": None, "live": False}, "floor": {"watch_kept": watch, "completeness": through}}
    held = "What a camera still holds may change that." if is_late else ""

    text = await call("first_steps.js", "emptyText", view)

    assert WATCHED[kept].replace("LATE", held).strip() == text.replace(SPACE, " ")


READ = NOW - 60_000
REACHED = NOW - NOW % 3_600_000 - 60_000 - 1


@pytest.mark.parametrize(
    ("live", "is_silent", "reached", "read_at", "since", "known_until"),
    [
        (True, False, "11:40", False, "nothing", NOW),
        (True, False, "11:40", READ, READ, NOW),
        (True, False, "11:40", None, None, NOW),
        (True, True, "10:58", False, REACHED, REACHED),
        (True, True, "10:58", READ, REACHED, REACHED),
        (True, True, None, False, None, NOW),
        (False, True, "10:58", False, "nothing", NOW),
    ],
    ids=["all well", "collector away", "never there", "cameras silent", "both", "no camera ever said", "in the past"],
)
async def test_a_board_knows_nothing_since_its_cameras_or_the_collector_fell_silent(
    call: Call, live: bool, is_silent: bool, reached: str | None, read_at: Any, since: Any, known_until: int
) -> None:
    """Whatever fell silent earlier; a board of the past has nothing to expect of its cameras."""
    view = {"live": live, "until": NOW, "floor": {"completeness": {"is_silent": is_silent, "reached": at(reached)}}}
    outage = None if read_at is False else {"readAt": read_at}
    asked = {"view": view, "outage": outage}

    found = await call("silence.js", "noDataSince", asked)

    assert (None if since == "nothing" else since) == found
    assert known_until == await call("silence.js", "knownUntil", view)


async def test_the_page_asks_more_seldom_when_nobody_looks_or_answers(call: Call) -> None:
    """Three seconds in use, 15 while seen, a minute in a hidden tab; after failures doubling to a minute."""
    looks = [{"hidden": False, "used": True}, {"hidden": False, "used": False}, {"hidden": True, "used": True}]
    quiet = [await call("polling.js", "pause", {"failures": 0} | look) for look in looks]
    failing = [await call("polling.js", "pause", {"failures": failures} | looks[1]) for failures in range(1, 9)]

    assert ([3, 15, 60], [3, 6, 12, 24, 48, 60, 60, 60]) == ([ms / 1000 for ms in quiet], [ms / 1000 for ms in failing])
