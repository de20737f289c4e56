"""One collector on a file, and 1, 2 and 4 over one PostgreSQL, beside bare COPY into the table of events alone.

A batch touches some ten tables more, so COPY is the most that the server could take, not what the same work costs by hand.
The server is the one that tests start, here with every commit on disk. All of it shares one machine: what more collectors
gain where they have machines of their own cannot be seen here, only what they cost each other.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from benchmarks import bare, programs
from benchmarks.events import bodies, events
from collector.records import LedgerRules
from collector.storage.postgres.store import PostgresStorage
from shared.instants import HOUR, MINUTE
from tests.support.postgres import Server, running_server

EVENTS = 100_000
BATCH = 1_000
WORKERS = 200
CLIENTS = 8
COLLECTORS = (1, 2, 4)
PAGES = 20
RULES = LedgerRules(10 * HOUR, 5 * MINUTE)
FLOOR = "/api/floor/?from=2026-01-15T07:00:00Z&to=2026-01-15T15:00:00Z"
ON_DISK = ("fsync=on", "full_page_writes=on", "autovacuum=on", "shared_buffers=512MB", "max_wal_size=4GB")


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    what: str
    events_a_second: float
    floor_milliseconds: float | None


def table() -> str:
    """Measure, and return the table."""
    found = list(run())
    baseline = found[0].events_a_second
    lines = ["## Several collectors over one PostgreSQL", ""]
    lines += ["| what | events/s | × bare COPY | floor, 200 workers, ms |", "|---|---:|---:|---:|"]
    for one in found:
        floor = "" if one.floor_milliseconds is None else f"{one.floor_milliseconds:.0f}"
        lines.append(f"| {one.what} | {one.events_a_second:,.0f} | {one.events_a_second / baseline:.2f} | {floor} |")
    return "\n".join(lines) + "\n"


def run() -> list[Line]:
    """Measure bare COPY first, then collectors."""
    made = events(EVENTS, workers=WORKERS)
    to_send = bodies(made, BATCH)
    with running_server(*ON_DISK, place=tempfile.gettempdir()) as server, tempfile.TemporaryDirectory() as folder:
        lines = [
            Line(
                "bare COPY into the events alone, a commit each 1,000",
                asyncio.run(_copy(server, bare.event_rows(made))),
                None,
            )
        ]
        with programs.collector(Path(folder)) as address:
            lines.append(_measure("SQLite, 1 collector", [address], to_send=to_send))
        for count in COLLECTORS:
            url = server.new_database()
            with ExitStack() as running:
                addresses = [
                    running.enter_context(programs.collector(Path(folder), database=url)) for _ in range(count)
                ]
                what = f"PostgreSQL, {count} collector{'s' if count > 1 else ''}"
                lines.append(_measure(what, addresses, to_send=to_send))
    return lines


def _measure(what: str, addresses: Sequence[str], *, to_send: Sequence[bytes]) -> Line:
    took, floor = asyncio.run(_load(addresses, to_send))
    return Line(what, EVENTS / took, floor)


async def _load(addresses: Sequence[str], to_send: Sequence[bytes]) -> tuple[float, float]:
    """Return the seconds that it takes to post every body, and the milliseconds of a page afterwards."""
    waiting = iter(to_send)
    headers = {"Content-Type": "application/json"}

    async def client(session: aiohttp.ClientSession, address: str) -> None:
        for body in waiting:
            async with session.post(f"{address}/api/app/", data=body, headers=headers) as answer:
                if answer.status != 200:
                    raise RuntimeError(f"{answer.status}: {(await answer.read())[:200]!r}")
                await answer.read()

    async with aiohttp.ClientSession() as session:
        began = time.perf_counter()
        await asyncio.gather(*(client(session, addresses[each % len(addresses)]) for each in range(CLIENTS)))
        took = time.perf_counter() - began
        pages = []
        for _ in range(PAGES):
            # Another heartbeat each time, so that the page is made anew.
            await (await session.post(f"{addresses[0]}/api/app/", data=b"[]", headers=headers)).read()
            began_page = time.perf_counter()
            async with session.get(addresses[0] + FLOOR) as answer:
                await answer.read()
            pages.append(time.perf_counter() - began_page)
    return took, statistics.median(pages) * 1_000


async def _copy(server: Server, rows: Sequence[Sequence[Any]]) -> float:
    """Return the events a second of COPY alone into the collector's table, a commit each batch."""
    url = server.new_database()
    await (await PostgresStorage.open(url, rules=RULES)).close()
    connection = await asyncpg.connect(url)
    columns = ["site_id", "worker", "at", "type", "workstation", "count", "confidence", "camera"]
    began = time.perf_counter()
    for begin in range(0, len(rows), BATCH):
        await connection.copy_records_to_table("event", records=rows[begin : begin + BATCH], columns=columns)
    took = time.perf_counter() - began
    await connection.close()
    return len(rows) / took
