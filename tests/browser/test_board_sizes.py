"""On every screen a board is whole, on a wall, upright or in hands: no column, word or number is cut off in either direction."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.browser.plant import Plant, watermark
from tests.browser.plant import call as camera_calls
from tests.browser.watched_page import WatchedPage
from tests.support.collector import at, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TELEVISIONS = [(3840, 2160), (1920, 1080), (1600, 900), (1366, 768), (1280, 720)]
TABLETS = [(1280, 800), (1024, 768), (1024, 600), (960, 540), (800, 600), (768, 1024), (800, 1280)]
UPRIGHT = [(1080, 1920), (1200, 1920), (2160, 3840)]
PHONES = [(390, 844), (360, 740), (320, 640), (844, 390)]
SMALLEST = (800, 600)
ALL = "Hour Units / target Working Idle"
MOST_LOOKS = 20
"""A busy browser lays out when it comes to it."""
DRAWN = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
CUT = """
() => {
    const textOf = part => {
        const range = document.createRange();
        range.selectNodeContents(part);
        return range.getBoundingClientRect();
    };
    const scrolls = getComputedStyle(document.body).overflowY === 'visible';
    const isCut = (part, whole) => {
        const [text, room] = [textOf(part), whole.getBoundingClientRect()];
        return text.right > Math.min(room.right, innerWidth) + 1 || text.left < room.left - 1
            || text.bottom > (scrolls ? room.bottom : Math.min(room.bottom, innerHeight)) + 1 || text.top < room.top - 1;
    };
    const within = (whole, parts) => [...document.querySelectorAll(parts)]
        .filter(part => part.offsetParent !== null && part.textContent.trim() !== '' && isCut(part, part.closest(whole)))
        .map(part => part.textContent.trim());
    return [
        ...within('section', '#board-hours th, #board-hours td, .board-middle h2'), ...within('.tile', '.tile > *'),
        ...within('.cards > div', '.board-top .cards > div > *'),
    ];
}
"""
COLUMNS = "head => [...head.rows[0].cells].filter(cell => !cell.hidden).map(cell => cell.textContent).join(' ')"


class Case(NamedTuple):
    """What a board has to say: the target of its site, what is made in six minutes, whether a camera is late."""

    target: int | None
    made: int
    is_late: bool


CASES = {
    "all well": Case(None, 6, is_late=False),
    "a target": Case(60, 6, is_late=False),
    "late": Case(60, 6, is_late=True),
    "late, thousands": Case(1_850, 190, is_late=True),
}


async def shift(there: Plant, case: Case) -> None:
    """Twelve workstations from 07:00 to 13:40 at the site."""
    there.clock.set(at("05:00"))
    for camera in ("cam-1", "cam-2"):
        await camera_calls(there, camera, [], seen_up_to="05:00", batch=f"first of {camera}")
    there.clock.set(at("10:58"))
    seen = [item("05:00", f"W{number}", "idle" if number % 3 == 0 else "working") for number in range(12)]
    times = [f"{hour:02}:{minute:02}" for hour in range(5, 11) for minute in range(0, 58, 6)]
    seen += [item(clock_time, "W1", "product_count", count=case.made) for clock_time in times]
    waiting = {"pending": 1204, "oldest_pending_at": watermark("10:58")} if case.is_late else {}
    await camera_calls(there, "cam-2", seen, seen_up_to="10:58", batch="b", **waiting)
    there.clock.set(at("11:40"))
    await camera_calls(there, "cam-1", [], seen_up_to="11:40", batch="c")
    if not case.is_late:
        await camera_calls(there, "cam-2", [], seen_up_to="11:40", batch="d", last_seq=len(seen))


@pytest_asyncio.fixture(params=CASES.values(), ids=CASES.keys(), scope="module", loop_scope="session")
async def case(request: pytest.FixtureRequest) -> Case:
    """What there is to say."""
    given: Case = request.param
    return given


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(case: Case, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """A collector that has it to say."""
    shifts = [{"name": "morning", "start": "07:00", "end": "15:00"}]
    site: dict[str, Any] = {"time_zone": "Asia/Jerusalem", "shifts": shifts}
    aim = {} if case.target is None else {"target_units_per_hour": case.target}
    async with running_collector(tmp_path_factory.mktemp("case"), sites={"default": site | aim}) as there:
        await shift(there, case)
        yield there


async def resized(page: WatchedPage, size: tuple[int, int]) -> tuple[list[str], str]:
    """What is cut off at a size, and the columns that the hours have there."""
    await page.page.set_viewport_size({"width": size[0], "height": size[1]})
    looks, cut = 0, ["not looked at yet"]
    while cut and looks < MOST_LOOKS:
        await page.page.evaluate(DRAWN)
        looks, cut = looks + 1, await page.page.evaluate(CUT)
    columns: str = await page.page.locator("#board-hours thead").evaluate(COLUMNS)
    return cut, columns


async def test_nothing_is_cut_off_on_any_screen(watched: Opener, running: Plant, case: Case) -> None:
    """And every column is there; only where that cannot be the last one makes way."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open("board")
    await expect(page.page.locator("#board-hours tbody tr")).not_to_have_count(0)

    found = {size: await resized(page, size) for size in [*TELEVISIONS, *TABLETS, *UPRIGHT, *PHONES]}

    columns = ALL if case.target is not None else ALL.replace(" / target", "")
    expected: dict[tuple[int, int], tuple[list[str], str]] = {size: ([], columns) for size in found}
    if case == CASES["late, thousands"]:
        expected[SMALLEST] = ([], columns.removesuffix(" Idle"))
    assert expected == found
    assert [] == page.misdeeds
