"""How numbers and times are spelled: format.js, inside the browser that will run it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.browser import spelling
from tests.browser.conftest import Call

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def instant(text: str) -> int:
    """Milliseconds since 1970."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


NOW = instant("2026-01-15T11:42:30+00:00")  # 13:42:30 in Jerusalem
DAY = 86_400_000
MINUTE_US = 60_000_000
ZONE = "Asia/Jerusalem"
HERE = {"now": NOW, "zone": ZONE}
SPELLED = [
    ("words", ["W1"], "W1"),
    ("words", [None], "–"),
    ("apart", ["cam-1 é 摄"], "cam-1 é 摄"),
    ("apart", ["cam מצלמה 1"], "\u2068cam מצלמה 1\u2069"),
    ("apart", ["𐤀𐤁"], "\u2068𐤀𐤁\u2069"),
    ("count", [0], "0"),
    ("count", [999], "999"),
    ("count", [1204], "1,204"),
    ("count", [12_345_678], "12,345,678"),
    ("count", [-1204], "-1,204"),
    ("count", [None], "–"),
    ("rate", [26.38], "26.38"),
    ("rate", [6], "6.00"),
    ("rate", [1204.5], "1,204.50"),
    ("rate", [1_204_567.25], "1,204,567.25"),
    ("percent", [66.65], "66.65 %"),
    ("percent", [None], "–"),
    ("plural", [1, "event"], "1 event"),
    ("plural", [1204, "event"], "1,204 events"),
    ("workers", [0], "0 workers"),
    ("duration", [None], "–"),
    ("duration", [0], "0:00"),
    ("duration", [MINUTE_US - 1], "0:00"),
    ("duration", [60 * MINUTE_US - 1], "0:59"),
    ("duration", [60 * MINUTE_US], "1:00"),
    ("duration", [(60 * 1204 + 5) * MINUTE_US], "1,204:05"),
    ("durationSeconds", [61 * MINUTE_US + 59_999_999], "1:01:59"),
    ("span", [-5], "0 s"),
    ("span", [59_999], "59 s"),
    ("span", [3 * 60_000 + 59_000], "3 min"),
    ("span", [47 * 3_600_000], "47 h"),
    ("span", [48 * 3_600_000], "2 days"),
    ("ago", [NOW - 180_000, NOW], "3 min ago"),
    ("ago", [NOW + 9_000, NOW], "0 s ago"),
    ("ago", [None, NOW], "–"),
    ("clockTime", [NOW, HERE], "13:42"),
    ("clockTime", [NOW + 29_999, HERE], "13:42"),
    ("clockTime", [NOW - DAY, HERE], "Wed 14 Jan 13:42"),
    ("clockTime", [NOW - 365 * DAY, HERE], "Wed 15 Jan 2025 13:42"),
    ("clockTime", [instant("2026-01-15T22:30:00+00:00"), HERE], "Fri 16 Jan 00:30"),
    ("clockTime", [NOW, {"now": NOW, "zone": "America/New_York"}], "06:42"),
    ("clockTime", [None, HERE], "–"),
    ("clockSeconds", [NOW, ZONE], "13:42:30"),
    ("dayAndSeconds", [NOW, HERE], "Thu 15 Jan 13:42:30"),
    ("zoneName", [NOW, ZONE], "Asia/Jerusalem, UTC+2"),
    ("zoneName", [NOW, "Australia/Adelaide"], "Australia/Adelaide, UTC+10:30"),
    ("zoneName", [NOW, "America/New_York"], "America/New_York, UTC−5"),
    ("zoneName", [NOW, "UTC"], "UTC"),
    ("period", [{"from": None, "to": None}, HERE], "Everything so far"),
    ("period", [{"from": NOW, "to": None}, HERE], "Since Thu 15 Jan 13:42"),
    ("period", [{"from": None, "to": NOW}, HERE], "Until Thu 15 Jan 13:42"),
    ("period", [{"from": NOW, "to": NOW + 60_000}, HERE], "Thu 15 Jan 13:42–13:43"),
    ("period", [{"from": NOW - DAY, "to": NOW}, HERE], "Wed 14 Jan 13:42 – Thu 15 Jan 13:42"),
    (
        "period",
        [{"from": instant("2026-01-15T00:00:00+02:00"), "to": instant("2026-01-16T00:00:00+02:00")}, HERE],
        "Thu 15 Jan",
    ),
    (
        "period",
        [{"from": instant("2026-01-11T00:00:00+02:00"), "to": instant("2026-01-18T00:00:00+02:00")}, HERE],
        "Sun 11 Jan – Sat 17 Jan",
    ),
    (
        "period",
        [{"from": instant("2026-01-15T22:00:00+02:00"), "to": instant("2026-01-16T06:00:00+02:00")}, HERE],
        "Thu 15 Jan 22:00 – Fri 16 Jan 06:00",
    ),
]


@pytest.mark.parametrize(("name", "values", "text"), SPELLED)
async def test_a_value_is_spelled_as_the_table_says(call: Call, name: str, values: list[Any], text: str) -> None:
    """A number has its unit, a missing one is a dash, a time is cut to the minute and has its day where needed."""
    spelled = await call("format.js", name, *values)

    assert text == spelled.replace(spelling.SPACE, " ")


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T00:00:01.5Z", 1_500_000),
        ("1970-01-01T00:00:01.000001Z", 1_000_001),
        ("2026-01-15T11:42:30.999999Z", NOW * 1000 + 999_999),
    ],
)
async def test_an_instant_keeps_its_microseconds(call: Call, text: str, microseconds: int) -> None:
    """A browser's own dates end at the millisecond, and a length taken from them may be a second off."""

    assert microseconds == await call("format.js", "microseconds", text)


@pytest.mark.parametrize("name", ["rate", "percent"])
async def test_the_page_rounds_nothing_again(call: Call, name: str) -> None:
    """Every value with two decimals is shown as written, not as its binary neighbour."""
    hundredths = [*range(5, 1000, 10), *range(6600, 6650), 99_994, 99_995, 12_345_675]
    spell = getattr(spelling, name)

    spelled = [await call("format.js", name, value / 100) for value in hundredths]

    assert [spell(Decimal(value) / 100) for value in hundredths] == spelled


HERE_NOW = {"average_utilization_percent": 66.67, "active_workers": 3}
TRENDS = [
    (HERE_NOW, {"average_utilization_percent": 50, "active_workers": 1}, "▲ a week before 50.00 %, 1 worker"),
    (HERE_NOW, {"average_utilization_percent": 66.68, "active_workers": 12}, "▼ a week before 66.68 %, 12 workers"),
    (HERE_NOW, HERE_NOW, "= a week before 66.67 %, 3 workers"),
    (HERE_NOW, {"average_utilization_percent": 0, "active_workers": 0}, "no work on record a week before"),
    (HERE_NOW, {"average_utilization_percent": None, "active_workers": None}, ""),
    ({"average_utilization_percent": None, "active_workers": None}, HERE_NOW, ""),
    (HERE_NOW, None, ""),
]


@pytest.mark.parametrize(("here", "there", "text"), TRENDS)
async def test_a_trend_says_what_was_and_what_became_of_it(call: Call, here: Any, there: Any, text: str) -> None:
    """Nothing is said where either mean is not known, and no work is not the same as no data."""
    assert text == (await call("trend.js", "trendText", here, there)).replace(spelling.SPACE, " ")


@pytest.mark.parametrize(
    ("now", "before", "zone"),
    [
        ("2026-01-15T07:00:00+02:00", "2026-01-08T07:00:00+02:00", ZONE),
        ("2026-03-30T06:00:00+02:00", "2026-03-23T06:00:00+01:00", "Europe/Berlin"),
        ("2026-10-26T06:00:00+01:00", "2026-10-19T06:00:00+02:00", "Europe/Berlin"),
    ],
)
async def test_a_week_before_is_by_the_same_clock(call: Call, now: str, before: str, zone: str) -> None:
    """Also over a night in which clocks are set: a shift is compared with the shift, not with an hour beside it."""
    assert instant(before) == await call("trend.js", "weekBefore", instant(now), zone)
