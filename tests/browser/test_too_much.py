"""More than can be told, too many spans, a month, too many rows: the rest is shown, and what is missing is named."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from shared.instants import format_instant
from tests.browser.conftest import Opener
from tests.browser.plant import Plant, plant
from tests.support.collector import at, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BUSY = "W8"
TOO_MANY = "more than 10,000 spans lie in this window; ask for a smaller one"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """The plant, and a worker who is another every second."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        seen = [item("08:00", BUSY, kind) for kind in ("working", "idle") * 5_025]
        for number, event in enumerate(seen):
            event["timestamp"] = format_instant(at("08:00") + number * 1_000_000)
        for first in range(0, len(seen), 5_000):
            answer = await there.post(seen[first : first + 5_000])
            assert 200 == answer.status
        yield there


async def test_a_refused_moment_says_why_in_its_dialog(watched: Opener, running: Plant) -> None:
    """A click that opened nothing looked like a broken picture."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open()
    await page.page.get_by_role("button", name=f"{BUSY}: working").click()
    dialog = page.page.get_by_role("dialog", name=BUSY)

    await expect(dialog).to_contain_text(TOO_MANY)
    await expect(dialog.get_by_role("button", name="What was before it")).to_be_disabled()
    await dialog.get_by_role("link", name="Events").click()
    await expect(page.page.locator("#events tbody tr").first).to_contain_text(BUSY)


async def test_a_worker_with_too_many_spans_has_numbers(watched: Opener, running: Plant) -> None:
    """Those of the row on the floor; tables that the collector refuses are not there, and the page says which."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open()
    (row,) = [row for row in await page.rows("workers") if row["name"] == BUSY]
    await page.open(f"workers/{BUSY}")

    await expect(page.page.locator("#nobody")).to_contain_text(TOO_MANY)
    await expect(page.page.locator(".cards [data-row=working_us]")).to_have_text(row["working_us"])
    for table in ("#spans", "#parts"):
        await expect(page.page.locator(table)).to_be_hidden()
    await expect(page.page.locator("#trust")).not_to_have_attribute("data-level", "stale")


async def test_of_two_moments_the_one_asked_for_last_is_shown(watched: Opener, running: Plant) -> None:
    """Whichever answer comes last."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open()
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        if "worker_id=W2" in route.request.url:
            await held.wait()
        await route.continue_()

    await page.page.route("**/api/timeline/**", hold)
    async with page.page.expect_response(lambda answer: "worker_id=W2" in answer.url):
        await page.page.get_by_role("button", name="W2: working").click()
        await page.page.get_by_role("button", name="W3: working").click()
        await expect(page.page.get_by_role("dialog")).to_contain_text("W3")
        held.set()
    await page.page.evaluate("fetch('/healthz').then(answer => answer.text())")

    await expect(page.page.get_by_role("dialog")).to_contain_text("W3")
    assert [] == page.misdeeds


@pytest.mark.parametrize(
    ("path", "picture"), [("", "th.timeline"), ("workers/W1", ".drawn"), ("stations/S1", "th.timeline")]
)
async def test_a_stretch_too_long_for_timelines_says_so(
    watched: Opener, running: Plant, path: str, picture: str
) -> None:
    """Where they would be; the note goes with the stretch."""
    page = await watched(f"{running.url}/dashboard/")
    note = page.page.locator("#timelines-note")
    await page.open(path)
    await expect(page.page.locator(picture).first).to_be_visible()
    await expect(note).to_be_hidden()
    await page.open(f"{path}?from=2025-12-01T00:00:00Z&to=2026-01-15T11:00:00Z")

    await expect(page.page.locator(picture).first).to_be_hidden()
    await expect(note).to_have_text("This stretch is too long for timelines.")


async def test_beyond_the_rows_of_a_floor_nobody_is_denied(watched: Opener, tmp_path: Path) -> None:
    """The last of 2,001 workers and workstations have pages with their numbers; of now the pages say that it is not told."""
    async with running_collector(tmp_path) as there:
        there.clock.set(at("11:40"))
        await there.post([item("11:00", f"W{number:04}", "working") for number in range(2_001)])
        page = await watched(f"{there.url}/dashboard/")
        await page.open("stations/S2000")
        await expect(page.page.locator("#nobody")).to_be_hidden()
        await expect(page.page.locator(".cards [data-row=occupancy_us]")).to_have_text("0:05")
        await expect(page.page.locator("#occupied")).to_have_text("0:05")
        await expect(page.page.locator("#now-more")).to_have_text("not told of so many workstations")
        await expect(page.page.locator("#workers tbody tr")).to_contain_text("W2000")
        await page.open("workers/W2000")
        await expect(page.page.locator(".cards [data-row=working_us]")).to_have_text("0:05")
        await expect(page.page.locator("#now-more")).to_have_text("not told of so many workers")
        await page.open("stations/S2001")
        await expect(page.page.locator("#nobody")).to_have_text("There is no workstation S2001 here.")
        await page.page.route("**/api/metrics/workstations/**", lambda route: route.fulfill(status=400, json={}))
        await page.open("stations/S2000")
        await expect(page.page.locator("#nobody")).to_have_text(
            "There are too many workstations here to tell of S2000."
        )

        assert [] == [misdeed for misdeed in page.misdeeds if "400" not in misdeed]
