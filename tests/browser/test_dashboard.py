"""The dashboard in a real Chromium, on a shift that real agents have delivered to a real collector."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser import spelling
from tests.browser.conftest import INTRUDER, Opener
from tests.browser.watched_page import WatchedPage
from tests.support.programs import command

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

ANSWER_MS = 10_000
NOW = datetime.now(UTC).replace(microsecond=0)
WINDOW = "?" + urlencode(
    {
        "from": (NOW - timedelta(hours=20)).isoformat().replace("+00:00", "Z"),
        "to": (NOW + timedelta(hours=20)).isoformat().replace("+00:00", "Z"),
    }
)
"""Has the whole shift in it, on whatever day it began."""


@pytest_asyncio.fixture(loop_scope="session")
async def floor(watched: Opener, shift: str) -> AsyncIterator[WatchedPage]:
    """The floor of the finished shift; at the end of every test it has done nothing that it should not."""
    page = await watched(shift)
    await page.open(WINDOW)
    yield page

    assert [] == page.misdeeds


def spelled(rows: list[dict[str, Any]], spell: Any) -> list[dict[str, str]]:
    """Rows of the API as the page must show them, by name."""
    return sorted((spell(row) for row in rows), key=lambda row: row["name"])


def minutes(microseconds: int) -> Decimal:
    """Microseconds as the routes and files tell them: minutes, rounded half to even."""
    return (Decimal(microseconds) / 60_000_000).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


async def test_every_number_on_the_page_is_the_api_s(floor: WatchedPage) -> None:
    """Cards, workers and workstations show fields of the floor, which has the numbers of the routes and of the files."""
    answer = await floor.api("floor", WINDOW)

    assert spelling.cards(answer["factory"]) == await floor.cards()
    assert spelled(answer["workers"], spelling.worker) == await floor.numbers("workers", spelling.WORKER)
    await floor.page.get_by_role("tab", name="Stations").click()
    assert spelled(answer["workstations"], spelling.workstation) == await floor.numbers(
        "stations", spelling.WORKSTATION
    )
    seen = str(answer["at_work_now"]["seen"])
    assert (seen, "7") == ((await floor.page.locator("#at-work").inner_text()).split(" / ")[1], seen)


async def test_the_files_beside_the_tables_have_the_same_numbers(floor: WatchedPage) -> None:
    """The link above a table leads to the whole of it, up to where the page's numbers end."""
    answer = await floor.api("floor", WINDOW)
    for what, rows, field in (
        ("workers", answer["workers"], "working"),
        ("workstations", answer["workstations"], "occupancy"),
    ):
        link = await floor.page.locator(f"a[href^='/api/metrics/{what}.csv']").get_attribute("href")
        text = await (await floor.page.context.request.get(floor.origin + str(link))).text()

        told = [
            (row["name"], Decimal(row[f"{field}_minutes"]), row["units_produced"])
            for row in csv.DictReader(io.StringIO(text))
        ]
        assert [(row["name"], minutes(row[f"{field}_us"]), str(row["units_produced"])) for row in rows] == told


async def test_the_commands_have_the_same_numbers(floor: WatchedPage, shift_folder: Path) -> None:
    """Run beside the collector, on its own database, over the window that the page is about."""
    answer = await floor.api("floor", WINDOW)
    ends = ("--from", answer["window"]["from"], "--to", answer["window"]["until"])
    found = await command(
        "collector", "metrics", "--database", str(shift_folder / "data" / "collector.db"), "workers", *ends, "--csv"
    )

    assert 0 == found.code, found.err
    assert [(row["name"], minutes(row["working_us"]), str(row["units_produced"])) for row in answer["workers"]] == [
        (row["name"], Decimal(row["working_minutes"]), row["units_produced"])
        for row in csv.DictReader(io.StringIO(found.out))
    ]


async def test_the_bottom_line_equals_the_cards(floor: WatchedPage) -> None:
    """One factory answer feeds both: what a reader adds up is what the cards say."""
    cards, workers, stations = await floor.cards(), await floor.totals("workers"), await floor.totals("stations")

    time_, units = cards["total_productive_us"], cards["total_units_produced"]
    expected = {
        "utilization_percent": cards["average_utilization_percent"],
        "working_us": time_,
        "idle_us": cards["total_idle_us"],
        "units_produced": units,
    }
    assert expected == {column: workers[column] for column in expected}
    assert (time_, units) == (stations["occupancy_us"], stations["units_produced"])


async def test_a_name_that_looks_like_markup_is_shown_as_text(floor: WatchedPage) -> None:
    """A worker may be called anything: the page shows the letters and runs nothing."""
    names = [row["name"] for row in await floor.rows("workers")]

    assert INTRUDER in names
    assert 0 == await floor.page.locator("img").count()
    await expect(floor.page.get_by_role("rowheader", name=INTRUDER)).to_be_visible()


async def test_what_somebody_chose_stands_in_the_address(floor: WatchedPage) -> None:
    """Order, tab and search are the same after a reload, and for whoever gets the link."""
    page = floor.page
    units = sorted((row["units_produced"] for row in (await floor.api("floor", WINDOW))["workers"]), reverse=True)
    header = page.locator("#workers th[data-column=units_produced]")

    await header.get_by_role("button").click()
    await page.get_by_role("searchbox", name="Find").fill("a")
    await page.reload()
    await page.wait_for_selector("#trust:not([data-level=asking])")

    assert "descending" == await header.get_attribute("aria-sort")
    shown = await floor.rows("workers")
    assert all("a" in (row["name"] + row["place"]).lower() for row in shown)
    of_those = [spelling.count(value) for value in units]
    assert [text for text in of_those if text in {row["units_produced"] for row in shown}] == [
        row["units_produced"] for row in shown
    ]
    await page.get_by_role("tab", name="Hours").click()
    await page.reload()
    await expect(page.get_by_role("tab", name="Hours")).to_have_attribute("aria-selected", "true")
    await expect(page.get_by_role("img", name="Units per hour")).to_be_visible()


async def test_a_new_event_arrives_without_a_reload(floor: WatchedPage) -> None:
    """The row is the same element before and after: nobody's selection or place is lost."""
    before = (await floor.rows("workers"))[-1]
    row = floor.page.locator("#workers tbody tr:not([hidden])").last
    element = await row.element_handle()
    requests: list[str] = []
    floor.page.on("request", lambda request: requests.append(request.resource_type))
    await floor.post(
        {
            "timestamp": datetime.now(UTC).isoformat(),
            "worker_id": before["name"],
            "workstation_id": "Packaging",
            "event_type": "product_count",
            "count": 1000,
        }
    )

    grown = spelling.count(int(before["units_produced"].replace(",", "")) + 1000)
    await expect(floor.page.locator("#workers")).to_contain_text(grown, timeout=ANSWER_MS)

    assert element is not None
    assert await element.evaluate("row => row.isConnected")
    assert {"fetch"} == set(requests)


async def test_what_has_not_changed_is_not_sent_again(watched: Opener, shift: str) -> None:
    """A page about the past asks with the tag of what it has, and gets a 304; nothing on it moves."""
    past = urlencode({"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"})
    page = await watched(shift)
    await page.open(f"?{past}")
    async with page.page.expect_response("**/api/floor/**") as answer:
        await page.ask_now()

    assert 304 == (await answer.value).status
    await expect(page.page.locator("#nobody")).to_contain_text("No camera reported anything")


async def test_every_page_has_the_strictest_policy(floor: WatchedPage) -> None:
    """Scripts and styles of its own files, no others, and no text that becomes markup."""
    for name in ("", "style.css", "floor.js", "workers/W1", "board"):
        answer = await floor.page.context.request.get(f"{floor.origin}/dashboard/{name}")
        policy = answer.headers["content-security-policy"]

        assert 200 == answer.status
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy
