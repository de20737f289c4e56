"""Ingest over HTTP under load: workers × batch sizes, late events, and reads while it runs.

Each line starts a new collector; 8 clients post from the same machine. The baselines beside it are bare SQLite with the same
rows, one commit a batch, each on disk, and the least that any collector does with the same bodies (`least.py`).
"""

import asyncio
import gzip
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import bare, programs, stored
from benchmarks.events import bodies, events
from benchmarks.ingest import post_all
from shared.events import canonical_json
from shared.instants import HOUR, format_instant

EVENTS = 200_000
LATE_SHARE = 0.1
LATE_EVENTS = 50_000
DAY_OF_EVENTS = 345_600
"""So many events, a quarter of a second apart, are a day."""
REAL_LOG = Path(__file__).parents[2] / "shared" / "data" / "production_events_fileorder.ndjson.gz"
"""49 workers, 3 months, machine after machine; not part of the project: the line is left out where it is not there."""
STORED = 1_000_000
READS = 100
MOST_STRETCHES = 350
"""Hours that lie well within what is stored."""


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    what: str
    events_a_second: float
    bare_events_a_second: float
    """Bare SQLite, without HTTP and JSON."""
    least_events_a_second: float
    """The same HTTP and JSON into bare SQLite."""

    @property
    def ratio(self) -> float:
        """How many times bare SQLite."""
        return self.events_a_second / self.bare_events_a_second

    @property
    def share(self) -> float:
        """How many times the least that takes the same bodies."""
        return self.events_a_second / self.least_events_a_second


@dataclass(frozen=True)
class Reads:
    """How long the floor takes, in milliseconds."""

    p50_at_rest: float
    p99_at_rest: float
    p50_under_load: float
    p99_under_load: float
    ingest_meanwhile: float
    """Events a second."""


def run() -> list[Line]:
    """Measure in-order ingest with 6 and 1,000 workers in batches of 100, 1,000 and 5,000, then late events."""
    lines = [
        _measure(f"{workers} workers, batches of {batch:,}", events(EVENTS, workers=workers), batch=batch)
        for workers in (6, 1_000)
        for batch in (100, 1_000, 5_000)
    ]
    lines.append(_measure("6 workers, 10 % up to a day late, 1,000", a_tenth_late(), batch=1_000))
    lines.append(_measure("6 workers, one late and one fresh, 2", late_and_fresh(), batch=2))
    if REAL_LOG.exists():
        lines.append(_measure("a real log in the order of its file, 1,000", real_log(), batch=1_000))
    return lines


def reads_under_load() -> Reads:
    """Measure the floor of a shift of 200 workers, at rest and while 8 clients post as fast as they can."""
    with tempfile.TemporaryDirectory() as folder:
        stored.fill(Path(folder, "collector.db"), STORED)
        fresh = [canonical_json(event) for event in stored.events(EVENTS, begin=STORED)]
        batches = [f"[{','.join(fresh[begin : begin + 1000])}]".encode() for begin in range(0, EVENTS, 1000)]
        with programs.collector(Path(folder)) as address:
            return asyncio.run(_read(address, batches))


def _measure(what: str, made: list[dict[str, Any]], *, batch: int) -> Line:
    with tempfile.TemporaryDirectory() as folder:
        rows = bare.event_rows(made)
        file = Path(folder, "bare.db")
        baseline = bare.insert(file, rows, table=bare.EVENT_TABLE, statement=bare.EVENT_INSERT, batch=batch)
        sent = bodies(made, batch)
        with programs.least(Path(folder)) as address:
            least = asyncio.run(post_all(f"{address}/api/app/", sent))
        with programs.collector(Path(folder)) as address:
            took = asyncio.run(post_all(f"{address}/api/app/", sent))
    return Line(what, len(made) / took, baseline, len(made) / least)


def a_tenth_late() -> list[dict[str, Any]]:
    """Return events of 6 workers, every tenth of which comes up to a day late."""
    chance = random.Random(11)
    keyed = [
        (number + (chance.random() * DAY_OF_EVENTS if chance.random() < LATE_SHARE else 0), event)
        for number, event in enumerate(events(EVENTS, workers=6))
    ]
    return [event for _, event in sorted(keyed, key=lambda pair: pair[0])]


def real_log() -> list[dict[str, Any]]:
    """Return a factory's log in the order of its file."""
    with gzip.open(REAL_LOG, "rt") as lines:
        return [json.loads(line) for line in lines]


def late_and_fresh() -> list[dict[str, Any]]:
    """Return pairs of a late event and a fresh one."""
    made = events(LATE_EVENTS, workers=6)
    late, fresh = made[: LATE_EVENTS // 2], made[LATE_EVENTS // 2 :]
    random.Random(12).shuffle(late)
    return [event for pair in zip(late, fresh, strict=True) for event in pair]


async def _read(address: str, batches: list[bytes]) -> Reads:
    windows = _stretches()
    at_rest = await _floors(address, windows, until=None)
    sending = asyncio.create_task(post_all(f"{address}/api/app/", batches))
    under_load = await _floors(address, windows, until=sending)
    return Reads(*_percentiles(at_rest), *_percentiles(under_load), EVENTS / await sending)


def _stretches() -> Iterator[dict[str, str]]:
    # Another one each time, an hour further back: a page that was made before costs nothing.
    start, end = stored.last_shift(STORED)
    for back in count():
        shift = back % MOST_STRETCHES * HOUR
        yield {"from": format_instant(start - shift), "to": format_instant(end - shift)}


async def _floors(
    address: str, windows: Iterator[dict[str, str]], *, until: "asyncio.Task[float] | None"
) -> list[float]:
    times: list[float] = []
    async with aiohttp.ClientSession() as session:
        while len(times) < READS if until is None else not until.done():
            began = time.perf_counter()
            async with session.get(f"{address}/api/floor/", params=next(windows)) as answer:
                await answer.read()
            times.append((time.perf_counter() - began) * 1000)
    return times


def _percentiles(times: list[float]) -> tuple[float, float]:
    ordered = sorted(times)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
