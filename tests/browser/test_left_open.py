"""Pages that stay open: answers that come late, in another order or not at all, and days that go by."""

import asyncio
import re
from collections.abc import AsyncIterator
from email.utils import format_datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, Request, Route, expect

from shared.clock import SystemClock
from shared.instants import datetime_of, parse_instant
from tests.browser.conftest import Opener
from tests.browser.plant import NOW, Plant, call, plant
from tests.browser.watched_page import WatchedPage
from tests.support.collector import envelope, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

EVENTS = "**/api/events/**"
ANSWER_MS = 10_000
ANSWER_SECONDS = ANSWER_MS / 1000
MANY = 450
FIRST_KNOWN = """
box => {
    const known = [...box.querySelectorAll('td:not(.no-data, .none)')].map(cell => cell.getBoundingClientRect().left);
    return Math.min(...known) - box.querySelector('th').getBoundingClientRect().right;
}
"""
"""How far right of the days' names the first hour stands of which anything is known."""
A_PAGE = 200


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """The plant, and a worker of whom there are more events than a list shows at first."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        seen = [item(f"05:{number // 60:02}:{number % 60:02}", "W5", "working") for number in range(MANY)]
        await call(there, "cam-1", seen, seen_up_to=NOW, seqs=[[100, 99 + MANY]], last_seq=99 + MANY)
        yield there


async def opened(watched: Opener, running: Plant, path: str) -> WatchedPage:
    """A page of the plant."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(path)
    return page


def is_plain(request: Request) -> bool:
    """Whether all events are asked for, not those in conflict alone."""
    return "/api/events/" in request.url and "conflicts" not in request.url


async def chosen(page: Page, tab: str) -> None:
    """Choose a tab."""
    await page.get_by_role("tab", name=tab).click()


async def test_a_late_answer_does_not_put_other_events_under_the_conflicts(watched: Opener, running: Plant) -> None:
    """A slow question of before the tab was changed is answered after it; the list stays what its tab says."""
    page = await opened(watched, running, "data")
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        if is_plain(route.request):
            await held.wait()
        await route.continue_()

    await page.page.route(EVENTS, hold)
    await running.post([item("05:00", "W6", "idle"), {"timestamp": "tomorrow"}])
    running.clock.advance(1)  # what was received at the end of a window is not in it
    async with page.page.expect_request(is_plain):
        await page.ask_now()
    await chosen(page.page, "Conflicts")
    await expect(page.page.locator("#events tbody tr")).to_have_count(1)
    held.set()
    await expect(page.page.locator("#rejected tbody tr")).to_have_count(2)  # the slow answer has been shown

    assert ["count 9, confidence –"] == [row["losers"] for row in await page.rows("events")]
    await expect(page.page.locator("#events-note")).to_contain_text("1\u00a0event in conflict,")
    assert [] == page.misdeeds


async def test_a_list_that_cannot_be_read_is_read_when_the_collector_is_back(watched: Opener, running: Plant) -> None:
    """No event of the tab before stands under the new one; the line on top tells why; no error is left uncaught."""
    page = await opened(watched, running, "data")
    await page.page.route(EVENTS, lambda route: route.abort())
    await chosen(page.page, "Conflicts")
    await expect(page.page.locator("#trust[data-level=stale]")).to_be_visible(timeout=ANSWER_MS)
    shown = await page.rows("events"), await page.page.locator("#events-note").inner_text()
    await page.page.unroute(EVENTS)
    await page.page.get_by_role("button", name="Try now").click()
    await expect(page.page.locator("#events tbody tr")).to_have_count(1, timeout=ANSWER_MS)

    assert ([], "Not read yet.") == shown
    assert [] == [misdeed for misdeed in page.misdeeds if misdeed.startswith("error")]


async def test_whoever_has_read_on_sees_what_is_new(watched: Opener, running: Plant) -> None:
    """A list of several pages is read anew to the same length; what has come meanwhile is in its place."""
    page = await opened(watched, running, "data")
    rows = page.page.locator("#events tbody tr")
    await expect(rows).to_have_count(A_PAGE)
    await page.page.get_by_role("button", name="Show more").click()
    await expect(rows).to_have_count(2 * A_PAGE)
    await running.post(item("05:10", "W0", "idle"))
    await page.ask_now()
    await expect(rows.first).to_contain_text("W0", timeout=ANSWER_MS)

    await expect(rows).to_have_count(2 * A_PAGE)
    await expect(page.page.locator("#events-note")).to_contain_text("There are more")
    assert [] == page.misdeeds


async def test_the_seven_days_go_on_past_midnight(watched: Opener, running: Plant) -> None:
    """A page of hours without a stretch of time in its address is about the week that ends today; a phone sees no nights first."""

    async def at_its_clock(route: Route) -> None:
        answer = await route.fetch()
        date = format_datetime(datetime_of(running.clock.now()), usegmt=True)
        await route.fulfill(response=answer, headers=answer.headers | {"date": date})

    page = await watched(f"{running.url}/dashboard/")
    await page.page.set_viewport_size({"width": 360, "height": 740})
    await page.page.route("**/api/floor/**", at_its_clock)
    await page.open("hours")
    period = page.page.locator("#period")
    before = await period.inner_text()
    assert 2 > abs(await page.page.locator("#heat").evaluate(FIRST_KNOWN))
    now = running.clock.now()
    running.clock.set(parse_instant("2026-01-15T22:10:00Z"))  # ten minutes into the next day there
    try:
        for _ in range(2):  # the first answer brings the clock, the second its week
            async with page.page.expect_response("**/api/floor/**"):
                await page.ask_now()
        await expect(period).to_have_text("Sat\u00a010\u00a0Jan – Fri\u00a016\u00a0Jan, so far", timeout=ANSWER_MS)
    finally:
        running.clock.set(now)

    assert "Fri 9 Jan – Thu 15 Jan, so far" == before.replace("\u00a0", " ")
    assert [] == page.misdeeds


async def test_ages_go_on_though_nothing_is_new(watched: Opener, tmp_path: Path) -> None:
    """A silent camera's last contact is ever longer ago, also beside a shift of the past that is not sent again."""
    async with running_collector(tmp_path) as there:
        there.clock.set(SystemClock().now())
        await there.post(envelope(camera="cam-1"))
        page = await watched(f"{there.url}/dashboard/")
        await page.open("cameras?from=2026-01-15T00:00:00Z&to=2026-01-16T00:00:00Z")
        age = page.page.locator("#cameras tbody td").nth(3)
        before = await age.inner_text()
        assert before.endswith("ago")
        statuses = []
        async with asyncio.timeout(ANSWER_SECONDS):
            while await age.inner_text() == before:
                async with page.page.expect_response("**/api/floor/**") as answer:
                    await page.ask_now()
                statuses.append((await answer.value).status)

        assert 304 == statuses[-1]


async def test_a_page_left_open_goes_on_with_the_shift(watched: Opener, running: Plant) -> None:
    """What is live is about the shift that goes on, also that of another week; a week before is asked for anew, refused or not."""
    refused = 0

    async def refuse_once(route: Route) -> None:
        nonlocal refused
        refused += 1
        await (route.fulfill(status=429, json={"error": "too many"}) if refused == 1 else route.continue_())

    page = await watched(f"{running.url}/dashboard/")
    await page.page.route("**/api/metrics/factory/**", refuse_once)
    async with page.page.expect_response("**/api/metrics/factory/**"):
        await page.open()
    period = page.page.locator("#period")
    now = running.clock.now()
    shown = [await period.inner_text()]
    try:
        for later, name in (("2026-01-15T13:05:00Z", "15 Jan · late"), ("2026-01-22T06:00:00Z", "22 Jan · morning")):
            running.clock.set(parse_instant(later))
            await page.ask_now()
            await expect(period).to_contain_text(name.replace("15 Jan", "15\u00a0Jan").replace("22 Jan", "22\u00a0Jan"))
            shown.append(await period.inner_text())
        await expect(page.page.locator("#trend")).to_contain_text(re.compile(r"a week before \d+\.\d\d"))
    finally:
        running.clock.set(now)

    assert [
        "Thu 15 Jan · morning 07:00–15:00",
        "Thu 15 Jan · late 15:00–23:00",
        "Thu 22 Jan · morning 07:00–15:00",
    ] == [text.replace("\u00a0", " ") for text in shown]
    assert [] == [misdeed for misdeed in page.misdeeds if "429" not in misdeed]
