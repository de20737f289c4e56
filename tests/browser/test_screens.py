"""What a page does on the screens it is shown on: nothing jumps, a tablet may be turned, a wall's board can be stopped."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.browser.plant import Plant, call, plant, watermark
from tests.browser.test_board import FITS
from tests.support.collector import at, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ANSWER_MS = 10_000
CAMERAS = ("cam-01", "cam-02", "cam-03")
WIDTHS = (320, 360, 390, 412, 600, 768, 820, 1024)
TOPS = "['#numbers', '#workers'].map(part => document.querySelector(part).getBoundingClientRect().top)"
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


async def test_nothing_jumps_when_cameras_fall_behind(watched: Opener, tmp_path: Path) -> None:
    """One camera is behind, then three, of which one is named, then nothing comes: numbers and tables stay in their place."""
    held = {"pending": 1204, "oldest_pending_at": watermark("11:40")}
    async with running_collector(tmp_path) as there:
        there.clock.set(at("11:40"))
        for camera in CAMERAS:
            seen = [item("11:00", f"W{camera}", "working"), item("11:05", f"V{camera}", "idle")]
            await call(there, camera, seen, seen_up_to="11:40", batch=camera)
        pages = {width: await watched(f"{there.url}/dashboard/") for width in WIDTHS}

        async def tops(said: str) -> dict[int, list[int]]:
            await asyncio.gather(*(page.ask_now() for page in pages.values()))
            trusts = [page.page.locator("#trust") for page in pages.values()]
            await asyncio.gather(*(expect(trust).to_contain_text(said, timeout=ANSWER_MS) for trust in trusts))
            return {width: await page.page.evaluate(TOPS) for width, page in pages.items()}

        for width, page in pages.items():
            await page.page.set_viewport_size({"width": width, "height": 844})
        window = f"?from={watermark('08:00')}&to={watermark('16:00')}"
        await asyncio.gather(*(page.open(window) for page in pages.values()))
        found = [await tops("All 3 cameras are up to date.")]
        there.clock.set(at("11:46"))
        for camera in CAMERAS[1:]:
            await call(there, camera, [], seen_up_to="11:46", batch="b2", last_seq=2)
        await call(there, CAMERAS[0], [], seen_up_to="11:40", batch="b2", last_seq=2, **held)
        found.append(await tops("1 of 3 cameras is behind."))
        there.clock.set(at("11:52"))
        for camera in CAMERAS:
            await call(there, camera, [], seen_up_to="11:40", batch="b3", last_seq=2, **held)
        found.append(await tops("waiting there; and 2 more."))
        for page in pages.values():
            await page.page.route("**/api/floor/**", lambda route: route.abort())
        found.append(await tops("has not answered"))

        assert found[:1] * 4 == found


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
