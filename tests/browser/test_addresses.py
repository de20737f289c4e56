"""What stands in a page's address, and the site's clock: pure modules, inside the browser."""

from datetime import datetime
from itertools import pairwise
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest

from tests.browser.conftest import Call

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TAKEN_APART = """
text => {
    const url = new URL(text);
    return {pathname: url.pathname, search: url.search, asked: Object.fromEntries(url.searchParams)};
}
"""
ODD_IDS = ["W1", "<&\"'/ \\", "..", ".", "%2F", "a?b#c", "{a}", "a{b", "}", "👷🏽‍♀️ مرحبا", "+", "x" * 64]
WINDOW = {"from": "2026-01-15T05:00:00Z", "to": "2026-01-15T13:00:00Z", "until": "2026-01-15T11:42:00Z", "shift": None}


def ms(local: str, zone: str) -> int:
    """Milliseconds since 1970 of a local time."""
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize("identity", ODD_IDS)
@pytest.mark.parametrize("page", ["workerPage", "stationPage"])
async def test_every_id_has_a_page_and_the_page_knows_the_id(call: Call, page: str, identity: str) -> None:
    """Also ids that no path can carry: an address is read by browsers and proxies on its way."""
    address = await call("address.js", page, identity, "site & co", "?from=a&tab=hours")
    url = await call.page.evaluate(TAKEN_APART, f"http://lineside.test{address}")

    assert identity == await call("address.js", "idOf", url["pathname"], url["search"])
    assert ["site & co", "a", None] == [url["asked"].get(key) for key in ("site", "from", "tab")]


@pytest.mark.parametrize(
    ("search", "query"),
    [
        ("", ""),
        ("?utm=1&tab=hours", ""),
        ("?to=2026-01-15T15:00:00%2B02:00&site=haifa&x=1", "?site=haifa&to=2026-01-15T15%3A00%3A00%2B02%3A00"),
        ("?site=", "?site="),
    ],
)
async def test_the_page_passes_on_what_is_looked_at_and_nothing_else(call: Call, search: str, query: str) -> None:
    """A mistake in it is the collector's to explain."""
    keys = ["site", "from", "to", "shift"]

    assert query == await call("address.js", "reduced", search, keys)


@pytest.mark.parametrize(
    ("search", "window", "sites", "pinned"),
    [
        ("?tab=hours", WINDOW, "ns", {"tab": "hours", "from": WINDOW["from"], "to": WINDOW["to"]}),
        (
            "?site=n",
            WINDOW | {"shift": "2026-01-15/früh & spät"},
            "ns",
            {"site": "n", "shift": "2026-01-15/früh & spät"},
        ),
        ("?to=x", WINDOW | {"from": None}, "ns", {"to": "x"}),
        ("", WINDOW | {"shift": "2026-01-15/late"}, "n", {"site": "n", "shift": "2026-01-15/late"}),
        ("", WINDOW | {"from": None}, "n", {"site": "n"}),
        (
            "?from=x",
            WINDOW | {"to": None, "until": "2026-01-15T11:40:00Z"},
            "ns",
            {"from": WINDOW["from"], "to": "2026-01-15T11:40:00Z"},
        ),
        ("?from=x", WINDOW | {"to": None, "until": WINDOW["from"]}, "ns", {"from": "x"}),
    ],
)
async def test_a_copied_link_means_what_was_seen(
    call: Call, search: str, window: dict[str, str | None], sites: str, pinned: dict[str, str]
) -> None:
    """A live page becomes the shift or the stretch that it showed, of a site that is the only one only today."""
    floor = {"window": window, "sites": [{"site": site} for site in sites]}
    query = await call("address.js", "pinned", search, floor)

    assert {key: [value] for key, value in pinned.items()} == parse_qs(query.lstrip("?"))


DAYS = [
    ("2026-01-15T13:42", "Asia/Jerusalem", 24),
    ("2026-03-29T13:42", "Europe/Berlin", 23),
    ("2026-10-25T13:42", "Europe/Berlin", 25),
    ("2026-01-15T13:42", "Asia/Kolkata", 24),
    ("2026-04-05T13:42", "Australia/Lord_Howe", 24.5),
]


@pytest.mark.parametrize(("local", "zone", "hours"), DAYS)
async def test_a_day_is_as_long_as_it_is_there(call: Call, local: str, zone: str, hours: float) -> None:
    """From its first instant to the next day's, whatever the clocks do."""
    then = ms(local, zone)

    start, end = [await call("zoned.js", "dayStart", then, zone, {"plus": days}) for days in (0, 1)]

    assert (ms(local[:11] + "00:00", zone), hours) == (start, (end - start) / 3_600_000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-29T02:30", "2026-03-29T03:30+02:00"),  # in the gap: forward
        ("2026-10-25T02:30", "2026-10-25T02:30+02:00"),  # twice: the first
        ("2026-10-25T03:00", "2026-10-25T03:00+01:00"),
        ("yesterday", None),
    ],
)
async def test_a_typed_time_is_by_the_site_s_clock(call: Call, text: str, expected: str | None) -> None:
    """As shifts are (SEMANTICS, windows)."""
    instant = None if expected is None else int(datetime.fromisoformat(expected).timestamp() * 1000)

    assert instant == await call("zoned.js", "instantOfText", text, "Europe/Berlin")


async def test_the_clock_above_the_timelines_is_right_when_clocks_are_set(call: Call) -> None:
    """On a night that has two hours called 02, both are there, and every mark stands at its own instant."""
    start, end = ms("2026-10-24T22:00", "Europe/Berlin"), ms("2026-10-25T06:00", "Europe/Berlin")

    marks = await call("zoned.js", "ticks", start, end, {"zone": "Europe/Berlin", "most": 9})

    assert [22, 23, 0, 1, 2, 2, 3, 4, 5, 6] == [
        datetime.fromtimestamp(mark / 1000, ZoneInfo("Europe/Berlin")).hour for mark in marks
    ]
    assert {3_600_000} == {later - mark for mark, later in pairwise(marks)}


async def test_the_clock_above_a_week_names_each_day_once(call: Call) -> None:
    """However wide it is: what is longer than two days is labelled by its days alone."""
    start, end = ms("2026-01-11T00:00", "Europe/Berlin"), ms("2026-01-18T00:00", "Europe/Berlin")

    marks = await call("zoned.js", "ticks", start, end, {"zone": "Europe/Berlin", "most": 20})

    assert [ms(f"2026-01-{day}T00:00", "Europe/Berlin") for day in range(11, 19)] == marks
