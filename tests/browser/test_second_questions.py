"""What pages ask beside the floor: where that fails the page says so, keeps what it has, and asks again."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from tests.browser.conftest import Opener
from tests.browser.plant import Plant, plant

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

METRICS = "**/api/metrics/**"
FAILURES: dict[str, Callable[[Route], Awaitable[None]]] = {
    "no answer": lambda route: route.abort(),
    "503": lambda route: route.fulfill(status=503, json={"error": "busy"}),
    "429": lambda route: route.fulfill(status=429, json={"error": "too many"}),
}


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
