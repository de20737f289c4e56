"""Logging in with a real browser: the form, its cookie, and what a browser itself makes of Origin and policy."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.support.programs import collector, command

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

PASSWORD = "correct horse battery staple"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def asking(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[str, Path]]:
    """A collector that wants a login, and its database."""
    file = tmp_path_factory.mktemp("asking") / "collector.db"
    options = ("--password-stdin", "--role", "supervisor", "--database", str(file))
    await command("collector", "users", "add", "amit", *options, stdin=f"{PASSWORD}\n".encode())
    async with collector(file) as (url, _):
        yield url, file


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page of a browser that knows nobody."""
    context = await browser.new_context()
    yield await context.new_page()
    await context.close()


async def log_in(page: Page, password: str) -> None:
    """Fill in the form and send it."""
    await page.get_by_label("Name").fill("amit")
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Log in").click()


async def test_somebody_logs_in_and_out(page: Page, asking: tuple[str, Path]) -> None:
    """The dashboard leads to the form, the form back to it; a script sees no cookie; logged out, the form is there again."""
    url, _ = asking
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    await page.goto(f"{url}/dashboard/?site=default")
    asked = urlsplit(page.url).path
    await log_in(page, PASSWORD)
    await page.wait_for_url(f"{url}/dashboard/?site=default")
    cookies = await page.context.cookies()
    seen = await page.evaluate("document.cookie")
    status = await page.evaluate("async () => (await fetch('/api/metrics/workers/')).status")
    logged_while_in = list(errors)
    await page.get_by_role("button", name="Log out").click()
    await page.wait_for_url("**/login*")
    await page.goto(f"{url}/dashboard/")

    assert ("/login", "/login") == (asked, urlsplit(page.url).path)
    assert [("lineside", True, "Lax")] == [(one["name"], one["httpOnly"], one["sameSite"]) for one in cookies]
    assert ("", 200, []) == (seen, status, logged_while_in)


async def test_a_wrong_password_is_told_and_the_form_stays(page: Page, asking: tuple[str, Path]) -> None:
    """The message is an alert, so that it is read out; axe finds nothing on the form, light and dark."""
    url, _ = asking
    await page.goto(f"{url}/login")
    await log_in(page, "wrong password")

    await expect(page.get_by_role("alert")).to_have_text("That name and password are not known here.")
    await expect(page.get_by_label("Password")).to_be_empty()
    assert [] == await violations(page)


async def test_a_screen_on_a_wall_opens_its_link(page: Page, asking: tuple[str, Path]) -> None:
    """The link is out of the address afterwards, and the browser shows what a viewer may see."""
    url, file = asking
    link = (await command("collector", "boards", "add", "hall", "--database", str(file))).out.strip()
    await page.goto(url + link)
    statuses = await page.evaluate(
        "async () => Promise.all(['floor', 'metrics/workers'].map(async (one) => (await fetch(`/api/${one}/`)).status))"
    )

    assert f"{url}/dashboard/board" == page.url
    assert [200, 403] == statuses
