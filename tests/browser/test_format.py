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
SPELLED = [
    ("words", ["W1"], "W1"),
    ("words", [None], "–"),
    ("count", [0], "0"),
    ("count", [1204], "1,204"),
    ("count", [None], "–"),
    ("rate", [26.38], "26.38"),
    ("rate", [6], "6.00"),
    ("percent", [66.65], "66.65 %"),
    ("percent", [None], "–"),
    ("plural", [1, "event"], "1 event"),
    ("plural", [1204, "event"], "1,204 events"),
    ("workers", [0], "0 workers"),
    ("duration", [None], "–"),
    ("duration", [0], "0:00"),
    ("duration", [0.49], "0:00"),
    ("duration", [0.99], "0:00"),
    ("duration", [59.99], "0:59"),
    ("duration", [60], "1:00"),
    ("duration", [331.74], "5:31"),
    ("duration", [60 * 1204 + 5], "1,204:05"),
    ("span", [-5], "0 s"),
    ("span", [59_999], "59 s"),
    ("span", [3 * 60_000 + 59_000], "3 min"),
    ("span", [47 * 3_600_000], "47 h"),
    ("span", [48 * 3_600_000], "2 days"),
    ("ago", [NOW - 180_000, NOW], "3 min ago"),
    ("ago", [NOW + 9_000, NOW], "0 s ago"),
    ("ago", [None, NOW], "–"),
    ("clockTime", [NOW, {"now": NOW}], "13:42"),
    ("clockTime", [NOW + 29_999, {"now": NOW}], "13:42"),
    ("clockTime", [NOW - 24 * 3_600_000, {"now": NOW}], "14 Jan 13:42"),
    ("clockTime", [NOW - 365 * 24 * 3_600_000, {"now": NOW}], "15 Jan 2025 13:42"),
    ("clockTime", [instant("2026-01-15T22:30:00+00:00"), {"now": NOW}], "16 Jan 00:30"),
    ("clockTime", [NOW, {"now": NOW, "zone": "America/New_York"}], "06:42"),
    ("clockTime", [None, {"now": NOW}], "–"),
    ("clockSeconds", [NOW], "13:42:30"),
    ("zoneName", [NOW], "Asia/Jerusalem (UTC+2)"),
    ("zoneName", [NOW, "Australia/Adelaide"], "Australia/Adelaide (UTC+10:30)"),
    ("zoneName", [NOW, "UTC"], "UTC"),
    ("period", [{"from": None, "to": None}, {"now": NOW}], "Everything so far"),
    ("period", [{"from": NOW, "to": None}, {"now": NOW}], "Since 13:42"),
    ("period", [{"from": None, "to": NOW}, {"now": NOW}], "Until 13:42"),
    ("period", [{"from": "soon", "to": NOW}, {"now": NOW}], "soon – 13:42"),
    ("period", [{"from": None, "to": ""}, {"now": NOW}], "Until "),
    ("period", [{"from": NOW - 86_400_000, "to": NOW - 86_340_000}, {"now": NOW}], "14 Jan 13:42 – 13:43"),
    ("period", [{"from": NOW - 86_400_000, "to": NOW}, {"now": NOW}], "14 Jan 13:42 – 15 Jan 13:42"),
]


@pytest.mark.parametrize(("name", "values", "text"), SPELLED)
async def test_a_value_is_spelled_as_the_table_says(call: Call, name: str, values: list[Any], text: str) -> None:
    """A number has its unit, a missing one is a dash, a time is cut to the minute and has its day where needed."""
    spelled = await call("format.js", name, *values)

    assert text == spelled.replace(spelling.SPACE, " ")


@pytest.mark.parametrize("name", ["duration", "rate", "percent"])
async def test_the_page_rounds_nothing_again(call: Call, name: str) -> None:
    """Every value with two decimals is shown as written, not as its binary neighbour; of minutes only full ones are."""
    hundredths = [*range(5, 1000, 10), *range(6600, 6650), 99_994, 99_995, 12_345_675]
    spell = getattr(spelling, name)

    spelled = [await call("format.js", name, value / 100) for value in hundredths]

    assert [spell(Decimal(value) / 100) for value in hundredths] == spelled
