"""What things cost as the store grows: ingest, the metrics routes and the floor at 10⁵, 10⁶ and 10⁷ stored events."""

import asyncio
import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from benchmarks import programs, sql_window, stored
from benchmarks.ingest import post_all
from shared.events import canonical_json
from shared.instants import format_instant

ROUTES = ("/api/metrics/workers/", "/api/metrics/workstations/", "/api/metrics/factory/", "/api/floor/")
FRESH_EVENTS = 100_000
REPEATS = 15


@dataclass(frozen=True)
class Grown:
    """What was measured at one size."""

    stored: int
    fill_events_a_second: float
    ingest_events_a_second: float
    milliseconds: dict[str, float]
    """The median of each route for a shift of 200 workers, with the request and its answer."""
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
        by_sqlite, by_duckdb = sql_window.in_sqlite(file, window), sql_window.in_duckdb(file, window)
        with programs.collector(Path(folder)) as address:
            milliseconds, unchanged = asyncio.run(_ask(address, window))
            fresh = [canonical_json(event) for event in stored.events(FRESH_EVENTS, begin=size)]
            batches = [f"[{','.join(fresh[begin : begin + 1000])}]".encode() for begin in range(0, len(fresh), 1000)]
            took = asyncio.run(post_all(f"{address}/api/app/", batches))
    return Grown(
        stored=size,
        fill_events_a_second=filled,
        ingest_events_a_second=FRESH_EVENTS / took,
        milliseconds=milliseconds,
        not_modified_milliseconds=unchanged,
        sqlite_milliseconds=by_sqlite * 1000,
        duckdb_milliseconds=by_duckdb * 1000,
    )


async def _ask(address: str, window: tuple[int, int]) -> tuple[dict[str, float], float]:
    query = {"from": format_instant(window[0]), "to": format_instant(window[1])}
    medians: dict[str, float] = {}
    async with aiohttp.ClientSession() as session:
        etag = ""
        for route in ROUTES:
            times = []
            for _ in range(REPEATS):
                began = time.perf_counter()
                async with session.get(address + route, params=query) as answer:
                    json.loads(await answer.read())
                    etag = answer.headers.get("ETag", "")
                times.append(time.perf_counter() - began)
            medians[route] = statistics.median(times) * 1000
        times = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            async with session.get(address + ROUTES[-1], params=query, headers={"If-None-Match": etag}) as answer:
                await answer.read()
                if answer.status != 304:
                    raise RuntimeError(f"the floor answered {answer.status} to its own ETag")
            times.append(time.perf_counter() - began)
    return medians, statistics.median(times) * 1000
