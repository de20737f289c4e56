"""Without a mouse, and under any name: the whole dashboard by keyboard, and names that look like something else."""

import csv
import io
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.browser.plant import NOW, Plant, call, plant
from tests.browser.watched_page import WatchedPage
from tests.support.collector import item
from tests.support.csv_cells import as_it_was

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NAMES = [
    "<&\"'/ \\",
    "<script>alert(1)</script>",
    "👷🏽‍♀️ Zoë",
    "محمد علي",
    "=1+1",
    "..",
    "a/b?c#d%2F",
    "{id} {",
    "x" * 64,
]
FOCUSED = """
() => {
    const part = document.activeElement;
    return part.getAttribute('aria-label') || part.textContent.trim() || part.id;
}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """The plant, where people and places have names of every kind."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        seen = [item("09:00", "W0", "working") | {"worker_id": name, "workstation_id": name} for name in NAMES]
        await call(there, "cam-1", seen, seen_up_to=NOW, seqs=[[100, 99 + len(seen)]], last_seq=99 + len(seen))
        yield there


async def opened(watched: Opener, running: Plant, path: str = "") -> WatchedPage:
    """A page of the plant."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(path)
    return page


def asked(page: WatchedPage) -> dict[str, list[str]]:
    """What stands in the page's address."""
    return parse_qs(urlsplit(page.page.url).query)


async def press(page: WatchedPage, key: str) -> None:
    """Press a key that leads to another stretch of time, and wait for its numbers."""
    async with page.page.expect_navigation():
        await page.page.keyboard.press(key)
    await page.page.wait_for_selector("#trust:not([data-level=asking])")


async def test_a_shift_lead_needs_no_mouse(watched: Opener, running: Plant) -> None:
    """One key for each way: before and after, today, yesterday, week, now, search, help."""
    page = await opened(watched, running)

    await page.page.locator("#workers td.place").first.click()  # a table that need not scroll takes no arrow
    await press(page, "ArrowLeft")
    assert {"shift": ["2026-01-14/late"]} == asked(page)
    await press(page, "ArrowRight")
    assert {"shift": ["2026-01-15/morning"]} == asked(page)
    for key, (start, end) in {"t": (14, 15), "y": (13, 14), "w": (8, 15)}.items():
        await press(page, "s")
        assert {} == asked(page)
        await press(page, key)
        days = [f"2026-01-{day:02}T22:00:00Z" for day in (start, end)]
        assert {"from": days[:1], "to": days[1:]} == asked(page)
    await press(page, "s")
    assert {} == asked(page)
    await page.page.keyboard.press("/")
    assert "find" == await page.page.evaluate("document.activeElement.id")
    await page.page.keyboard.type("zoë t")
    assert {"find": ["zoë t"]} == asked(page)  # while somebody types, no key leads away
    await page.page.keyboard.press("Escape")
    await page.page.locator("#verdict").click()
    await page.page.keyboard.press("?")
    await expect(page.page.get_by_role("dialog", name="Keys")).to_be_visible()
    await expect(page.page.locator("#key-find")).to_be_visible()
    await page.page.keyboard.press("Escape")
    await expect(page.page.get_by_role("dialog")).to_have_count(0)
    await page.open("hours")  # which shows a week by itself, and has nothing to find
    await page.page.keyboard.press("?")
    await expect(page.page.get_by_role("dialog", name="Keys")).to_be_visible()
    await expect(page.page.locator("#key-find")).to_be_hidden()
    await page.page.keyboard.press("Escape")
    await expect(page.page.get_by_role("dialog")).to_have_count(0)
    await page.page.locator("#verdict").click()  # the focus leaves the dialog only with the next frame
    await press(page, "s")
    await expect(page.page.locator("#period")).to_have_text("Thu 15 Jan · morning 07:00–15:00")
    assert [] == page.misdeeds


async def test_what_is_chosen_goes_along_to_other_times(watched: Opener, running: Plant) -> None:
    """Tab, order and search are the same before, after and live again, also those chosen since the page was opened."""
    page = await opened(watched, running, "?tab=stations")
    await page.page.locator("#stations").get_by_role("button", name="Units", exact=True).click()
    await page.page.locator("#find").fill("zoë")
    await page.page.locator("#verdict").click()
    chosen = {"tab": ["stations"], "sort_stations": ["-units_produced"], "find": ["zoë"]}

    await press(page, "ArrowLeft")
    assert chosen | {"shift": ["2026-01-14/late"]} == asked(page)
    async with page.page.expect_navigation():
        await page.page.get_by_role("link", name="Go live").click()
    assert chosen == asked(page)


def leads_nowhere(page: WatchedPage) -> list[str]:
    """Where a page goes from now on; so far nowhere."""
    places: list[str] = []
    page.page.on("request", lambda request: places.append(request.url) if request.is_navigation_request() else None)
    return places


async def test_an_arrow_in_the_heat_map_scrolls_it(watched: Opener, running: Plant) -> None:
    """Whoever reads on to the right stays at the time that he reads of; beside the map the arrow leads there as ever."""
    page = await opened(watched, running, "?tab=hours&shift=2026-01-15/morning")
    await page.page.set_viewport_size({"width": 320, "height": 800})
    places = leads_nowhere(page)
    heat = page.page.locator("#heat")
    await heat.focus()
    await page.page.keyboard.press("ArrowRight")
    assert await heat.evaluate(IS_SCROLLED)
    await heat.locator("td").first.click()  # a pointer leaves the focus elsewhere
    await page.page.evaluate("document.activeElement.blur()")
    await page.page.keyboard.press("ArrowLeft")
    await page.page.evaluate("fetch('/healthz').then(answer => answer.text())")
    assert [] == places

    await page.page.locator("#verdict").click()
    await press(page, "ArrowLeft")
    assert ["2026-01-14/late"] == asked(page)["shift"]
    assert [] == page.misdeeds


IN_SIGHT = """
region => {
    const known = [...region.querySelectorAll('tbody tr:last-child td')].find(cell => !cell.matches('.none, .no-data'));
    const [box, cell, day] = [region, known, known.parentElement.cells[0]].map(part => part.getBoundingClientRect());
    return [region.scrollLeft > 0, cell.left >= day.right - 1, cell.right <= box.right];
}
"""


async def test_on_a_phone_the_heat_map_begins_where_something_is_known(watched: Opener, running: Plant) -> None:
    """The first event is of ten to seven: nobody has to look for the day behind a night without data."""
    page = await watched(f"{running.url}/dashboard/")
    await page.page.set_viewport_size({"width": 390, "height": 844})
    await page.open("hours?from=2026-01-14T22:00:00Z&to=2026-01-15T22:00:00Z")

    assert [True, True, True] == await page.page.locator("#heat").evaluate(IN_SIGHT)
    assert [] == page.misdeeds


IS_SCROLLED = """
region => new Promise(done => {
    const look = () => (region.scrollLeft > 0 ? done(true) : requestAnimationFrame(look));
    setTimeout(() => done(false), 10_000);
    look();
})
"""
REFUSED = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }});"


@pytest.mark.parametrize("remembers", [True, False])
async def test_keys_can_be_turned_off(watched: Opener, running: Plant, remembers: bool) -> None:
    """Whoever speaks to the browser is not led away by a letter (WCAG 2.1.4); the browser remembers it if it may."""
    page = await watched(f"{running.url}/dashboard/")
    if not remembers:
        await page.page.add_init_script(REFUSED)
    await page.open()
    switch = page.page.get_by_role("checkbox", name="Use these keys")
    await page.page.keyboard.press("?")
    await expect(switch).to_be_checked()
    await switch.uncheck()
    await page.page.keyboard.press("Escape")
    await page.page.locator("#verdict").click()

    places = leads_nowhere(page)
    for key in ("t", "s", "ArrowLeft", "b", "/", "?"):
        await page.page.keyboard.press(key)
    await page.page.evaluate("fetch('/healthz').then(answer => answer.text())")
    assert ([], "BODY") == (places, await page.page.evaluate("document.activeElement.tagName"))
    await page.page.reload()
    await page.page.wait_for_selector("#trust:not([data-level=asking])")
    await page.page.get_by_role("button", name="Keys").click()
    await expect(switch).to_be_checked(checked=not remembers)
    await switch.check()
    await page.page.keyboard.press("Escape")
    await page.page.locator("#verdict").click()
    await press(page, "t")
    assert "from" in asked(page)
    assert ([], []) == (page.misdeeds, await page.page.context.cookies())


async def test_a_copied_link_shows_tomorrow_what_is_seen_today(watched: Opener, running: Plant) -> None:
    """A live page has no stretch of time in its address; its copied link has."""
    page = await opened(watched, running, "?tab=stations")
    await page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.page.get_by_role("button", name="Copy link").click()
    await expect(page.page.get_by_role("button", name="Copied")).to_be_visible()

    link = await page.page.evaluate("navigator.clipboard.readText()")

    meant = {"site": ["default"], "tab": ["stations"], "shift": ["2026-01-15/morning"]}
    assert meant == parse_qs(urlsplit(link).query)
    assert link.startswith(page.address)


async def test_every_control_is_reached_by_the_tab_key_in_the_order_it_is_read(watched: Opener, running: Plant) -> None:
    """Skip link, pages, stretches of time, tabs, search, headers, people; the focus is always to be seen."""
    page = await opened(watched, running)
    reached = []
    for _ in range(26):
        await page.page.keyboard.press("Tab")
        reached.append(await page.page.evaluate(FOCUSED))
        outline = await page.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"

    wanted = [
        "Skip to the numbers",
        "Floor",
        "Board",
        "What was before",
        "Copy link",
        "Keys",
        "1\u00a0conflict",
        "Workers",
        "find",
    ]
    assert wanted == [name for name in reached if name in wanted]
    assert reached.index("find") < reached.index("Worker") < reached.index("Util.")
    await page.page.get_by_role("tab", name="Workers").focus()
    await page.page.keyboard.press("ArrowRight")
    await expect(page.page.get_by_role("tabpanel", name="Stations")).to_be_visible()
    await page.page.get_by_role("button", name="Util.").first.focus()


async def test_a_stretch_of_time_is_typed_by_the_site_s_clock(watched: Opener, running: Plant) -> None:
    """The browser lives in New York, the site in Jerusalem: what is typed is what the clock on the wall there says."""
    page = await opened(watched, running)
    await page.page.locator("#period").press("Enter")
    dialog = page.page.get_by_role("dialog", name="What to look at")
    await expect(dialog.get_by_label("From")).to_have_value("2026-01-15T07:00")
    await dialog.get_by_label("From").fill("2026-01-15T08:00")
    await dialog.get_by_label("To").fill("2026-01-15T09:30")
    await dialog.get_by_role("button", name="Show from").click()
    await page.page.wait_for_url("**from=**")
    await page.page.wait_for_selector("#trust:not([data-level=asking])")

    assert {"from": ["2026-01-15T06:00:00Z"], "to": ["2026-01-15T07:30:00Z"]} == asked(page)
    await expect(page.page.locator("#period")).to_have_text("Thu 15 Jan 08:00–09:30")
    await expect(page.page.locator("#zone")).to_contain_text("Asia/Jerusalem, UTC+2")


async def test_names_of_any_kind_survive_page_address_and_file(watched: Opener, running: Plant) -> None:
    """Each is shown as it is, its link leads to its own page, the file has it, and nothing of it is run."""
    page = await opened(watched, running)
    shown = [row["name"] for row in await page.rows("workers")]
    file = list(csv.DictReader(io.StringIO((await running.get("/api/metrics/workers.csv")).text)))
    links = {name: await links_to(page, name) for name in NAMES}

    assert set(NAMES) <= set(shown)
    assert set(NAMES) <= {as_it_was(row["worker_id"]) for row in file}
    for name, (of_worker, of_station) in links.items():
        await page.page.goto(running.url + of_worker)
        await page.page.wait_for_selector("#spans tbody tr")
        await expect(page.page.locator("#heading")).to_have_text(name)
        assert [name] == [row["place"] for row in await page.rows("spans") if row["state"] != "no data"]
        await page.page.goto(running.url + of_station)
        await page.page.wait_for_selector("#workers tbody tr")
        await expect(page.page.locator("#heading")).to_have_text(name)
        assert [name] == [row["name"] for row in await page.rows("workers")]
    assert [] == page.misdeeds


async def links_to(page: WatchedPage, name: str) -> tuple[str, str]:
    """Where the names of a worker and of a workstation lead."""
    found = []
    for table in ("workers", "stations"):
        link = page.page.locator(f"#{table}").get_by_role("link", name=name, exact=True, include_hidden=True)
        found.append(str(await link.get_attribute("href")))
    return found[0], found[1]
