"""One browser and one finished shift for all tests of this folder; every test has a page of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, async_playwright

from tests.browser import chromium, programs
from tests.browser.watched_page import WatchedPage
from tests.support.programs import ROOT

INTRUDER = "<img src=x onerror=alert(1)>"
DASHBOARD = ROOT / "collector" / "dashboard"
MODULES = "http://modules.test"
CALL = "async ([module, name, values]) => (await import(module))[name](...values)"

ZONE = "America/New_York"
"""The browser's own: no time on any page may depend on it."""

Opener = Callable[[str], Awaitable[WatchedPage]]


class Call:
    """What calls a function of one of the page's modules, by the names of both and the arguments."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def __call__(self, module: str, name: str, *values: Any) -> Any:
        """Return what the function returns."""
        return await self.page.evaluate(CALL, [f"{MODULES}/{module}", name, list(values)])


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium; without one the test is skipped."""
    path = chromium.executable()
    if path is None:
        pytest.skip(chromium.MISSING)
    async with async_playwright() as playwright:
        browser = await chromium.launch(playwright, path)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def shift_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs of the finished shift keep what they have."""
    return tmp_path_factory.mktemp("shift")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shift(browser: Browser, shift_folder: Path) -> AsyncIterator[str]:
    """The dashboard's address after a finished shift in which the intruder worked, too."""
    folder = shift_folder / "data"
    async with programs.finished_shift(INTRUDER, log=shift_folder / "demo.log", folder=folder) as address:
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def watched(browser: Browser) -> AsyncIterator[Opener]:
    """A function from a dashboard's address to a watched page, not yet opened."""
    contexts = []

    async def new_page(address: str) -> WatchedPage:
        context = await browser.new_context(timezone_id=ZONE, viewport={"width": 1280, "height": 900})
        contexts.append(context)
        watched = WatchedPage(await context.new_page(), address)
        watched.watch()
        return watched

    yield new_page
    for context in contexts:
        await context.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def call(browser: Browser) -> AsyncIterator[Call]:
    """A browser's page that has the modules, and nothing else."""

    async def serve(route: Route) -> None:
        name = Path(route.request.url).name
        if name.endswith(".js"):
            await route.fulfill(path=DASHBOARD / name, content_type="text/javascript")
        else:
            await route.fulfill(body="<!doctype html><title>modules</title>", content_type="text/html")

    context = await browser.new_context(timezone_id=ZONE)
    await context.route("**/*", serve)
    page = await context.new_page()
    await page.goto(f"{MODULES}/")

    yield Call(page)
    await context.close()
