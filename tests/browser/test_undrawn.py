"""Answers that a page cannot draw: it says so, as of any failure, and draws the next one that it can."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from tests.browser.conftest import Opener
from tests.browser.plant import Plant, plant

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FLOOR = "**/api/floor/**"
WORDS = "this page cannot show what the collector tells since; load it anew."


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
    await page.ask_now()

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
