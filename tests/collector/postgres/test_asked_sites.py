"""What the statements of one site are bound to, by the server's own log: that site, and no other."""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import asyncpg
import pytest

from collector.metrics.windows import Window
from collector.records import KEPT_FOR_EVER
from collector.reports import Reports
from collector.retaining import purge_some
from collector.settings import CollectorSettings
from collector.storage.postgres.store import PostgresStorage
from tests.support.collector import (
    NOON_AFTER,
    RULES,
    RunningCollector,
    at,
    decide,
    delivery,
    envelope,
    event,
    item,
    running_collector,
)
from tests.support.fake_clock import FakeClock
from tests.support.postgres import Server

FIRST = 7_001
"""The number of the first site, which nothing else looks like."""
WINDOW = "from=2026-01-15T09:00:00Z&to=2026-01-15T12:00:00Z"
PAGES = (
    f"/api/floor/?site=P1&{WINDOW}",
    "/api/floor/?site=P1",
    f"/api/metrics/workers/?site=P1&{WINDOW}",
    f"/api/metrics/workstations/?site=P1&include=occupied&{WINDOW}",
    f"/api/metrics/hours/?site=P1&{WINDOW}",
    f"/api/timeline/?worker_id=W1&site=P1&{WINDOW}",
    "/api/metrics/factory/?site=P1",
    "/api/cameras/?site=P1",
    "/api/events/?site=P1",
    "/api/rejected/?site=P1",
)
Since = Callable[[], list[str]]
"""Returns the lines that the server has written since it was asked last."""


@pytest.fixture
async def logged(postgres: Server) -> AsyncIterator[tuple[str, Since]]:
    """Return an empty database, and what tells what its statements are and what they are bound to."""
    url = await postgres.emptied_database()
    connection = await asyncpg.connect(url)
    await connection.execute(f"alter table site alter column site_id restart with {FIRST}")
    await connection.execute("alter database emptied set log_statement = 'all'")
    log = postgres.folder / "log"
    seen = log.stat().st_size

    def since() -> list[str]:
        nonlocal seen
        written = log.read_bytes()[seen:]
        seen += len(written)
        return written.decode(errors="replace").splitlines()

    yield url, since
    await connection.execute("alter database emptied reset log_statement")
    await connection.close()


def sites_told(lines: Sequence[str]) -> set[int]:
    """Return the numbers of the sites that statements are bound to."""
    bound = [line for line in lines if re.search(r"parameters: \$1", line, re.IGNORECASE)]
    assert bound
    return {int(number) for line in bound for number in re.findall(r"(?<!\d)700\d(?!\d)", line)}


def statements(lines: Sequence[str]) -> int:
    """Return how many statements there are."""
    return sum("execute " in line for line in lines)


async def test_a_page_of_one_site_asks_about_no_other(logged: tuple[str, Since], tmp_path: Path) -> None:
    """Also right after somebody has written elsewhere, when nothing that was known before stands any more."""
    url, since = logged
    async with running_collector(tmp_path, database=url, cameras=_cameras(3)) as collector:
        await _fill(collector, 3)
        asked = {}
        for number, page in enumerate(PAGES):
            await collector.post(envelope([item(f"10:{number:02}", "W1", "idle")], camera="C2", batch=f"b{number}"))
            since()
            answer = await collector.get(page)
            asked[page, answer.status] = sites_told(since())

    assert {(page, 200): {FIRST} for page in PAGES} == asked


async def test_a_post_without_a_token_asks_about_its_own_site(logged: tuple[str, Since], tmp_path: Path) -> None:
    """Where a site keeps pseudonyms, which key it is depends on where its camera stays, and on no other camera."""
    url, since = logged
    file = tmp_path / "key"
    file.write_bytes(b"0123456789abcdef\n")
    sites = {"P2": {"pseudonym_key_file": str(file)}}
    async with running_collector(tmp_path, database=url, cameras=_cameras(3), sites=sites) as collector:
        await _fill(collector, 3)
        since()
        await collector.post(envelope([item("10:30", "W1", "idle")], camera="C2", batch="b2"))
        asked = sites_told(since())

    assert {FIRST + 1} == asked


async def test_all_sites_together_take_as_many_statements_as_two(logged: tuple[str, Since]) -> None:
    """The sums of whole hours, what is due of a retention, and whether sites are known; a round trip each would add up."""
    url, since = logged
    store = await PostgresStorage.open(url, rules=RULES)
    reports = Reports(store, settings=CollectorSettings(), clock=FakeClock(NOON_AFTER))

    async def ask() -> None:
        for window in (Window(at("10:00"), at("12:00")), Window(None, None)):
            await reports.totals(window, sites=None, stations=False)
        await reports.check_sites(await store.sites())
        await purge_some(store, KEPT_FOR_EVER, now=at("12:00"))

    taken = []
    try:
        for number in range(1, 6):
            events = event("10:00", "W1", "working"), event("11:30", "W1", "idle")
            await store.store([delivery(*events, camera=f"C{number}", site=f"P{number}")], decide=decide)
            since()
            await ask()
            taken.append(statements(since()))
    finally:
        await store.close()

    assert [taken[2]] * 2 == taken[3:]  # the first ones opened connections, too


def _cameras(number: int) -> dict[str, dict[str, str]]:
    return {f"C{each}": {"site": f"P{each}"} for each in range(1, number + 1)}


async def _fill(collector: RunningCollector, number: int) -> None:
    for each in range(1, number + 1):
        await collector.post(envelope([item("10:00", "W1", "working")], camera=f"C{each}", batch=f"first{each}"))
