"""A page whose modules do not run says so, and a board loads itself anew; one that is slow is waited for."""

import asyncio
import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Request, Route, expect

from tests.browser.conftest import DASHBOARD, Opener
from tests.browser.plant import Plant, plant
from tests.browser.watched_page import WatchedPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SENTENCE = "This page cannot show what the collector tells. Load it anew, or in a newer browser."
MODULE = "**/elements.js"
SLOW_MS, A_MINUTE_OR_MORE_MS, SOON_MS = 31_000, 91_000, 200_000
HOW_IT_FAILS: dict[str, dict[str, Any] | None] = {
    "of another version": {"body": "export const make = 1;", "content_type": "text/javascript"},
    "unreadable": {"body": "export const make = ;", "content_type": "text/javascript"},
    "refused": {"status": 503, "body": "busy"},
    "cut off": None,
}
NEWER_WORDS = re.compile(
    r"=>|`|\b(?:const|let|class|import|export|async|await)\b|\?\.|\?\?|\.\.\.|(?<=\d)_(?=\d)|,\s*\)"
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """The plant."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        yield there


async def failing(watched: Opener, running: Plant, how: str) -> WatchedPage:
    """A page of which one module fails, once."""
    page = await watched(f"{running.url}/dashboard/")
    answer = HOW_IT_FAILS[how]

    async def fail(route: Route) -> None:
        await (route.abort() if answer is None else route.fulfill(**answer))

    await page.page.route(MODULE, fail, times=1)
    return page


def is_question(request: Request) -> bool:
    """Whether the page only asks whether it is there."""
    return request.method == "HEAD"


@pytest.mark.parametrize("how", HOW_IT_FAILS)
async def test_a_page_whose_modules_fail_says_so(watched: Opener, running: Plant, how: str) -> None:
    """In the line on top, with a button that loads it anew."""
    page = await failing(watched, running, how)
    await page.page.goto(page.address)
    await expect(page.page.locator("#trust p")).to_have_text(re.compile(re.escape(SENTENCE)))
    assert (await page.page.title()).startswith("⚠ ")
    assert "/dashboard/icon-stale.svg" == await page.page.locator("#icon").get_attribute("href")
    async with page.page.expect_navigation():
        await page.page.get_by_role("button", name="Try now").click()

    await expect(page.page.locator("#trust")).to_have_attribute("data-level", "behind")
    await expect(page.page.get_by_role("button", name="Try now")).to_be_hidden()


async def test_a_board_that_did_not_start_loads_itself_anew(watched: Opener, running: Plant) -> None:
    """After a minute, and not while the collector is away: the browser's own page would stay."""
    page = await failing(watched, running, "of another version")
    away = True

    async def ask(route: Route) -> None:
        await (route.abort() if away and is_question(route.request) else route.continue_())

    await page.page.route("**/dashboard/board", ask)
    await page.page.clock.install()
    await page.page.goto(f"{page.address}board")
    await expect(page.page.locator("#trust")).to_contain_text(SENTENCE)
    async with page.page.expect_event("requestfailed", is_question):
        await page.page.clock.fast_forward(A_MINUTE_OR_MORE_MS)
    await expect(page.page.locator("#trust")).to_contain_text(SENTENCE)
    away = False
    async with page.page.expect_navigation():
        await page.page.clock.fast_forward(A_MINUTE_OR_MORE_MS)

    await expect(page.page.locator("#trust")).to_have_attribute("data-level", "behind")


async def test_a_board_says_so_where_its_browser_lacks_something(watched: Opener, running: Plant) -> None:
    """Whatever it is that a module finds missing before it can ask the collector."""
    page = await watched(f"{running.url}/dashboard/")
    await page.page.add_init_script("delete window.ResizeObserver")
    await page.page.goto(f"{page.address}board")

    await expect(page.page.locator("#trust")).to_contain_text(SENTENCE)


async def hold_until(event: asyncio.Event, route: Route) -> None:
    """Let a request go on once it may."""
    await event.wait()
    await route.continue_()


async def test_a_slow_link_is_waited_for(watched: Opener, running: Plant) -> None:
    """The line says that the page is not all here; nothing is loaded anew, and what comes at last is shown."""
    page = await watched(f"{running.url}/dashboard/")
    held, loads = asyncio.Event(), []

    async def mark(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(
            response=answer, body=f"{await answer.text()}\ndocument.documentElement.dataset.isWatched = '';"
        )

    await page.page.route(MODULE, partial(hold_until, held))
    await page.page.route("**/unstarted.js", mark)
    page.page.on("request", lambda request: loads.append(request.method) if request.url.endswith("/board") else None)
    await page.page.clock.install()
    await page.page.goto(f"{page.address}board", wait_until="commit")
    await page.page.locator("html[data-is-watched] #try-now").wait_for(state="attached")
    await page.page.clock.fast_forward(SLOW_MS)
    await expect(page.page.locator("#trust")).to_contain_text("This page is not all here yet.")
    await page.page.clock.fast_forward(SOON_MS)
    asked = [*loads]
    answer = asyncio.Event()
    await page.page.route("**/api/floor/**", partial(hold_until, answer))
    held.set()
    await expect(page.page.locator("#verdict")).to_have_text("Asking the collector …")
    answer.set()

    await expect(page.page.locator("#trust")).to_have_attribute("data-level", "behind")
    await expect(page.page.get_by_role("button", name="Try now")).to_be_hidden()
    assert (["GET"], []) == (asked, page.misdeeds)


@pytest.mark.parametrize("path", ["", "board"])
async def test_a_page_that_runs_is_left_alone(watched: Opener, running: Plant, path: str) -> None:
    """Though its first answer is long in coming: no other sentence, and it is not loaded again."""
    page = await watched(f"{running.url}/dashboard/")
    loads: list[str] = []
    page.page.on("framenavigated", lambda frame: loads.append(frame.url))
    await page.page.route("**/api/floor/**", lambda _: None)
    await page.page.clock.install()
    await page.page.goto(page.address + path)
    for _ in range(3):
        await page.page.clock.fast_forward(A_MINUTE_OR_MORE_MS)

    await expect(page.page.locator("#trust")).to_contain_text("The collector does not answer.")
    assert 1 == len(loads)


async def test_what_watches_is_written_in_words_that_any_browser_knows() -> None:
    """What cannot read a module must be able to read this."""
    assert [] == NEWER_WORDS.findall((DASHBOARD / "unstarted.js").read_text("utf-8"))
