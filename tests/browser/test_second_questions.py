"""What pages ask beside the floor: where that fails the page says so, keeps what it has, and asks again."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Request, Route, expect

from collector.grants import Role
from tests.browser.conftest import Opener
from tests.browser.plant import Plant, plant
from tests.collector.web.tokens import session
from tests.support.collector import running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

METRICS = "**/api/metrics/**"
FAILURES: dict[str, Callable[[Route], Awaitable[None]]] = {
    "no answer": lambda route: route.abort(),
    "503": lambda route: route.fulfill(status=503, json={"error": "busy"}),
    "429": lambda route: route.fulfill(status=429, json={"error": "too many"}),
}


def is_me(request: Request) -> bool:
    """Whether it is asked who is logged in."""
    return request.url.endswith("/api/me/")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """The plant."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        yield there


@pytest.mark.parametrize("failure", FAILURES)
async def test_whoever_was_at_a_workstation_stays_while_that_cannot_be_read(
    watched: Opener, running: Plant, failure: str
) -> None:
    """Under a line that calls it old; what failed is asked for again though the floor has not changed."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open("stations/S1")
    trust, people = page.page.locator("#trust"), page.page.locator("#people")
    occupied = page.page.locator("#occupied")
    await page.page.route(METRICS, FAILURES[failure])
    running.clock.advance(16)
    await page.ask_now()
    await expect(trust).to_have_attribute("data-level", "stale")
    await expect(people).to_be_visible()
    await expect(occupied).to_have_text("5:25")
    await page.page.unroute(METRICS)
    await page.page.get_by_role("button", name="Try now").click()

    await expect(trust).to_have_attribute("data-level", "behind")
    await expect(people.get_by_role("link", name="Zoë")).to_be_visible()
    await expect(occupied).to_have_text("5:25")
    assert [] == [misdeed for misdeed in page.misdeeds if misdeed.startswith("error")]


@pytest.mark.parametrize("failure", FAILURES)
async def test_who_is_logged_in_is_asked_until_it_is_told(watched: Opener, tmp_path: Path, failure: str) -> None:
    """The way out is there then, and the lines for a first event have a token; they are not there without before."""
    times = 0

    async def fail_once(route: Route) -> None:
        nonlocal times
        times += 1
        await (FAILURES[failure](route) if times == 1 else route.continue_())

    async with running_collector(tmp_path) as there:
        page = await watched(f"{there.url}/dashboard/")
        cookie = (await session(there, Role.supervisor))["Cookie"].partition("=")[2]
        await page.page.context.add_cookies([{"name": "lineside", "value": cookie, "url": there.url}])
        await page.page.route("**/api/me/", fail_once)
        async with page.page.expect_event("requestfinished" if failure != "no answer" else "requestfailed", is_me):
            await page.open()
        await expect(page.page.locator("#first-steps-callers")).to_contain_text("No edge agent has called yet.")
        lines = await page.page.locator("#line-curl").inner_text()
        for _ in range(2):  # the third question has nothing to ask any more
            async with page.page.expect_response("**/api/floor/**"):
                await page.ask_now()

        await expect(page.page.get_by_role("button", name="Log out")).to_be_visible()
        await expect(page.page.locator("#needs-token")).to_be_visible()
        await expect(page.page.locator("#line-curl")).to_contain_text("Authorization")
        assert ("", 2) == (lines, times)
