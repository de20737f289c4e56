"""Cameras that fall silent: every open page says so by itself, and a board so that it is read across the hall."""

import pytest
from playwright.async_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import Opener
from tests.browser.plant import NOW, call, plant
from tests.support.collector import at

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_camera_that_falls_silent_changes_the_page_though_nothing_arrives(
    watched: Opener, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Time alone makes the verdict worse, and a call makes it good again; a board says so across the hall."""
    async with plant(tmp_path_factory.mktemp("silent")) as there:
        await call(there, "cam-2", [], seen_up_to=NOW, seqs=[], last_seq=4)
        page = await watched(f"{there.url}/dashboard/")
        board = await watched(f"{there.url}/dashboard/")
        await page.open()
        await board.open("board")
        bar, empty = board.page.get_by_role("alert"), board.page.locator(".tile", has_text="S3")
        await expect(page.page.get_by_role("status")).to_have_text("All 2 cameras are up to date.")
        await expect(empty).to_contain_text("NOBODY")
        await expect(bar).to_be_hidden()
        await expect(board.page.locator("#clock-as-of")).to_be_hidden()
        there.clock.set(at("11:50"))
        await page.ask_now()
        await board.ask_now()
        await expect(page.page.get_by_role("status")).to_have_text("Not complete yet: 2 of 2 cameras are behind.")
        for each in (page, board):
            await expect(each.page.locator("#icon")).to_have_attribute("href", "/dashboard/icon-behind.svg")
        assert {"no data"} == {row["state"].strip() for row in await page.rows("stations")}
        await expect(bar).to_have_text("NO DATA SINCE 13:40")
        for tile in await board.page.locator(".tile").all():
            await expect(tile).to_contain_text("NO DATA")
        await expect(board.page.locator("#clock")).to_have_text("13:40")
        await expect(board.page.locator("#clock-as-of")).to_be_visible()
        await expect(board.page.locator("#at-work-more")).to_be_visible()
        assert {"–"} == {row["workers_now"] for row in await page.rows("stations")}
        last = board.page.locator("#board-hours tbody tr").last
        await expect(last).to_contain_text("13:00–13:400 / 13")
        there.clock.set(at("12:05"))
        await board.ask_now()
        await expect(board.page.locator("#board-of")).to_contain_text("morning")
        await expect(last).to_contain_text("13:00–13:40")
        await expect(board.page.locator("#at-work-title")).to_have_text("At work, last known")
        await expect(board.page.locator("#at-work-more")).to_have_text("0 working · 0 idle · 2 last known")
        assert [] == await violations(board.page)
        for camera in ("cam-1", "cam-2"):
            await call(there, camera, [], seen_up_to="12:05", last_seq=9 if camera == "cam-1" else 4)
        await page.ask_now()
        await board.ask_now()
        await expect(page.page.get_by_role("status")).to_have_text("All 2 cameras are up to date.")
        await expect(bar).to_be_hidden()
        there.clock.set(at("21:30"))  # behind the last shift of the day
        await board.ask_now()
        await expect(board.page.locator("#board-of")).to_have_text("Thu 15 Jan · late 15:00–23:00, over")
        await expect(board.page.locator("#clock")).to_have_text("23:00")
        await expect(bar).to_be_hidden()
        assert [] == page.misdeeds
