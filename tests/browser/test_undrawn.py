"""Answers that a page cannot draw: it says so, as of any failure, and draws the next one that it can."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from tests.browser.conftest import Opener
from tests.browser.plant import NOW, Plant, call, plant
from tests.browser.watched_page import WatchedPage
from tests.support.collector import at, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FLOOR = "**/api/floor/**"
WORDS = "this page cannot show what the collector tells since; load it anew."
MANY = 200
LAST = 150
"""A row far below the screen."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """The plant."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        yield there


async def older(route: Route) -> None:
    """Answer as a collector that has never heard of warnings."""
    answer = await route.fetch()
    if answer.status == 200:
        await route.fulfill(response=answer, json={**await answer.json(), "warnings": None})
    else:
        await route.fulfill(response=answer)


async def try_now(page: WatchedPage) -> None:
    """Ask once more, also where a question is under way: the next one by itself may be a while off."""
    await page.page.locator("#try-now").evaluate("button => button.click()")


@pytest.mark.parametrize("path", ["", "board"])
async def test_numbers_that_a_page_cannot_replace_are_called_old(watched: Opener, running: Plant, path: str) -> None:
    """Line, title and icon say it, on a board the bar; the answer that can be drawn again is, be it the same one."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(path)
    name, trust = await page.page.title(), page.page.locator("#trust")
    await page.page.route(FLOOR, older)
    running.clock.advance(60)
    for _ in range(2):  # the second answer is a 304
        async with page.page.expect_response(FLOOR):
            await page.ask_now()
        await expect(trust).to_contain_text(WORDS)
        await expect(page.page.get_by_role("status")).to_contain_text("Showing data of")
    await expect(page.page).to_have_title(re.compile("stale"))
    await expect(page.page.locator("#icon")).to_have_attribute("href", "/dashboard/icon-stale.svg")
    if path == "board":
        await expect(page.page.get_by_role("alert")).to_contain_text("NO DATA SINCE")
    await page.page.unroute(FLOOR)
    running.clock.advance(60)
    await try_now(page)

    await expect(page.page).to_have_title(name)
    await expect(trust).not_to_contain_text(WORDS)
    assert [] == [misdeed for misdeed in page.misdeeds if misdeed.startswith("error")]


async def test_a_page_that_cannot_draw_its_first_answer_says_so(watched: Opener, running: Plant) -> None:
    """Without a number under it."""
    page = await watched(f"{running.url}/dashboard/")
    await page.page.route(FLOOR, older)
    await page.open()

    await expect(page.page.locator("#trust")).to_contain_text(
        "This page cannot show what the collector tells. Load it anew, or in a newer browser."
    )
    await expect(page.page.locator("main .cards")).to_be_hidden()


@pytest.mark.parametrize("path", ["workers/%FF", "stations/%E0%A4%A"])
async def test_an_address_that_spells_no_id_has_a_page(watched: Opener, running: Plant, path: str) -> None:
    """Of an id that nobody has."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(path)

    await expect(page.page.locator("body")).to_contain_text(path.partition("/")[2])
    assert [] == [misdeed for misdeed in page.misdeeds if misdeed.startswith("error")]


@pytest_asyncio.fixture(loop_scope="session")
async def crowded(tmp_path: Path) -> AsyncIterator[Plant]:
    """As many workers as are drawn in several turns."""
    async with running_collector(tmp_path) as there:
        there.clock.set(at("11:40"))
        await call(
            there, "cam-1", [item("11:00", f"W{number:03}", "working") for number in range(MANY)], seen_up_to=NOW
        )
        yield there


def without_timeline(*places: int) -> Callable[[Route], Awaitable[None]]:
    """Answer with rows of workers of which the page cannot draw the picture."""

    async def answer(route: Route) -> None:
        real = await route.fetch()
        if real.status != 200:
            await route.fulfill(response=real)
            return
        told = await real.json()
        for place in places:
            told["workers"][place]["timeline"] = None
        await route.fulfill(response=real, json=told)

    return answer


async def go_on(there: Plant) -> None:
    """Let a minute pass, and something be made in it."""
    there.clock.advance(60)
    made = item("11:40:30", "W000", "product_count", count=500)
    await call(there, "cam-1", [made], seen_up_to="11:41", batch="b2", seqs=[[MANY + 1, MANY + 1]], last_seq=MANY + 1)


@pytest.mark.parametrize("places", [(LAST,), (0,)], ids=["below the screen", "in sight"])
async def test_what_is_drawn_of_an_answer_is_taken_back_where_a_row_fails(
    watched: Opener, crowded: Plant, places: tuple[int, ...]
) -> None:
    """Cards, rows and totals are those of the time that the line names; the same answer, once it can be drawn, is."""
    page = await watched(f"{crowded.url}/dashboard/")
    await page.open("?from=2026-01-15T08:00:00Z")
    trust, made = page.page.locator("#trust"), page.page.locator("[data-factory=total_units_produced]").first
    before = await page.cards(), await page.rows("workers"), await page.totals("workers")
    await page.page.route(FLOOR, without_timeline(*places))
    await go_on(crowded)
    for _ in range(2):
        async with page.page.expect_response(FLOOR):
            await page.ask_now()
        await expect(trust).to_contain_text(WORDS)
    await page.page.wait_for_selector("[aria-busy]", state="detached")
    after = await page.cards(), await page.rows("workers"), await page.totals("workers")
    await page.page.unroute(FLOOR)
    crowded.clock.advance(60)
    await try_now(page)

    await expect(trust).not_to_contain_text(WORDS)
    await expect(made).to_have_text("500")
    assert before == after
    assert [] == [misdeed for misdeed in page.misdeeds if misdeed.startswith("error")]


async def test_a_first_answer_of_which_a_row_fails_later_shows_no_number(watched: Opener, crowded: Plant) -> None:
    """Nor does the page wait for rows for ever."""
    page = await watched(f"{crowded.url}/dashboard/")
    await page.page.route(FLOOR, without_timeline(LAST))
    await page.open("?from=2026-01-15T08:00:00Z")

    await expect(page.page.locator("#trust")).to_contain_text("This page cannot show what the collector tells.")
    await expect(page.page.locator("main .cards")).to_be_hidden()


async def test_what_is_not_for_somebody_s_eyes_any_more_is_not_brought_back(watched: Opener, running: Plant) -> None:
    """By an answer without persons that the page cannot draw to its end."""

    async def answer(route: Route) -> None:
        real = await route.fetch()
        told = await real.json() | {"shows_persons": False, "workers": None, "hours": None}
        await route.fulfill(response=real, json=told)

    page = await watched(f"{running.url}/dashboard/")
    await page.open()
    await expect(page.page.locator("#workers")).to_contain_text("Zoë")
    await page.page.route(FLOOR, answer)
    running.clock.advance(60)
    await page.ask_now()

    await expect(page.page.locator("#trust")).to_contain_text("This page cannot show what the collector tells.")
    await expect(page.page.locator("body")).not_to_contain_text("Zoë")
