"""The dashboard in a real Chromium, on a shift that real agents have delivered to a real collector."""

import re
from datetime import UTC, datetime
from operator import itemgetter
from urllib.parse import parse_qs, urlencode

import pytest
from playwright.async_api import expect

from tests.browser import spelling
from tests.browser.conftest import INTRUDER, Opener
from tests.browser.watched_page import WatchedPage

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

ANSWER_MS = 10_000


async def opened(watched: Opener, shift: str, query: str = "") -> WatchedPage:
    """Open the dashboard of the finished shift."""
    page = await watched(shift)
    await page.open(query)
    return page


def by_name(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows in an order of their own: the page's is tested apart."""
    return sorted(rows, key=itemgetter("name"))


async def test_every_number_on_the_page_is_the_api_s(watched: Opener, shift: str) -> None:
    """Cards, workers and workstations show each field of the three routes, and nothing that the routes do not say."""
    page = await opened(watched, shift)

    factory, workers, workstations = [
        await page.api(f"metrics/{route}") for route in ("factory", "workers", "workstations")
    ]
    expected = (
        spelling.cards(factory),
        *(
            by_name([spell(row) for row in rows])
            for spell, rows in ((spelling.worker, workers), (spelling.workstation, workstations))
        ),
    )
    assert expected == (
        await page.cards(),
        by_name(await page.rows("workers")),
        by_name(await page.rows("workstations")),
    )


async def test_a_window_in_the_address_is_the_window_of_every_number(watched: Opener, shift: str) -> None:
    """The page's own from and to go to the routes unchanged, and time without data gets its column."""
    page = await watched(shift)
    events = (await page.api("events"))["events"]
    query = "?" + urlencode({"from": "2020-01-01T00:00:00Z", "to": events[len(events) // 2]["timestamp"]})
    await page.open(query)

    factory, workers = [await page.api(f"metrics/{route}", query) for route in ("factory", "workers")]

    expected = spelling.cards(factory), by_name([spelling.worker(row) for row in workers])
    assert expected == (await page.cards(), by_name(await page.rows("workers")))
    await expect(page.page.get_by_role("columnheader", name="No data")).to_be_visible()


async def test_a_window_that_goes_on_ends_now_on_the_page_and_in_its_files(watched: Opener, shift: str) -> None:
    """What has not happened yet is no time without data: neither in the tables nor in the CSV linked above them."""
    page = await opened(watched, shift, "?from=2026-01-15T10:00:00+02:00&to=9000-01-01T00:00:00Z")

    link = await page.page.locator("#workers a[data-csv]").get_attribute("href") or ""
    asked = link.partition("?")[2]
    shown = {row["name"]: row["no_data_minutes"] for row in await page.rows("workers")}

    told = {
        row["name"]: spelling.duration(row["no_data_minutes"]) for row in await page.api("metrics/workers", f"?{asked}")
    }
    assert told == shown
    assert datetime.fromisoformat(parse_qs(asked)["to"][0]) <= datetime.now(UTC)
    await expect(page.page.locator("#window")).to_contain_text(", so far")


async def test_the_bottom_line_equals_the_cards(watched: Opener, shift: str) -> None:
    """One factory answer feeds both: what a reader adds up is what the cards say."""
    page = await opened(watched, shift)

    cards, workers, workstations = await page.cards(), await page.totals("workers"), await page.totals("workstations")

    time, units = cards["total_productive_minutes"], cards["total_units_produced"]
    expected = {
        "utilization_percent": cards["average_utilization_percent"],
        "working_minutes": time,
        "idle_minutes": cards["total_idle_minutes"],
        "absent_minutes": cards["total_absent_minutes"],
        "units_produced": units,
    }
    assert expected == {column: workers[column] for column in expected}
    assert (time, units) == (workstations["occupancy_minutes"], workstations["units_produced"])


async def test_every_camera_is_listed_with_its_state_and_backlog(watched: Opener, shift: str) -> None:
    """A camera's line has its state, when it last called and what waits there."""
    page = await watched(shift)

    expected, shown = await _cameras(page)
    if expected != shown:  # the agents are gone: a camera may have become late between the two readings, once
        expected, shown = await _cameras(page)

    assert expected == shown
    assert all(re.fullmatch(r"\d+\s(s|min)\sago", row["last_contact_at"]) for row in await page.rows("cameras"))


async def _cameras(page: WatchedPage) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    await page.open()
    shown = [{key: row[key] for key in ("name", "state", "pending")} for row in await page.rows("cameras")]
    expected = [
        {"name": row["camera"], "state": row["state"], "pending": spelling.count(row["pending"])}
        for row in await page.api("cameras")
    ]
    return expected, shown


async def test_the_page_does_nothing_it_should_not(watched: Opener, shift: str) -> None:
    """No console error, no dialog and no request to another origin, under a policy that would forbid them anyway."""
    page = await watched(shift)
    answer = await page.page.goto(shift)
    await page.page.wait_for_selector("#workers tbody tr")
    async with page.page.expect_response("**/api/metrics/workers/") as second_round:
        await page.ask_now()
        await second_round.value

    policy = (await answer.all_headers())["content-security-policy"] if answer else ""

    assert [] == page.misdeeds
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


async def test_a_name_that_looks_like_markup_is_shown_as_text(watched: Opener, shift: str) -> None:
    """A worker may be called anything: the page shows the letters and runs nothing."""
    page = await opened(watched, shift)

    names = [row["name"] for row in await page.rows("workers")]

    assert INTRUDER in names
    assert (0, []) == (await page.page.locator("img").count(), page.misdeeds)
    await expect(page.page.get_by_role("rowheader", name=INTRUDER)).to_be_visible()


async def test_a_header_sorts_its_table(watched: Opener, shift: str) -> None:
    """A click sorts numbers from the greatest, a second one from the least, and the header says so."""
    page = await opened(watched, shift)
    header = page.page.locator("#workers th[data-column=units_produced]")
    units = sorted(row["units_produced"] for row in await page.api("metrics/workers"))

    orders = []
    for _ in range(2):
        await header.get_by_role("button").click()
        shown = [row["units_produced"] for row in await page.rows("workers")]
        orders.append((await header.get_attribute("aria-sort"), shown))

    rising = [spelling.count(value) for value in units]
    assert [("descending", rising[::-1]), ("ascending", rising)] == orders


async def test_a_new_event_arrives_without_a_reload(watched: Opener, shift: str) -> None:
    """The row is the same element before and after: nobody's selection or place is lost."""
    page = await opened(watched, shift)
    before = (await page.rows("workers"))[-1]
    row = page.page.locator("#workers tbody tr").last
    element = await row.element_handle()
    requests: list[str] = []
    page.page.on("request", lambda request: requests.append(request.resource_type))
    await page.post(
        {
            "timestamp": datetime.now(UTC).isoformat(),
            "worker_id": before["name"],
            "workstation_id": "Packaging",
            "event_type": "product_count",
            "count": 1000,
        }
    )

    grown = spelling.count(int(before["units_produced"].replace(",", "")) + 1000)
    await expect(row).to_contain_text(grown, timeout=ANSWER_MS)

    assert element is not None
    assert await element.evaluate("row => row.isConnected")
    assert {"fetch"} == set(requests)
