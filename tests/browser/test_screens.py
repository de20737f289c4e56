"""What a page does on the screens it is shown on: nothing jumps on a phone, a tablet may be turned, a wall's board can be stopped."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.browser.plant import Plant, call, plant
from tests.browser.test_board import FITS
from tests.support.collector import at, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ANSWER_MS = 10_000
CAMERAS = ("cam-01", "cam-02", "cam-03")
TOP = "document.querySelector('#numbers').getBoundingClientRect().top"
NAMES = """
() => [...document.querySelectorAll('.tile-name')].map(name => [
    name.querySelector('bdi').textContent, name.scrollWidth <= name.clientWidth && name.scrollHeight <= name.clientHeight,
])
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """The plant."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        yield there


@pytest.mark.parametrize("width", [320, 390, 600])
async def test_on_a_phone_nothing_jumps_when_the_line_on_top_says_more(
    watched: Opener, tmp_path: Path, width: int
) -> None:
    """All is well, then three cameras are behind, of which one is named, then nothing comes: the numbers stay in their place."""
    async with running_collector(tmp_path) as there:
        there.clock.set(at("11:40"))
        for camera in CAMERAS:
            await call(there, camera, [item("11:00", camera, "working")], seen_up_to="11:40", batch=camera)
        page = await watched(f"{there.url}/dashboard/")
        await page.page.set_viewport_size({"width": width, "height": 844})
        await page.open()
        trust = page.page.locator("#trust")
        tops = [await page.page.evaluate(TOP)]
        there.clock.set(at("11:46"))
        await page.ask_now()
        await expect(trust).to_contain_text("3 of 3 cameras are behind.", timeout=ANSWER_MS)
        await expect(trust).to_contain_text("cam-01: nothing after 11:40; and 2 more.")
        tops.append(await page.page.evaluate(TOP))
        await page.page.route("**/api/floor/**", lambda route: route.abort())
        await page.ask_now()
        await expect(trust).to_contain_text("has not answered", timeout=ANSWER_MS)
        tops.append(await page.page.evaluate(TOP))

        assert tops[:1] * 3 == tops


async def test_a_collector_s_reason_for_a_fault_is_told(watched: Opener, running: Plant) -> None:
    """What it says stands on the line; where a proxy says nothing of why, the collector does not answer."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open()
    trust = page.page.locator("#trust")
    await page.page.route(
        "**/api/floor/**", lambda route: route.fulfill(status=503, json={"error": "The disk is full."})
    )
    await page.ask_now()
    await expect(trust).to_contain_text("the collector gives nothing new: The disk is full. Next try in")
    await page.page.unroute("**/api/floor/**")
    await page.page.route("**/api/floor/**", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    await page.ask_now()

    await expect(trust).to_contain_text("the collector has not answered for")


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)])
async def test_a_board_shows_long_names_to_their_end(watched: Opener, tmp_path: Path, size: tuple[int, int]) -> None:
    """Twenty names that differ in a number near their end are told apart, be it on more pages."""
    async with running_collector(tmp_path) as there:
        there.clock.set(at("11:00"))
        names = [f"Assembly line number {number} of hall B" for number in range(20)]
        seen = [item("09:40", f"W{name}", "working") | {"workstation_id": name} for name in names]
        await call(there, "cam-1", seen, seen_up_to="11:00")
        page = await watched(f"{there.url}/dashboard/")
        await page.page.set_viewport_size({"width": size[0], "height": size[1]})
        await page.open("board?from=2026-01-15T08:00:00Z")
        shown: list[Any] = await page.page.evaluate(NAMES)

        assert (True, True) == (len(shown) >= 4, {name for name, _ in shown} <= set(names))
        assert {True} == {is_whole for _, is_whole in shown} | set(await page.page.evaluate(FITS))


async def test_the_pages_of_a_board_can_be_stopped(watched: Opener, tmp_path: Path) -> None:
    """By a key or a button, which is there only where pages turn (WCAG 2.2.2); the numbers go on."""
    async with running_collector(tmp_path) as there:
        there.clock.set(at("11:00"))
        seen = [item("09:40", f"W{number}", "working") | {"workstation_id": f"S{number}"} for number in range(21)]
        await call(there, "cam-1", seen, seen_up_to="11:00")
        page = await watched(f"{there.url}/dashboard/")
        await page.page.clock.install()
        await page.open("board?from=2026-01-15T08:00:00Z")
        number = page.page.locator("#board-page")
        button = page.page.get_by_role("button", name="Stop the pages")
        told = [await number.inner_text()]
        for do in (None, page.page.keyboard.press("Space"), button.click()):
            if do is not None:
                await do
            await page.page.clock.run_for(12_500)
            told.append(await number.inner_text())
        pressed = await button.get_attribute("aria-pressed")
        await page.open("board?from=2026-01-15T10:50:00Z")

        assert (["1 / 2", "2 / 2", "2 / 2", "1 / 2"], "false") == (told, pressed)


async def test_a_board_of_one_page_has_nothing_to_stop(watched: Opener, running: Plant) -> None:
    """The button is not there, and space does what it does elsewhere."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open("board")

    await expect(page.page.locator("#board-pause")).to_be_hidden()


async def test_bars_fit_after_a_tablet_is_turned(watched: Opener, running: Plant) -> None:
    """On the narrow side they have the labels of a page that was opened there."""
    page = await watched(f"{running.url}/dashboard/")
    labels = page.page.locator("#hour-bars text")
    await page.open("hours?shift=2026-01-15/morning")
    wide = await labels.count()
    await page.page.set_viewport_size({"width": 360, "height": 740})
    await expect(labels).not_to_have_count(wide)
    turned = await labels.count()
    await page.open("hours?shift=2026-01-15/morning")

    assert turned == await labels.count()


async def test_beside_the_hours_stands_only_what_is_of_use_there(watched: Opener, running: Plant) -> None:
    """Hours are neither searched nor drawn as states; on paper, which has all tables, the legend stays."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open("?tab=hours")
    parts = [page.page.locator(name) for name in ("#find", ".legend")]
    for part in parts:
        await expect(part).to_be_hidden()
    await page.page.keyboard.press("/")
    assert "BODY" == await page.page.evaluate("document.activeElement.tagName")
    await page.page.emulate_media(media="print")
    await expect(parts[1]).to_be_visible()
    await page.page.emulate_media(media="screen")
    await page.page.get_by_role("tab", name="Stations").click()

    for part in parts:
        await expect(part).to_be_visible()


async def test_keys_work_with_caps_lock_on(watched: Opener, running: Plant) -> None:
    """A letter that comes as a capital without Shift is the same key."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open()

    await page.page.keyboard.press("B")

    await page.page.wait_for_url(re.compile("/dashboard/board"))
