"""A week of a real factory: the page, the API, the files and the commands say the same, and it is the exact answer."""

import csv
import gzip
import io
import json
from collections.abc import AsyncIterator
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.browser import spelling
from tests.browser.conftest import Opener
from tests.browser.watched_page import WatchedPage
from tests.support.collector import RunningCollector, running_collector
from tests.support.programs import command

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

WEEK = "from=2012-01-07T22:00:00Z&to=2012-01-14T22:00:00Z"
ENDS = ("--from", "2012-01-07T22:00:00Z", "--to", "2012-01-14T22:00:00Z")
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


async def told_by_command(there: RunningCollector, what: str) -> list[dict[str, str]]:
    """The rows of `collector metrics … --csv`, run on the database of the collector that runs."""
    found = await command("collector", "metrics", "--database", there.settings.database, what, *ENDS, "--csv")
    assert 0 == found.code, found.err
    return list(csv.DictReader(io.StringIO(found.out)))


async def told_by_file(there: RunningCollector, what: str) -> list[dict[str, str]]:
    """The rows of the file that the page links."""
    return list(csv.DictReader(io.StringIO((await there.get(f"/api/metrics/{what}.csv?{WEEK}")).text)))


def minutes(microseconds: int) -> Decimal:
    """As the routes round."""
    return (Decimal(microseconds) / 60_000_000).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


async def opened(watched: Opener, factory: RunningCollector) -> WatchedPage:
    """The floor of the week, with everybody on it."""
    page = await watched(f"{factory.url}/dashboard/")
    await page.open(f"?{WEEK}&show=all")
    return page


async def test_the_page_says_what_the_api_the_files_and_the_commands_say(
    watched: Opener, factory: RunningCollector, expected: Any
) -> None:
    """Of every worker and workstation: the exact answer, spelled once in hours, once in minutes, once per command."""
    page = await opened(watched, factory)
    floor = (await factory.get(f"/api/floor/?{WEEK}")).json

    assert spelling.cards(floor["factory"]) == await page.cards()
    assert sorted((spelling.worker(row) for row in floor["workers"]), key=lambda row: row["name"]) == (
        await page.numbers("workers", spelling.WORKER)
    )
    await page.page.get_by_role("tab", name="Stations").click()
    assert sorted((spelling.workstation(row) for row in floor["workstations"]), key=lambda row: row["name"]) == (
        await page.numbers("stations", spelling.WORKSTATION)
    )
    for what, key, field in (("workers", "worker_id", "working"), ("workstations", "station_id", "occupancy")):
        shown = {row[key]: (minutes(row[f"{field}_us"]), row["units_produced"]) for row in floor[what]}
        name_there = key.replace("station_id", "workstation_id")
        exact = {row[name_there]: (minutes(row[f"{field}_us"]), row["units"]) for row in expected[what]}
        for told in (await told_by_file(factory, what), await told_by_command(factory, what)):
            assert shown == {row[key]: (Decimal(row[f"{field}_minutes"]), int(row["units_produced"])) for row in told}
        assert exact == shown
    assert [] == page.misdeeds


async def test_hours_add_up_to_the_cards(watched: Opener, factory: RunningCollector) -> None:
    """The table of a week has 168 rows, and its bottom line is that of the workers."""
    page = await watched(f"{factory.url}/dashboard/")
    await page.open(f"hours?{WEEK}")
    rows = await page.rows("hours")

    assert 168 == len(rows)
    assert (await page.totals("hours"))["units_produced"] == spelling.count(
        sum(int(row["units_produced"].replace(",", "")) for row in rows)
    )
    heat = await page.page.locator("#heat tbody tr").all()
    assert 7 == len(heat)
    assert "353" in await heat[0].inner_text()
    hours = (await factory.get(f"/api/floor/?{WEEK}")).json["hours"]
    told = [
        spelling.rate(Decimal(str(hour["utilization_percent"]))) if hour["working_us"] + hour["idle_us"] else "–"
        for hour in hours
    ]
    await page.page.get_by_role("button", name="Utilization", exact=True).click()
    unknown = "[...document.querySelectorAll('#heat td:not(.no-data)')].map(cell => cell.textContent)"
    assert {"–", "100.00"} < set(told)
    assert await page.page.evaluate(unknown) == [
        text
        for hour, text in zip(hours, told, strict=True)
        if any(hour[name] for name in ("units_produced", "working_us", "idle_us", "absent_us", "watched_us"))
    ]
    assert [] == page.misdeeds


async def test_rows_below_the_screen_come_when_there_is_time_and_whoever_sorts_gets_them_all(
    watched: Opener, factory: RunningCollector
) -> None:
    """In a browser that has never time to spare, the first screen is there, and the table says that it is not whole."""
    page = await watched(f"{factory.url}/dashboard/")
    await page.page.add_init_script("window.requestIdleCallback = () => 0")
    await page.page.goto(f"{page.address}?{WEEK}&show=all")
    busy = page.page.locator("#workers[aria-busy=true]")
    await busy.wait_for()
    screenful = len(await page.rows("workers"))

    await page.page.get_by_role("button", name="Units", exact=True).click()
    await busy.wait_for(state="detached")
    units = [int(row["units_produced"].replace(",", "")) for row in await page.rows("workers")]

    assert (900 // 24 + 1, 49) == (screenful, len(units))
    assert sorted(units, reverse=True) == units
    assert [] == page.misdeeds
