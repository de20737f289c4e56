"""More rows than a screen shows: those out of sight cost no layout, and are there all the same for whoever looks for them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.support.collector import RunningCollector, at, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WORKERS = 90
ROWS = "[...document.querySelectorAll('#workers tbody tr')]"
LAID_OUT = f"{ROWS}.map(row => row.cells[0].checkVisibility({{contentVisibilityAuto: true}}))"
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
"""A row is let go of in the frame after it has left."""
HEIGHT = "document.documentElement.scrollHeight"
ROLES = """
[...document.querySelectorAll('#workers, #workers :is(thead, tbody, tfoot, tr, th, td)')]
    .filter(part => !part.getAttribute('role')).map(part => part.outerHTML)
"""
BELOW_THE_HEAD = """
() => {
    const held = document.activeElement.getBoundingClientRect();
    const head = document.querySelector('#workers thead').getBoundingClientRect();
    return held.top + held.height / 2 >= head.bottom;
}
"""
WALK = """
async () => {
    for (let y = 0; y < document.documentElement.scrollHeight; y += 200) {
        window.scrollTo(0, y);
        await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
    }
}
"""
ROOM = "(region => region.scrollWidth - region.querySelector('thead tr').offsetWidth)(document.querySelector('#panel-workers .scroll'))"
FILLED = "(row => Math.round(row.getBoundingClientRect().right - row.lastElementChild.getBoundingClientRect().right))(document.querySelector('#workers tbody tr'))"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCollector]:
    """A hall of many workers."""
    async with running_collector(tmp_path_factory.mktemp("tall")) as there:
        there.clock.set(at("11:40"))
        await there.post([item("11:00", f"W{number:02}", "working") for number in range(WORKERS)])
        yield there


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
async def test_what_is_out_of_sight_is_not_laid_out_and_takes_its_room(
    watched: Opener, tall: RunningCollector, width: int, height: int
) -> None:
    """At the foot of the page the last row is there, nothing on the way has changed the page's height, and each part says what it is."""
    page = await watched(f"{tall.url}/dashboard/")
    await page.page.set_viewport_size({"width": width, "height": height})
    await page.open()
    await expect(page.page.locator("#workers tbody tr")).to_have_count(WORKERS)
    before = await page.page.evaluate(LAID_OUT)
    high = await page.page.evaluate(HEIGHT)
    await page.page.locator("#workers tbody a").last.focus()
    await expect(page.page.locator("#workers tbody a").last).to_be_in_viewport()
    await page.page.evaluate(TWO_FRAMES)
    after = await page.page.evaluate(LAID_OUT)

    assert (True, False) == (before[0], before[-1])
    assert (False, True) == (after[0], after[-1])
    assert abs(await page.page.evaluate(HEIGHT) - high) <= 1
    assert WORKERS + 2 == await page.page.locator("#workers").get_by_role("row").count()
    assert [] == await page.page.evaluate(ROLES)
    assert [] == page.misdeeds


async def test_paper_has_every_row(watched: Opener, tall: RunningCollector) -> None:
    """A sheet is no screen: what was out of sight is printed."""
    page = await watched(f"{tall.url}/dashboard/")
    await page.open()
    await page.page.emulate_media(media="print")

    assert [True] * WORKERS == await page.page.evaluate(LAID_OUT)
    assert ["table-row"] == await page.page.evaluate(f"[...new Set({ROWS}.map(row => getComputedStyle(row).display))]")


async def test_whoever_goes_back_by_keyboard_sees_where(watched: Opener, tall: RunningCollector) -> None:
    """What has the focus is never below the head, which stays (WCAG 2.4.11)."""
    page = await watched(f"{tall.url}/dashboard/")
    await page.page.set_viewport_size({"width": 1280, "height": 720})
    await page.open()
    await page.page.locator("#workers tbody a").nth(40).focus()
    seen = []
    for _ in range(30):
        await page.page.keyboard.press("Shift+Tab")
        seen.append(await page.page.evaluate(BELOW_THE_HEAD))

    assert [True] * 30 == seen


async def test_a_phone_that_is_turned_has_no_empty_room_beside_its_rows(
    watched: Opener, tall: RunningCollector
) -> None:
    """Rows that have been seen at another width keep none of it."""
    page = await watched(f"{tall.url}/dashboard/")
    await page.page.set_viewport_size({"width": 844, "height": 390})
    await page.open()
    await page.page.evaluate(WALK)
    await page.page.set_viewport_size({"width": 390, "height": 844})

    assert 0 == await page.page.evaluate(ROOM)


@pytest.mark.parametrize("width", [1280, 1920])
async def test_without_timelines_names_have_the_room(watched: Opener, tall: RunningCollector, width: int) -> None:
    """The last column ends where the row does."""
    page = await watched(f"{tall.url}/dashboard/")
    await page.page.set_viewport_size({"width": width, "height": 720})
    await page.open("?to=2026-01-15T11:40:00Z")
    await page.page.wait_for_selector("body.no-timelines")

    assert 0 == await page.page.evaluate(FILLED)
