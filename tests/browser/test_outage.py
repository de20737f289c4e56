"""What the page shows while its collector is away, and of what is no outage: a real collector, stopped and started."""

import json
import re
import shlex
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, Route, expect

from collector.storage.sqlite import SqliteStorage
from tests.browser.conftest import Opener
from tests.support.collector import RULES
from tests.support.programs import collector

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

ANSWER_MS = 10_000


async def post_with_the_line_shown(page: Page) -> None:
    """Do what the curl line on the page would do, word by word."""
    line = page.locator("#line-curl")
    await expect(line).to_contain_text("curl")  # the lines come with a module of their own
    words = shlex.split(await line.inner_text())
    assert ["curl", "-H", "Content-Type: application/json", "-d"] == words[:4]
    body, address = words[4:]
    answer = await page.context.request.post(address, data=body, headers={"Content-Type": "application/json"})
    assert {"status": "success", "result": "accepted"} == json.loads(await answer.text())


def shift_of(name: str, day: int) -> list[dict[str, object]]:
    """A long day's work of somebody at a place of the same name."""
    kinds = {"02": "working", "10": "product_count", "11": "idle", "20": "absent"}
    place = {"worker_id": name, "workstation_id": name, "count": 1_000_000}
    return [{"timestamp": f"2026-01-{day}T{hour}:00:00Z", "event_type": kind} | place for hour, kind in kinds.items()]


def camera_call(name: str, shifts: list[list[dict[str, object]]]) -> dict[str, object]:
    """What a camera's agent sends that has much more to send."""
    events = [event for shift in shifts for event in shift]
    agent = {"protocol": 1, "camera": name, "version": "0", "batch": "b", "sent_at": "2026-01-15T10:00:00Z"}
    numbers = {"epoch": "e", "seqs": [[1, len(events)]], "last_seq": 9_999_999, "pending": 9_999_999}
    return {"agent": agent | numbers | {"oldest_pending_at": "2026-01-15T10:00:00Z"}, "events": events}


async def test_numbers_outlive_their_collector_and_say_how_old_they_are(watched: Opener, tmp_path: Path) -> None:
    """The last numbers stay, under a line with their time; title and icon tell the same; the return clears both."""
    database = tmp_path / "collector.db"
    async with collector(database) as (address, _):
        page = await watched(f"{address}/dashboard/")
        await page.open()
        await post_with_the_line_shown(page.page)
        await page.ask_now()
        await expect(page.page.get_by_role("rowheader", name="W1")).to_be_visible(timeout=ANSWER_MS)
        shown = await page.rows("workers")
        name = await page.page.title()

    await page.ask_now()
    await expect(page.page.locator("#trust")).to_contain_text("the collector has not answered for", timeout=ANSWER_MS)
    await expect(page.page.get_by_role("status")).to_contain_text("Showing data of")
    stale = await page.page.title(), await page.page.locator("#icon").get_attribute("href"), await page.rows("workers")

    async with collector(database, port=urlsplit(address).port or 0):
        await page.page.get_by_role("button", name="Try now").click()
        await expect(page.page).to_have_title(name, timeout=ANSWER_MS)
        await expect(page.page.get_by_role("status")).to_have_text("No camera vouches for these numbers.")
        await expect(page.page.get_by_role("button", name="Try now")).to_be_hidden()

    assert ("Floor · Lineside", "⚠ stale · Floor · Lineside") == (name, stale[0])
    assert ("/dashboard/icon-stale.svg", shown) == stale[1:]


async def test_a_window_that_makes_no_sense_is_explained_by_the_collector(watched: Opener, tmp_path: Path) -> None:
    """A mistake in the address is answered in the collector's words, not as an outage."""
    async with collector(tmp_path / "collector.db") as (address, _):
        page = await watched(f"{address}/dashboard/")
        await page.open("?from=yesterday")

        answer = await page.page.context.request.get(f"{address}/api/floor/?from=yesterday")

        assert 400 == answer.status
        await expect(page.page.locator("#trust")).to_contain_text("The collector cannot show this page.")
        await expect(page.page.locator("#trust")).to_contain_text((await answer.json())["error"])
        await expect(page.page.get_by_role("button", name="…")).to_be_visible()  # no stretch of time is named
        for unit in await page.page.locator(".cards small").all():
            await expect(unit).to_be_hidden()


async def test_settings_that_are_not_in_force_are_told_on_the_page(
    watched: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the collector's words, as long as it says them."""
    database = tmp_path / "collector.db"
    await SqliteStorage.open(database, rules=RULES).close()
    monkeypatch.setenv("COLLECTOR_TAIL", "1m")
    async with collector(database) as (address, _):
        page = await watched(f"{address}/dashboard/")
        await page.open()
        health = await page.page.context.request.get(f"{address}/healthz")
        warnings = (await health.json())["warnings"]
        lines = page.page.get_by_role("list", name="Warnings").get_by_role("listitem")
        await expect(lines).to_have_text(warnings)

    assert ["tail = 1m is not in force"] == [warning.partition(":")[0] for warning in warnings]
    assert [] == page.misdeeds


@pytest.mark.parametrize("width", [390, 1280])
async def test_the_longest_ids_push_nothing_off_the_page(watched: Opener, tmp_path: Path, width: int) -> None:
    """64 letters without a gap, for workers, workstations, cameras and sites: no phone has to be scrolled sideways."""
    async with collector(tmp_path / "collector.db") as (address, _):
        page = await watched(f"{address}/dashboard/")
        await page.page.set_viewport_size({"width": width, "height": 844})
        await page.post(camera_call("C" * 64, [shift_of(letter * 64, day) for letter in "WM" for day in range(10, 30)]))
        await page.open("?from=2026-01-10T00:00:00Z&to=2026-02-01T00:00:00Z")
        await expect(page.page.locator("#workers tbody tr")).to_have_count(2)

        assert width >= await page.page.evaluate("document.documentElement.scrollWidth")


async def test_a_board_says_across_the_hall_that_nothing_comes(watched: Opener, tmp_path: Path) -> None:
    """The bar fills the width of the screen; the numbers stay below it; both are as before when the collector is back."""
    database = tmp_path / "collector.db"
    async with collector(database) as (address, _):
        page = await watched(f"{address}/dashboard/")
        await page.page.set_viewport_size({"width": 1920, "height": 1080})
        await page.post(
            {"timestamp": "2026-01-15T10:00:00Z", "worker_id": "W1", "workstation_id": "S1", "event_type": "working"}
        )
        await page.open("board")
        bar = page.page.get_by_role("alert")
        await expect(bar).to_be_hidden()
    await page.ask_now()
    await expect(bar).to_have_text(re.compile(r"NO DATA SINCE (\w+ \d+ \w+ )?\d\d:\d\d"), timeout=ANSWER_MS)
    box = await bar.bounding_box()
    assert box is not None
    assert box["width"] > 1800
    await expect(page.page.locator(".tile")).to_contain_text("S1")
    assert await page.page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")

    async with collector(database, port=urlsplit(address).port or 0):
        await page.ask_now()
        await expect(bar).to_be_hidden(timeout=ANSWER_MS)


async def test_a_board_loads_itself_anew_after_an_upgrade(watched: Opener, tmp_path: Path) -> None:
    """The tag of its page counts every file of the dashboard; nobody has to climb up to the screen."""
    async with collector(tmp_path / "collector.db") as (address, _):
        page = await watched(f"{address}/dashboard/")
        await page.page.clock.install()
        await page.open("board")
        async with page.page.expect_request(lambda request: request.method == "HEAD"):
            await page.page.reload()
        await page.page.wait_for_load_state("networkidle")

        async def upgraded(route: Route) -> None:
            await route.fulfill(status=200, headers={"ETag": 'W/"another"'}, body="")

        await page.page.route(lambda url: url.endswith("/board"), lambda route: _on_head(route, upgraded))
        async with page.page.expect_navigation():
            await page.page.clock.fast_forward(61_000)


async def _on_head(route: Route, answer: Callable[[Route], Awaitable[None]]) -> None:
    """Answer a question for the head alone; let everything else through."""
    await (answer(route) if route.request.method == "HEAD" else route.continue_())
