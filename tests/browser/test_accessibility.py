"""Every page for everybody: no violation that axe finds, light and dark, wide and narrow; everything by keyboard alone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe

from tests.browser.conftest import Opener
from tests.browser.plant import Plant, plant

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NARROW = 320
"""A phone, and a desktop at 400 % zoom (WCAG 1.4.10)."""
PAGES = {
    "floor": "",
    "floor of the past": "?shift=2026-01-14/morning",
    "stations": "?tab=stations",
    "hours of the floor": "?tab=hours",
    "worker": "workers/W1",
    "station": "stations/S1",
    "hours": "hours?shift=2026-01-15/morning",
    "cameras": "cameras",
    "board": "board",
    "data": "data",
    "conflicts": "data?tab=conflicts",
    "rejected": "data?tab=rejected",
    "nobody": "?from=2025-01-01T00:00:00Z&to=2025-01-02T00:00:00Z",
}
EVERYTHING = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""All that the other scheme changes."""
TOO_SMALL = """
() => [...document.querySelectorAll('a[href], button, input, select, [role=tab], [role=button]')]
    .filter(part => part.checkVisibility({checkVisibilityCSS: true}) && !part.closest('.skip'))
    .map(part => [part.textContent.trim() || part.id, part.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && (box.height < 43.5 || box.width < 43.5))
    .map(([text, box]) => `${text}: ${Math.round(box.width)} × ${Math.round(box.height)}`)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """A plant in which everything happens that has a look of its own."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        yield there


@pytest.mark.parametrize("name", PAGES)
async def test_axe_finds_nothing(watched: Opener, running: Plant, name: str) -> None:
    """By the rules of WCAG 2.2 A and AA and by good practice; in both schemes, and on a phone nothing is cut off or smaller than 44 pixels."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(PAGES[name])
    violations = []
    for scheme, rules in (("light", EVERYTHING), ("dark", COLOURS)):
        await page.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        found = await Axe().run(page.page, options=rules)
        violations += [
            f"{scheme}: {one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for one in found.response["violations"]
            for node in one["nodes"]
        ]
    await page.page.set_viewport_size({"width": NARROW, "height": 844})
    assert NARROW >= await page.page.evaluate("document.documentElement.scrollWidth")
    assert ([], [], []) == (violations, await page.page.evaluate(TOO_SMALL), page.misdeeds)


async def test_states_are_told_apart_without_colours(watched: Opener, running: Plant) -> None:
    """Where the system forces its two colours, shapes remain; nothing on the page moves by itself."""
    page = await watched(f"{running.url}/dashboard/")
    await page.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    await page.open()
    fills = await page.page.evaluate(
        "[...document.querySelectorAll('svg.picture path')].map(path => getComputedStyle(path).fill)"
    )
    heights = await page.page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('svg.picture path')].map("
        "path => [path.getAttribute('class'), path.getBBox().height]))"
    )

    assert {"working": 19, "idle": 10, "absent": 2} == heights
    assert 1 == len(set(fills))
    assert [] == await page.page.evaluate("document.getAnimations().map(one => one.toString())")
    await page.page.emulate_media(media="print", forced_colors="none")
    assert [] == await page.page.evaluate(
        "[...document.querySelectorAll('nav, .tools, .find')].filter(part => part.checkVisibility()).map(part => part.className)"
    )
    assert await page.page.evaluate("document.querySelector('#panel-stations').checkVisibility()")
