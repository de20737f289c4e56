"""What the line on top says about the cameras, and when the page asks again: pure modules, inside the browser."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.browser.conftest import Call
from tests.browser.spelling import SPACE
from tests.browser.test_format import NOW, instant

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LATER = instant("2027-01-01T00:00:00+00:00")


def camera(name: str, state: str = "Up", *, watermark: str | None = "11:40", pending: int | None = 0) -> dict[str, Any]:
    """A row of /api/cameras/; the watermark is a time of the day in UTC."""
    reach = watermark and f"2026-01-15T{watermark}:59.999999Z"
    return {"camera": name, "site": "default", "state": state, "watermark": reach, "pending": pending}


CASES = {
    "nobody": ([], "unknown", "No camera has reported yet.", ""),
    "known, never called": (
        [camera("cam-01", "New", watermark=None, pending=None)],
        "unknown",
        "No camera has reported yet.",
        "1 camera known, none has called.",
    ),
    "all paused": (
        [camera("cam-01", "Paused")],
        "unknown",
        "No camera is being watched.",
        "All that have reported are paused.",
    ),
    "one": ([camera("cam-01")], "good", "The camera is up to date.", "All in up to 13:40."),
    "the least watermark counts": (
        [camera("cam-01", watermark="11:41"), camera("cam-02", watermark="11:40")],
        "good",
        "All 2 cameras are up to date.",
        "All in up to 13:40.",
    ),
    "new and paused do not count": (
        [
            camera("cam-01"),
            camera("cam-02", "New", watermark=None),
            camera("cam-03", "Paused", watermark="03:00"),
        ],
        "good",
        "The camera is up to date.",
        "All in up to 13:40. cam-02 has never called.",
    ),
    "one late": (
        [camera("cam-01"), camera("cam-02"), camera("cam-03", "Late", watermark="10:58", pending=1204)],
        "behind",
        "1 of 3 cameras is behind.",
        "All in up to 13:40, except cam-03: nothing after 12:58, 1,204 events waiting there.",
    ),
    "one down without a watermark": (
        [camera("cam-01"), camera("cam-02", "Down", watermark=None, pending=1)],
        "behind",
        "1 of 2 cameras is behind.",
        "All in up to 13:40, except cam-02: has not said how far it is, 1 event waiting there.",
    ),
    "the only one is late": (
        [camera("cam-01", "Late", watermark="10:58")],
        "behind",
        "The camera is behind.",
        "cam-01: nothing after 12:58.",
    ),
    "more than a sentence can hold": (
        [camera("cam-01"), *(camera(f"cam-1{n}", "Down", watermark="10:00") for n in range(5))],
        "behind",
        "5 of 6 cameras are behind.",
        "All in up to 13:40, except cam-10: nothing after 12:00; cam-11: nothing after 12:00; "
        "cam-12: nothing after 12:00; and 2 more.",
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_the_verdict_follows_from_the_cameras(call: Call, case: str) -> None:
    """The line names how far everything is in, and who is missing; it never says more than the watermarks do."""
    cameras, level, headline, detail = CASES[case]

    verdict = await call("freshness.js", "judge", cameras, {"now": NOW})

    expected = {"level": level, "headline": headline, "detail": detail}
    assert expected == {key: text.replace(SPACE, " ") for key, text in verdict.items()}


@pytest.mark.parametrize(
    ("until", "level"),
    [
        ("2026-01-15T10:58:00+00:00", "good"),
        ("2026-01-15T10:59:00+00:00", "good"),
        ("2026-01-15T11:00:00+00:00", "behind"),
    ],
)
async def test_a_window_that_every_camera_has_passed_is_complete(call: Call, until: str, level: str) -> None:
    """A camera that is late today does not make yesterday doubtful."""
    cameras = [camera("cam-01"), camera("cam-02", "Late", watermark="10:59")]

    verdict = await call("freshness.js", "judge", cameras, {"now": NOW, "until": instant(until)})

    assert level == verdict["level"]


async def test_the_page_asks_more_seldom_when_hidden_or_unanswered(call: Call) -> None:
    """Three seconds while somebody looks, a minute in a hidden tab, doubling to a minute after failures."""
    seen = [await call("polling.js", "pause", {"failures": failures, "hidden": False}) for failures in range(9)]
    hidden = await call("polling.js", "pause", {"failures": 0, "hidden": True})

    assert ([3, 3, 6, 12, 24, 48, 60, 60, 60], 60) == ([wait / 1000 for wait in seen], hidden / 1000)


@pytest.mark.parametrize(
    ("search", "query"),
    [
        ("", ""),
        ("?utm=1", ""),
        ("?to=2026-01-15T15:00:00%2B02:00&site=haifa&x=1", "?site=haifa&to=2026-01-15T15%3A00%3A00%2B02%3A00"),
        ("?site=", "?site="),
    ],
)
async def test_the_page_passes_on_its_window_and_nothing_else(call: Call, search: str, query: str) -> None:
    """Site, from and to go to the metrics routes as they came; a mistake in them is the collector's to explain."""
    passed = [await call("api.js", "metricsQuery", search, clock) for clock in ({}, {"now": LATER})]

    assert [query, query] == passed


@pytest.mark.parametrize(
    ("search", "end"),
    [
        ("?from=2026-01-15T07:00:00Z&to=2026-01-15T15:00:00Z", NOW),
        ("?to=2026-01-15T13:00:00 02:00", "2026-01-15T13:00:00 02:00"),
        ("?to=2026-01-15t15:00:00z", NOW),
        ("?from=2026-01-15T13:00:00 02:00&to=2026-01-15T15:00:00 01:00", NOW),
        ("?from=2026-01-15T12:00:00Z&to=2026-01-15T15:00:00Z", "2026-01-15T15:00:00Z"),
        ("?from=yesterday&to=2026-01-15T15:00:00Z", "2026-01-15T15:00:00Z"),
        ("?to=tomorrow", "tomorrow"),
        ("?from=2026-01-15T07:00:00Z", None),
    ],
)
async def test_a_window_that_goes_on_ends_now(call: Call, search: str, end: int | str | None) -> None:
    """What has not happened yet is no time without data; a window that has not begun, or makes no sense, stays as it is."""
    passed = parse_qs((await call("api.js", "metricsQuery", search, {"now": NOW})).lstrip("?"))

    expected = "2026-01-15T11:42:30.000Z" if end == NOW else end

    assert expected == passed.get("to", [None])[0]


@pytest.mark.parametrize(
    ("search", "window"),
    [
        ("", {"from": None, "to": None}),
        ("?from=2026-01-15T13:42:30%2B02:00", {"from": NOW, "to": None}),
        ("?from=2026-01-15T13:42:30+02:00", {"from": NOW, "to": None}),
        ("?to=2026-01-15t11:42:30.0000000z", {"from": None, "to": NOW}),
        ("?from=soon&to=", {"from": "soon", "to": ""}),
    ],
)
async def test_the_page_reads_its_window_as_the_collector_does(
    call: Call, search: str, window: dict[str, int | str | None]
) -> None:
    """A plus that was not escaped arrives as a space and is put back; what is no instant is never taken for no window."""

    assert window == await call("asked.js", "askedWindow", search)
