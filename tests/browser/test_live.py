"""A page that goes on: every quarter of a minute all of it is asked for again, and only what differs is drawn."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import MODULES, Call, Opener
from tests.browser.plant import Plant, call
from tests.browser.watched_page import WatchedPage
from tests.support.collector import at, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TOUCHED = """
body => {
    const told = change => change.attributeName ?? (change.type === 'childList' ? 'an element' : 'a text');
    window.touched = new Set();
    new MutationObserver(changes => changes.forEach(change => window.touched.add(told(change))))
        .observe(body, {subtree: true, childList: true, attributes: true, characterData: true});
}
"""
COUNTED = """
async module => {
    const { keyedTable } = await import(module);
    const table = document.createElement('table');
    table.innerHTML = '<thead><tr><th data-column="name"></th><th data-column="since"></th></tr></thead><tbody></tbody>';
    document.body.replaceChildren(table);
    const drawn = [];
    const draw = column => (cell, item) => drawn.push(`${column} of ${item.name}`);
    const inTable = keyedTable(table, {
        keyOf: item => item.name, moving: ['since'], draw: { name: draw('name'), since: draw('since') },
    });
    const found = [];
    for (const [stamp, seen] of [[1, 5], [1, 5], [2, 5], [3, 6]]) {
        inTable.update([{ name: 'W1', seen: 1 }, { name: 'W2', seen }], { stamp });
        found.push(drawn.splice(0));
    }
    return found;
}
"""
MOVED = """
async ([module, before, after]) => {
    const { arrange } = await import(module);
    const list = document.createElement('ul');
    const elements = new Map([...new Set(before + after)].map(name => [name, document.createElement('li')]));
    list.append(...[...before].map(name => elements.get(name)));
    const observer = new MutationObserver(() => undefined);
    observer.observe(list, {childList: true});
    arrange(list, [...after].map(name => elements.get(name)));
    const moves = observer.takeRecords().filter(record => record.addedNodes.length > 0).length;
    const names = new Map([...elements].map(([name, element]) => [element, name]));
    return [[...list.children].map(element => names.get(element)).join(''), moves];
}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def live(tmp_path: Path) -> AsyncIterator[Plant]:
    """At nine o'clock one works and one is idle; of a third nobody has known since twenty to."""
    async with running_collector(tmp_path) as there:
        there.clock.set(at("09:00"))
        seen = [item("08:10", "W1", "working"), item("08:30", "W2", "idle")]
        await call(there, "cam-1", seen, seen_up_to="09:00")
        await call(there, "cam-2", [item("08:20", "W3", "working")], seen_up_to="08:40")
        yield there


async def test_a_page_that_goes_on_draws_only_what_has_moved(watched: Opener, live: Plant) -> None:
    """Where nothing but the time has moved, no text and no element is made anew; what there is equals a page just opened."""
    page = await watched(f"{live.url}/dashboard/")
    await page.open()
    rows = page.page.locator("#workers tbody")
    now = rows.locator("line.now").first
    before = await now.get_attribute("x1")
    await rows.evaluate(TOUCHED)
    await go_on(page, live, until="09:00:20")
    unseen = await page.page.evaluate("[...window.touched]")
    await go_on(page, live, until="09:00:50")  # within the minute, and farther than half a pixel
    await expect(now).not_to_have_attribute("x1", str(before))
    touched, shown = await page.page.evaluate("[...window.touched].sort()"), await rows.inner_html()
    await page.open()

    assert [] == unseen
    assert {"d", "width", "x1", "x2"} == set(touched) - {"x"}
    assert await rows.inner_html() == shown
    assert [] == page.misdeeds


async def go_on(page: WatchedPage, live: Plant, *, until: str) -> None:
    """Let time pass in which nothing is told but that the first camera watches, and the page draw that."""
    live.clock.set(at(until))
    await call(live, "cam-1", [], seen_up_to=until, batch=until)
    read_at = page.page.locator("#read-at")
    read_before = await read_at.inner_text()
    await page.ask_now()
    await expect(read_at).not_to_have_text(read_before)
    await page.page.wait_for_selector("[aria-busy]", state="detached")


async def test_of_a_row_that_has_not_changed_only_what_moves_is_drawn(call: Call) -> None:
    """Another time costs such a row the cells that tell of time; an answer of the same time costs it nothing."""
    found = await call.page.evaluate(COUNTED, f"{MODULES}/keyed_table.js")

    everything = ["name of W1", "since of W1", "name of W2", "since of W2"]
    assert [everything, [], ["since of W1", "since of W2"], ["since of W1", "name of W2", "since of W2"]] == found


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        ("", "abc", 3),
        ("abcdef", "abcdef", 0),
        ("abcdef", "bcdefa", 1),
        ("abcdef", "fabcde", 1),
        ("abcdef", "abxcdef", 1),
        ("abcdef", "badcfe", 3),
        ("abcdef", "fedcba", 5),
        ("abcdefgh", "hbxcdaefg", 3),
    ],
)
async def test_rows_find_their_order_with_few_moves(call: Call, before: str, after: str, moves: int) -> None:
    """Whoever goes from the head of a table to its foot takes no other row along."""
    found = await call.page.evaluate(MOVED, [f"{MODULES}/arrange.js", before, after])

    assert [after, moves] == found
