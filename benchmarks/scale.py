"""What things cost as the store grows: ingest, the metrics routes and the floor at 10⁵, 10⁶ and 10⁷ stored events."""

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from benchmarks import bare, programs, sql_window, stored
from benchmarks.ingest import post_all
from shared.events import canonical_json
from shared.instants import HOUR, format_instant

ROUTES = ("/api/metrics/workers/", "/api/metrics/workstations/", "/api/metrics/factory/", "/api/floor/")
FRESH_EVENTS = 100_000
REPEATS = 15


@dataclass(frozen=True)
class Grown:
    """What was measured at one size."""

    stored: int
    fill_events_a_second: float
    ingest_events_a_second: float
    bare_events_a_second: float
    """Bare inserts into the same table of events, with as many in it; the ledger knows nothing of them."""
    milliseconds: dict[str, float]
    """The median of each route for eight hours of 200 workers, each time others, with the request and its answer."""
    not_modified_milliseconds: float
    """The floor again, by its ETag."""
    sqlite_milliseconds: float
    duckdb_milliseconds: float


def run(sizes: tuple[int, ...]) -> list[Grown]:
    """Measure at each size, in a database of its own."""
    return [_measure(size) for size in sizes]


def _measure(size: int) -> Grown:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "collector.db")
        filled = stored.fill(file, size)
        window = stored.last_shift(size)
        by_sqlite, found_by_sqlite = sql_window.in_sqlite(file, window)
        by_duckdb, found_by_duckdb = sql_window.in_duckdb(file, window)
        with programs.collector(Path(folder)) as address:
            milliseconds, unchanged = asyncio.run(_ask(address, window))
            if not asyncio.run(_shift(address, window)) == found_by_sqlite == found_by_duckdb:
                raise RuntimeError("the collector and its rivals do not tell the same numbers")
            fresh = [canonical_json(event) for event in stored.events(FRESH_EVENTS, begin=size)]
            batches = [f"[{','.join(fresh[begin : begin + 1000])}]".encode() for begin in range(0, len(fresh), 1000)]
            took = asyncio.run(post_all(f"{address}/api/app/", batches))
        more = list(stored.events(FRESH_EVENTS, begin=size + FRESH_EVENTS))
        by_hand = bare.insert_more(file, more, batch=1_000)
    return Grown(
        stored=size,
        fill_events_a_second=filled,
        ingest_events_a_second=FRESH_EVENTS / took,
        bare_events_a_second=by_hand,
        milliseconds=milliseconds,
        not_modified_milliseconds=unchanged,
        sqlite_milliseconds=by_sqlite * 1000,
        duckdb_milliseconds=by_duckdb * 1000,
    )


async def _ask(address: str, window: tuple[int, int]) -> tuple[dict[str, float], float]:
    # A new stretch each time, an hour further back: a page that was made for somebody before costs nothing.
    queries = [
        {"from": format_instant(window[0] - back * HOUR), "to": format_instant(window[1] - back * HOUR)}
        for back in range(REPEATS)
    ]
    medians: dict[str, float] = {}
    async with aiohttp.ClientSession() as session:
        for route in ROUTES:
            times = [await _timed(session, address + route, query=query) for query in queries]
            medians[route] = statistics.median(times)
        etag = await _etag(session, address + ROUTES[-1], query=queries[-1])
        unchanged = {"If-None-Match": etag}
        times = [
            await _timed(session, address + ROUTES[-1], query=queries[-1], headers=unchanged, status=304)
            for _ in range(REPEATS)
        ]
    return medians, statistics.median(times)


async def _shift(address: str, window: tuple[int, int]) -> sql_window.Shift:
    query = {"from": format_instant(window[0]), "to": format_instant(window[1])}
    async with aiohttp.ClientSession() as session, session.get(address + ROUTES[-1], params=query) as answer:
        workers = (await answer.json())["workers"]
    return [(worker["working_us"], worker["idle_us"], worker["units_produced"]) for worker in workers]


async def _timed(
    session: aiohttp.ClientSession,
    url: str,
    *,
    query: dict[str, str],
    headers: dict[str, str] | None = None,
    status: int = 200,
) -> float:
    """Return the milliseconds until the whole answer is there."""
    began = time.perf_counter()
    async with session.get(url, params=query, headers=headers) as answer:
        await answer.read()
        if answer.status != status:
            raise RuntimeError(f"{url} answered {answer.status}")
    return (time.perf_counter() - began) * 1000


async def _etag(session: aiohttp.ClientSession, url: str, *, query: dict[str, str]) -> str:
    async with session.get(url, params=query) as answer:
        return answer.headers["ETag"]
