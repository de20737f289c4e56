"""A week of a real factory: the page, the API, the files and the commands say the same, and it is the exact answer."""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.browser import compared
from tests.browser.conftest import Opener
from tests.browser.watched_page import WatchedPage
from tests.support.collector import RunningCollector, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

WEEK = "from=2012-01-07T22:00:00Z&to=2012-01-14T22:00:00Z"
SITES = {"default": {"time_zone": "Asia/Jerusalem"}}
A_BODY = 5_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def factory(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> AsyncIterator[RunningCollector]:
    """A collector that has got the whole log."""
    lines = gzip.decompress((shared_data / "production_events.ndjson.gz").read_bytes()).splitlines()
    async with running_collector(tmp_path_factory.mktemp("week"), sites=SITES) as there:
        for start in range(0, len(lines), A_BODY):
            answer = await there.post_bytes(b"[" + b",".join(lines[start : start + A_BODY]) + b"]")
            assert 0 == answer.json["rejected"]
        yield there


@pytest_asyncio.fixture(scope="module", loop_scope="session")
def expected(shared_data: Path) -> Any:
    """The exact answer, computed without our code."""
    return json.loads((shared_data / "expected_week_2012-01-08.json").read_text())


async def opened(watched: Opener, factory: RunningCollector) -> WatchedPage:
    """The floor of the week, with everybody on it."""
    page = await watched(f"{factory.url}/dashboard/")
    await page.open(f"?{WEEK}&show=all")
    return page


async def test_every_number_is_the_same_on_the_page_in_the_api_in_the_files_and_by_the_commands(
    watched: Opener, factory: RunningCollector, expected: Any
) -> None:
    """Of every worker and workstation it is the exact answer; of every hour and of conflicts, too, all places agree."""
    page = await opened(watched, factory)
    run = compared.on_database(factory.settings.database)
    floor = await page.api("floor", f"?{WEEK}")

    for what, key, field in (("workers", "worker_id", "working_us"), ("workstations", "station_id", "occupancy_us")):
        name_there = key.replace("station_id", "workstation_id")
        assert {row[key]: (row[field], row["units_produced"]) for row in floor[what]} == {
            row[name_there]: (row[field], row["units"]) for row in expected[what]
        }
    assert expected["factory"]["productive_us"] == floor["factory"]["total_productive_us"]
    await compared.check_floor(page, floor)
    active = f"Active workers {expected['factory']['active_workers']}"  # of the past nobody is at work now
    assert active == " ".join(
        [await page.page.locator(f"#{part}").inner_text() for part in ("at-work-title", "at-work")]
    )
    await compared.check_tables(page, floor, run)
    assert 0 < await compared.check_conflicts(page, floor, run)
    in_conflict = (await page.api("events", "?conflicts=true&limit=10000"))["events"]
    assert expected["conflicts"] == sum(len(event["conflicts"]) for event in in_conflict)  # of the whole log
    await page.open(f"hours?{WEEK}")
    await compared.check_hours(page, floor)
    assert (168, 7) == (len(floor["hours"]), await page.page.locator("#heat tbody tr").count())
    assert [] == page.misdeeds


async def test_rows_below_the_screen_come_when_there_is_time_and_whoever_sorts_gets_them_all(
    watched: Opener, factory: RunningCollector
) -> None:
    """In a browser that never comes to paint a second time, the first screen is there, and the table says that it is not whole."""
    page = await watched(f"{factory.url}/dashboard/")
    await page.page.add_init_script("window.requestAnimationFrame = () => 0")
    await page.page.goto(f"{page.address}?{WEEK}&show=all")
    busy = page.page.locator("#workers[aria-busy=true]")
    await busy.wait_for()
    screenful = len(await page.rows("workers"))

    await page.page.get_by_role("button", name="Units", exact=True).click()
    await busy.wait_for(state="detached")
    units = [int(row["units_produced"].replace(",", "")) for row in await page.rows("workers")]

    head = "(window.scrollTo(0, 1e6), document.querySelector('#workers th').getBoundingClientRect().top)"
    assert 0 == await page.page.evaluate(head), "the head of the table stays in sight"
    assert (900 // 24 + 1, 49) == (screenful, len(units))
    assert sorted(units, reverse=True) == units
    assert [] == page.misdeeds
