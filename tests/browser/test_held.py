"""What a reader holds on a page, a link under the keyboard or a text he copies, is there after it has been drawn again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.conftest import Opener
from tests.browser.plant import Plant, call, plant
from tests.browser.watched_page import WatchedPage
from tests.support.collector import at, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SELECT = "node => getSelection().selectAllChildren(node)"
COUNT_SELECTIONS = """
() => {
    const ask = window.getSelection.bind(window);
    window.asked = 0;
    window.getSelection = () => { window.asked += 1; return ask(); };
}
"""
SELECTED = "() => getSelection().toString()"
FOCUSED = "() => document.activeElement.textContent"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """The plant."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        yield there


@pytest.mark.parametrize(
    ("path", "link", "text"),
    [
        ("", "#workers tbody th a", "#workers tbody td.place"),
        ("stations/S1", "#workers tbody th a", "#workers tbody th"),
        ("workers/W1", "#spans-csv", "#spans tbody td.place"),
        ("cameras", "#cameras-csv", "#cameras tbody th"),
        ("hours", "a.file", "#hours tbody th"),
        ("data", "#events-csv", "#events tbody td.place"),
        ("data?tab=rejected", "#rejected-csv", "#rejected tbody code"),
        ("hours", "#heat", "#heat td.heat:not(.none)"),
        ("hours", "a.file", "#hour-bars text"),
        ("board", ".pages a", "#board-hours tbody td"),
        ("board", ".pages a", ".tile-name"),
    ],
)
async def test_focus_and_selection_outlive_what_is_new(
    watched: Opener, running: Plant, path: str, link: str, text: str
) -> None:
    """On every page with a table; a minute later its cells say what they said."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(path)
    await page.page.locator(link).first.focus()
    await page.page.locator(text).first.evaluate(SELECT)
    held = await page.page.evaluate(FOCUSED), await page.page.evaluate(SELECTED)
    before = await page.page.locator("#verdict-detail").inner_text()
    running.clock.advance(60)
    minute = f"11:{(running.clock.now() // 60_000_000) % 60:02}"
    await call(running, "cam-1", [], seen_up_to=minute, last_seq=99, batch=minute)
    await page.ask_now()
    await expect(page.page.locator("#verdict-detail")).not_to_have_text(before)

    assert held == (await page.page.evaluate(FOCUSED), await page.page.evaluate(SELECTED))
    assert all(held)
    assert [] == page.misdeeds


async def test_a_row_that_moves_is_held_on_to(watched: Opener, tmp_path: Path) -> None:
    """Whoever becomes idle goes to the top; the others go round the row. To ask what is selected would lay the page out, so nobody asks then."""
    async with running_collector(tmp_path) as there:
        there.clock.set(at("09:00"))
        seen = [item("08:00", f"W{number}", "working") for number in range(1, 6)]
        await call(there, "cam-1", seen, seen_up_to="09:00")
        page = await watched(f"{there.url}/dashboard/")
        await page.open()
        before = [row["name"] for row in await page.rows("workers")]
        picture = page.page.get_by_role("button", name="W4: working")
        await picture.focus()
        await page.page.locator("#workers tbody tr", has=picture).locator(".place").evaluate(SELECT)
        await page.page.evaluate(COUNT_SELECTIONS)
        there.clock.set(at("09:10"))
        await call(
            there, "cam-1", [item("09:05", "W4", "idle")], seen_up_to="09:10", seqs=[[6, 6]], last_seq=6, batch="2"
        )
        await page.ask_now()
        await expect(page.page.locator("#workers tbody tr").first).to_contain_text("W4")

        assert 0 == await page.page.evaluate("window.asked")
        assert ["W1", "W2", "W3", "W4", "W5"] == before
        assert ["W4", "W1", "W2", "W3", "W5"] == [row["name"] for row in await page.rows("workers")]
        assert "W4: working" in await page.page.evaluate("document.activeElement.firstElementChild.ariaLabel")
        assert "S4" == await page.page.evaluate(SELECTED)
        assert [] == page.misdeeds


async def test_copying_a_link_leaves_the_keyboard_where_it_was(watched: Opener, running: Plant) -> None:
    """Also over a network in clear, where browsers keep the clipboard from pages."""
    page = await watched(f"{running.url}/dashboard/")
    await page.page.add_init_script("Object.defineProperty(Navigator.prototype, 'clipboard', {value: undefined})")
    await page.open()
    await page.page.locator("#copy-link").press("Enter")
    await expect(page.page.locator("#copy-link")).to_have_text("Copied")

    await expect(page.page.locator("#copy-link")).to_be_focused()


async def test_a_named_workstation_is_found_by_its_name(watched: Opener, running: Plant) -> None:
    """Whoever is there is found by what is shown, and by the id; where somebody was last counts as well."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open()
    shown = {row["name"]: row["place"] for row in await page.rows("workers")}
    found = {}
    for text in ("press", "S1", "S2"):
        await page.page.locator("#find").fill(text)
        found[text] = {row["name"] for row in await page.rows("workers")}

    assert "Press" == shown["Zoë"]
    assert {"press": {"Zoë"}, "S1": {"Zoë"}, "S2": {"W2"}} == found


async def test_ids_and_names_are_found_in_any_language(browser: Browser, tmp_path: Path) -> None:
    """Also where a small I has no dot by the browser's language, and where an accent is a character of its own."""
    async with running_collector(tmp_path) as there:
        there.clock.set(at("11:40"))
        seen = [item("11:00", "ID4882", "working"), item("11:00", "Zoe\u0308", "idle")]
        await call(there, "cam-1", seen, seen_up_to="11:40")
        context = await browser.new_context(locale="tr-TR")
        page = WatchedPage(await context.new_page(), f"{there.url}/dashboard/")
        await page.open()
        found = {}
        for text in ("ID", "id4", "zoë"):
            await page.page.locator("#find").fill(text)
            found[text] = [row["name"] for row in await page.rows("workers")]
        await context.close()

        assert {"ID": ["ID4882"], "id4": ["ID4882"], "zoë": ["Zoe\u0308"]} == found


async def test_each_table_of_a_page_keeps_its_order(watched: Opener, running: Plant) -> None:
    """In the address; a link from before they had keys of their own sorts what has such a column."""
    page = await watched(f"{running.url}/dashboard/")
    sorted_by = "() => [...document.querySelectorAll('#parts [aria-sort], #spans [aria-sort]')].map(header => header.dataset.column)"
    await page.open("workers/W1?sort=-length")
    old = await page.page.evaluate(sorted_by)
    await page.page.locator("#parts").get_by_role("button", name="Units").click()
    await page.page.locator("#spans").get_by_role("button", name="State").click()
    await page.page.reload()

    await expect(page.page.locator("#spans tbody tr").first).to_be_visible()
    assert (["name", "length"], ["units_produced", "state"]) == (old, await page.page.evaluate(sorted_by))


async def test_a_new_rejected_item_leaves_the_others_alone(watched: Opener, running: Plant) -> None:
    """Also where there are more than the page shows, and where several are alike."""
    await running.post([{"timestamp": "never"}, {"timestamp": "never"}, *({"timestamp": f"t{n}"} for n in range(200))])
    running.clock.advance(60)
    page = await watched(f"{running.url}/dashboard/")
    await page.open("data?tab=rejected")
    first = page.page.locator("#rejected tbody code").first
    text = await first.inner_text()
    await first.evaluate(SELECT)
    await running.post([{"timestamp": "one more"}])
    running.clock.advance(60)
    await page.ask_now()

    await expect(first).to_contain_text("one more")
    assert text == await page.page.evaluate(SELECTED)
    assert 200 == len(await page.rows("rejected"))


async def test_spans_are_sorted_by_the_names_of_their_workstations(watched: Opener, running: Plant) -> None:
    """S1 is called Press: that is before Q1."""
    await running.post(
        [item(at, "W7", "working") | {"workstation_id": place} for at, place in (("09:00", "S1"), ("09:10", "Q1"))]
    )
    page = await watched(f"{running.url}/dashboard/")
    await page.open("workers/W7")
    await page.page.locator("#spans").get_by_role("button", name="Station").click()

    places = [row["place"] for row in await page.rows("spans")]
    assert ["Press", "Q1"] == list(dict.fromkeys(place for place in places if place != "–"))
