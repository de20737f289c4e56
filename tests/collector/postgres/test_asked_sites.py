"""What the statements of one site are bound to, by the server's own log: that site, and no other."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest

from tests.support.collector import RunningCollector, envelope, item, running_collector
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
Told = Callable[[], set[int]]


@pytest.fixture
async def logged(postgres: Server) -> AsyncIterator[tuple[str, Told]]:
    """Return an empty database, and what tells which sites its statements were bound to since it was asked last."""
    url = await postgres.emptied_database()
    connection = await asyncpg.connect(url)
    await connection.execute(f"alter table site alter column site_id restart with {FIRST}")
    await connection.execute("alter database emptied set log_statement = 'all'")
    log = postgres.folder / "log"
    seen = log.stat().st_size

    def told() -> set[int]:
        nonlocal seen
        lines = log.read_bytes()[seen:].decode()
        seen += len(lines.encode())
        bound = [line for line in lines.splitlines() if re.search(r"parameters: \$1", line, re.IGNORECASE)]
        assert bound
        return {int(number) for line in bound for number in re.findall(r"(?<!\d)700\d(?!\d)", line)}

    yield url, told
    await connection.execute("alter database emptied reset log_statement")
    await connection.close()


async def test_a_page_of_one_site_asks_about_no_other(logged: tuple[str, Told], tmp_path: Path) -> None:
    """Also right after somebody has written elsewhere, when nothing that was known before stands any more."""
    url, told = logged
    async with running_collector(tmp_path, database=url, cameras=_cameras(3)) as collector:
        await _fill(collector, 3)
        asked = {}
        for number, page in enumerate(PAGES):
            await collector.post(envelope([item(f"10:{number:02}", "W1", "idle")], camera="C2", batch=f"b{number}"))
            told()
            answer = await collector.get(page)
            asked[page, answer.status] = told()

    assert {(page, 200): {FIRST} for page in PAGES} == asked


async def test_a_post_without_a_token_asks_about_its_own_site(logged: tuple[str, Told], tmp_path: Path) -> None:
    """Where a site keeps pseudonyms, which key it is depends on where its camera stays, and on no other camera."""
    url, told = logged
    file = tmp_path / "key"
    file.write_bytes(b"0123456789abcdef\n")
    sites = {"P2": {"pseudonym_key_file": str(file)}}
    async with running_collector(tmp_path, database=url, cameras=_cameras(3), sites=sites) as collector:
        await _fill(collector, 3)
        told()
        await collector.post(envelope([item("10:30", "W1", "idle")], camera="C2", batch="b2"))
        asked = told()

    assert {FIRST + 1} == asked


def _cameras(number: int) -> dict[str, dict[str, str]]:
    return {f"C{each}": {"site": f"P{each}"} for each in range(1, number + 1)}


async def _fill(collector: RunningCollector, number: int) -> None:
    for each in range(1, number + 1):
        await collector.post(envelope([item("10:00", "W1", "working")], camera=f"C{each}", batch=f"first{each}"))
