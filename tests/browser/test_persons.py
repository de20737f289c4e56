"""Who may see persons, and who may not: the same pages, with and without them, and the way out."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from collector.grants import Role
from tests.browser.conftest import Opener
from tests.browser.plant import Plant, plant
from tests.browser.watched_page import WatchedPage
from tests.collector.web.tokens import session, session_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PERSONS = ("Zoë", "W1", "W2", "W3")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cookies(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Plant, dict[Role, str]]]:
    """A plant whose people log in, and the cookie of one of each role."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        cookies = {}
        for role in (Role.viewer, Role.supervisor):
            cookies[role] = (await session(there, role))["Cookie"].partition("=")[2]
        yield there, cookies


async def opened(watched: Opener, cookies: tuple[Plant, dict[Role, str]], role: Role, *, path: str = "") -> WatchedPage:
    """A page as somebody of a role sees it."""
    there, known = cookies
    page = await watched(f"{there.url}/dashboard/")
    await page.page.context.add_cookies([{"name": "lineside", "value": known[role], "url": there.url}])
    await page.open(path)
    return page


async def test_whoever_may_see_no_persons_sees_everything_else(
    watched: Opener, cookies: tuple[Plant, dict[Role, str]]
) -> None:
    """Workstations, sums, hours and cameras are there; the tab of workers is gone, and no name is on any page."""
    page = await opened(watched, cookies, Role.viewer)
    await expect(page.page.get_by_role("tab", name="Workers")).to_be_hidden()

    assert ["Press", "S2", "S3"] == sorted(row["name"] for row in await page.rows("stations"))
    assert "5:25" != (await page.cards())["total_productive_us"]
    for path in ("", "stations/S1", "board", "hours", "cameras"):
        await page.open(path)
        text = await page.page.locator("body").inner_text()

        assert (path, []) == (path, [name for name in PERSONS if name in text])
    assert [] == page.misdeeds


async def test_pages_about_persons_are_refused_in_words(
    watched: Opener, cookies: tuple[Plant, dict[Role, str]]
) -> None:
    """Whoever guesses their address is told so by the collector; no name, no id, no event is on them."""
    page = await opened(watched, cookies, Role.viewer, path="workers/W1")
    for path in ("workers/W1", "data", "data?tab=rejected"):
        await page.open(path)
        await expect(page.page.locator("#trust[data-level=stale]")).to_contain_text(
            "The collector cannot show this page."
        )
        text = await page.page.locator("body").inner_text()
        written = await page.page.locator("main").evaluate("main => main.innerHTML + document.title")

        assert (path, []) == (path, [name for name in PERSONS if name in text or name in written])
    assert {True} == {"403" in misdeed for misdeed in page.misdeeds}  # what a browser says of every refusal


@pytest.mark.parametrize("role", [Role.viewer, Role.supervisor])
async def test_the_page_of_settings_is_not_for_everybody(
    watched: Opener, cookies: tuple[Plant, dict[Role, str]], role: Role
) -> None:
    """It is for admins, and the bar on top does not lead there."""
    page = await opened(watched, cookies, role)
    await expect(page.page.locator("#account")).to_contain_text(role.name)
    assert 0 == await page.page.get_by_role("link", name="Admin").count()
    answer = await page.page.goto(f"{page.address}admin")

    assert answer is not None
    assert 403 == answer.status
    assert [] == [name for name in PERSONS if name in await answer.text()]


async def test_a_supervisor_sees_who_it_is_and_the_way_out(
    watched: Opener, cookies: tuple[Plant, dict[Role, str]]
) -> None:
    """Name and role stand in the bar; logging out leads to the login, and the pages are closed behind."""
    page = await opened(watched, cookies, Role.supervisor)
    await expect(page.page.get_by_role("rowheader", name="Zoë")).to_be_visible()
    await expect(page.page.locator("#account")).to_contain_text("supervisor")

    await page.page.get_by_role("button", name="Log out").click()
    await page.page.wait_for_url("**/login**")
    await page.page.goto(page.address)

    assert "/login" in page.page.url


async def look_as(page: WatchedPage, cookie: str) -> None:
    """Show the cookie of another role from now on, as after a change of it, or of the person at the screen."""
    await page.page.context.add_cookies([{"name": "lineside", "value": cookie, "url": page.origin}])


async def test_a_role_that_is_taken_away_takes_persons_off_an_open_page(
    watched: Opener, cookies: tuple[Plant, dict[Role, str]]
) -> None:
    """Nothing of them is left in it, not even out of sight; what the page may still show it shows, else it says why not."""
    there, known = cookies
    own = (await session_of(there, Role.supervisor.name))["Cookie"].partition("=")[2]
    page = await opened(watched, (there, {Role.supervisor: own}), Role.supervisor)
    left = {"": "#tab-workers", "stations/S1": "#people", "workers/W1": None, "data": None}
    for path, hidden in left.items():
        await look_as(page, own)
        await page.open(path)
        await expect(page.page.locator("body")).to_contain_text("W1" if path == "data" else "Zoë")
        if hidden is not None:
            await page.page.locator("#workers").get_by_role("button", name="Zoë").click()
            await expect(page.page.locator("#moment-dialog")).to_contain_text("Zoë")
        await look_as(page, known[Role.viewer])
        await page.ask_now()
        if hidden is not None:
            await expect(page.page.locator(hidden)).to_be_hidden()
        else:
            await expect(page.page.get_by_role("status")).to_have_text("The collector cannot show this page.")
        written = await page.page.evaluate("document.body.innerText + document.body.innerHTML + document.title")

        assert (path, []) == (path, [name for name in PERSONS if name in written])
    await look_as(page, own)
    await page.ask_now()
    await expect(page.page.locator("#events")).to_contain_text("W1")


async def test_whoever_asks_too_often_sees_how_old_the_numbers_are(
    watched: Opener, cookies: tuple[Plant, dict[Role, str]]
) -> None:
    """A refusal is no answer: the numbers stay, with their time and the reason, and a board says so across the hall."""
    there, _ = cookies
    own = (await session_of(there, Role.viewer.name))["Cookie"]
    page = await opened(watched, (there, {Role.viewer: own.partition("=")[2]}), Role.viewer, path="board")
    bar = page.page.get_by_role("alert")
    await expect(bar).to_be_hidden()
    while (await there.ask("GET", "/api/me/", headers={"Cookie": own})).status != 429:
        pass
    await page.ask_now()

    await expect(page.page.locator("#trust[data-level=stale]")).to_contain_text("the collector gives nothing new")
    await expect(page.page.get_by_role("status")).to_contain_text("Showing data of")
    await expect(bar).to_contain_text("NO DATA SINCE")
    await expect(page.page.locator(".tile", has_text="Press")).to_be_visible()
    there.clock.advance(60)
    await page.ask_now()
    await expect(bar).to_be_hidden()


async def test_a_session_that_ends_leads_to_the_login(watched: Opener, cookies: tuple[Plant, dict[Role, str]]) -> None:
    """An open page does not go on showing old numbers as if nothing had happened."""
    page = await opened(watched, cookies, Role.viewer)
    await page.page.context.clear_cookies()
    await page.ask_now()

    await page.page.wait_for_url("**/login?next=**")
