"""The dashboard in a real Chromium, on a shift that real agents have delivered to a real collector."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser import compared, spelling
from tests.browser.conftest import INTRUDER, Opener
from tests.browser.watched_page import WatchedPage
from tests.support.programs import command

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

ANSWER_MS = 10_000
MIDDLE = " · "
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


async def test_every_number_is_the_same_on_the_page_in_the_api_in_the_files_and_by_the_commands(
    floor: WatchedPage, shift_folder: Path
) -> None:
    """Of all workers and workstations, of the factory and of every hour; the page shows the floor's, cut to the minute."""
    run = compared.on_database(str(shift_folder / "data" / "collector.db"))
    answer = await floor.api("floor", WINDOW)

    await compared.check_floor(floor, answer)
    await compared.check_tables(floor, answer, run)
    await floor.open(f"hours{WINDOW}")
    await compared.check_hours(floor, answer)


async def test_a_command_in_a_process_of_its_own_says_the_same(floor: WatchedPage, shift_folder: Path) -> None:
    """Run beside the collector, on its own database, over the window that the page is about."""
    answer = await floor.api("floor", WINDOW)
    ends = ("--from", answer["window"]["from"], "--to", answer["window"]["until"])
    found = await command(
        "collector", "metrics", "--database", str(shift_folder / "data" / "collector.db"), "workers", *ends, "--csv"
    )

    assert 0 == found.code, found.err
    assert compared.told("workers", answer["workers"]) == compared.read("workers", found.out)


async def test_who_is_at_work_is_who_is_in_a_state(floor: WatchedPage) -> None:
    """The card counts rows: those that work or stand idle now, as far as anybody knows, of all that were seen."""
    answer = await floor.api("floor", WINDOW)
    told, rows = answer["at_work_now"], await floor.rows("workers")
    states = [row["state"].split(" ")[0] for row in rows]
    late = f"{MIDDLE}{told['late']} last known" if told["late"] else ""

    at_work = told["working"] + told["idle"] + told["late"]
    assert [told["working"], told["idle"]] == [states.count("working"), states.count("idle")]
    assert f"{at_work} / {len(rows)}" == await floor.page.locator("#at-work").inner_text()
    assert f"{told['working']} working{MIDDLE}{told['idle']} idle{late}" == (
        await floor.page.locator("#at-work-more").inner_text()
    )


async def test_conflicts_and_rejected_items_are_as_many_everywhere(floor: WatchedPage, shift_folder: Path) -> None:
    """On the floor, in the lists, in the files and by the commands; here two versions that lost, and two bad items."""
    run = compared.on_database(str(shift_folder / "data" / "collector.db"))
    (event, *_) = (await floor.api("events", "?event_type=product_count&limit=1"))["events"]
    told = {name: event[name] for name in ("timestamp", "worker_id", "workstation_id", "event_type")}
    await floor.send([*(told | {"count": count} for count in (0, 1, int(event["count"]))), {"count": 1}, "nothing"])
    await floor.open(WINDOW)

    answer = await floor.api("floor", WINDOW)
    assert 1 <= await compared.check_conflicts(floor, answer, run)
    await expect(floor.page.locator("#to-rejected")).to_have_text(f"{answer['rejected']} rejected")
    await floor.page.locator("#to-rejected").click()
    await floor.page.wait_for_selector("#rejected tbody tr")
    assert 2 <= await compared.check_rejected(floor, answer, run)


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
