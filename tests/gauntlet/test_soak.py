"""Hours of work in one sitting: half of what the collector can take, with readers; memory stays flat and no request fails.

`SOAK_SECONDS` says how long it lasts, half an hour by default. It takes about 50 bytes of disk an event; where there is less room
than that, it goes slower, and its figures say how fast it went.
"""

import asyncio
import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import aiohttp
import pytest

from shared.events import Event, EventType, canonical_json
from shared.instants import SECOND, format_instant
from tests.support.collector import JSON
from tests.support.programs import collector, command

pytestmark = pytest.mark.processes

CLIENTS = 8
BATCH = 500
WORKERS = 1_000
STATES_IN = 10
"""One event in so many is a state, the others are finished parts."""
STATES_ON_A_PAGE = 20_000
"""What a shift of 200 workers has; events come so fast here that readers ask for the stretch that holds as many."""
FULL_SPEED_SECONDS = 1 / 10
"""Of the time of a round, to find out what is half of it."""
MOST_GROWTH_BYTES = 16 * 1024 * 1024
"""From the second fifth of what was noted at half speed to the last one, and half of it from the third; what leaks with the events or the requests is more within a
minute. In the first fifth the caches fill, and the interpreter gets to know its largest answers: it keeps what it had to have for them.
Looked at from within, nothing else grows: 322,509 blocks of Python were in use at rest after seven minutes, and 322,195 after eight;
SQLite had 80 MB from the third minute on."""
CACHE_BYTES = 72 * 1024 * 1024
"""Of the writing connection: 64 MiB of pages, and what SQLite notes of each. It holds no more of a database than there is; only a
short soak may grow by what is yet to fill."""
LEAST_OF_FULL = 0.45
"""Half of full speed is meant, measured at the beginning of the same round; whoever measures less has not soaked anything."""
ROOM_BYTES = 64
"""For an event, with the log."""
READ_EVERY_SECONDS = 0.5
_STATES = (EventType.working, EventType.idle)


@dataclass
class Soak:
    """What has happened so far."""

    post_seconds: list[float] = field(default_factory=list)
    read_seconds: list[float] = field(default_factory=list)
    rss_bytes: list[int] = field(default_factory=list)
    database_bytes: list[int] = field(default_factory=list)
    """Taken with the memory."""
    errors: list[str] = field(default_factory=list)
    full_speeds: list[float] = field(default_factory=list)
    half_speeds: list[float] = field(default_factory=list)
    """Events a second of each round."""
    parts: list[float] = field(default_factory=list)
    """Half speed by what it was meant to be half of."""

    def note(self, pid: int, database: Path) -> None:
        """Take the memory of a process, and the size of its database."""
        pages = int((Path("/proc") / str(pid) / "statm").read_text().split()[1])
        self.rss_bytes.append(pages * os.sysconf("SC_PAGE_SIZE"))
        self.database_bytes.append(database.stat().st_size)

    def halves(self) -> tuple[float, float]:
        """Return the 99th percentile of posts in the first half and in the second."""
        middle = len(self.post_seconds) // 2
        return _p99(self.post_seconds[:middle]), _p99(self.post_seconds[middle:])


@pytest.mark.timeout(180)
async def test_a_short_soak_is_flat(tmp_path: Path, figure: Callable[[str], None]) -> None:
    """So that the long one does not fail for a reason that seconds would have shown."""
    await _soak(tmp_path, seconds=6, rounds=1, figure=figure)


@pytest.mark.gauntlet
@pytest.mark.timeout(24 * 3_600)
async def test_half_an_hour_at_half_speed_is_flat(tmp_path: Path, figure: Callable[[str], None]) -> None:
    """The same for as long as it takes, from where the database is larger than what SQLite keeps of it in memory: nothing may grow."""
    seconds = float(os.environ.get("SOAK_SECONDS", "1800"))
    await _soak(tmp_path, seconds=seconds, rounds=10, least_bytes=CACHE_BYTES, figure=figure)


async def _soak(
    folder: Path, *, seconds: float, rounds: int, least_bytes: int = 0, figure: Callable[[str], None]
) -> None:
    """Soak a collector whose database has so many bytes at least."""
    database, soak, batches = folder / "collector.db", Soak(), _batches()
    most = shutil.disk_usage(folder).free / 2 / ROOM_BYTES / seconds
    async with collector(database) as (url, program), aiohttp.ClientSession() as session:
        while database.stat().st_size < least_bytes:
            await _post(session, url, batches=batches, seconds=5, every=0, soak=Soak())
        for _ in range(rounds):
            await _round(
                session,
                url,
                batches=batches,
                seconds=seconds / rounds,
                most=most,
                pid=program.process.pid,
                database=database,
                soak=soak,
            )
        code = await program.stop()
    verified = await command("collector", "db", "check", "--database", str(database), seconds=600)
    _, warm, middle, _, late = fifths = _fifths(soak.rss_bytes)
    yet_to_fill = max(0, CACHE_BYTES - soak.database_bytes[3 * len(soak.database_bytes) // 10])
    first, second = soak.halves()
    figure(
        f"soak of {seconds:.0f} s in {rounds} rounds at {median(soak.half_speeds):,.0f} events/s (full speed {min(soak.full_speeds):,.0f} "
        f"to {max(soak.full_speeds):,.0f}): {len(soak.post_seconds):,} posts, p99 {first * 1e3:.0f} ms in the first half and "
        f"{second * 1e3:.0f} ms in the second; {len(soak.read_seconds):,} reads, p99 {_p99(soak.read_seconds) * 1e3:.0f} ms; "
        f"{', '.join(f'{each / 1e6:.0f}' for each in fifths)} MB of memory in its fifths; of its cache {yet_to_fill / 1e6:.0f} MB were yet to fill"
    )

    assert [] == soak.errors[:3]
    assert (0, 0) == (code, verified.code)
    assert rounds == 1 or median(soak.parts) >= LEAST_OF_FULL  # in one of the rounds the machine may have got busy
    assert late - warm < MOST_GROWTH_BYTES + yet_to_fill
    assert late - middle < MOST_GROWTH_BYTES / 2 + yet_to_fill
    assert len(soak.post_seconds) > CLIENTS
    assert len(soak.read_seconds) > 1


async def _round(
    session: aiohttp.ClientSession,
    url: str,
    *,
    batches: Iterator[bytes],
    seconds: float,
    most: float,
    pid: int,
    database: Path,
    soak: Soak,
) -> None:
    """Find out how fast it goes, and go on at half of that with readers, but never so fast that the disk gets full."""
    fast = Soak()
    full = await _post(session, url, batches=batches, seconds=seconds * FULL_SPEED_SECONDS, every=0, soak=fast)
    soak.errors += fast.errors
    rate = min(full / 2, most)
    every, stretch = CLIENTS * BATCH / rate, round(STATES_ON_A_PAGE * STATES_IN / rate * SECOND)
    async with asyncio.TaskGroup() as beside:
        others = [
            beside.create_task(_read(session, url, stretch=stretch, soak=soak)),
            beside.create_task(_watch(pid, database=database, soak=soak)),
        ]
        half = await _post(session, url, batches=batches, seconds=seconds, every=every, soak=soak)
        for other in others:
            other.cancel()
    soak.full_speeds.append(full)
    soak.half_speeds.append(half)
    soak.parts.append(half / (2 * rate))


def _fifths(values: list[int]) -> list[float]:
    """Return what is in the middle of each fifth."""
    fifth = max(1, len(values) // 5)
    return [median(values[first : first + fifth]) for first in range(0, 5 * fifth, fifth)]


async def _post(
    session: aiohttp.ClientSession, url: str, *, batches: Iterator[bytes], seconds: float, every: float, soak: Soak
) -> float:
    """Let the clients post for so long, each a batch `every` so many seconds; return how many events a second that made."""
    began = time.monotonic()

    async def client() -> int:
        posted, due = 0, time.monotonic()
        while time.monotonic() - began < seconds:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due = max(due + every, time.monotonic() - every)
            started = time.monotonic()
            async with session.post(f"{url}/api/app/", data=next(batches), headers=JSON) as answer:
                text = await answer.text()
            soak.post_seconds.append(time.monotonic() - started)
            if answer.status != 200 or f'"accepted": {BATCH},' not in text:
                soak.errors.append(text)
            posted += BATCH
        return posted

    posted = sum(await asyncio.gather(*(client() for _ in range(CLIENTS))))
    return posted / (time.monotonic() - began)


async def _read(session: aiohttp.ClientSession, url: str, *, stretch: int, soak: Soak) -> None:
    """Ask what a wall board, a person and Prometheus ask, in turn, until cancelled."""
    paths = ("floor/", "metrics/workers/", "metrics/factory/", "events/", "cameras/", "../metrics", "../readyz")
    for path in itertools.cycle(paths):
        now = time.time_ns() // 1_000
        window = {"from": format_instant(now - stretch), "to": format_instant(now)}
        query = window if path.startswith(("floor", "metrics/", "events")) else {}
        started = time.monotonic()
        async with session.get(f"{url}/api/{path}", params=query) as answer:
            content = await answer.read()
        soak.read_seconds.append(time.monotonic() - started)
        if answer.status != 200:
            soak.errors.append(f"{path}: {content[:200]!r}")
        await asyncio.sleep(READ_EVERY_SECONDS)


async def _watch(pid: int, *, database: Path, soak: Soak) -> None:
    """Note the memory of the collector and the size of its database every now and then, until cancelled."""
    while True:
        soak.note(pid, database)
        await asyncio.sleep(0.25)


def _batches() -> Iterator[bytes]:
    """Yield bodies without end; their events are of now, and no two at one instant."""
    at = 0
    for number in itertools.count():
        texts = []
        for place in range(number * BATCH, (number + 1) * BATCH):
            at = max(at + 1, time.time_ns() // 1_000)
            round_number, worker = divmod(place, WORKERS)
            turn, rest = divmod(round_number + worker, STATES_IN)
            kind = EventType.product_count if rest else _STATES[turn % 2]
            texts.append(canonical_json(Event(at, f"W{worker:03}", f"S{worker % 200:03}", kind, place % 3, 0.9)))
        yield f"[{','.join(texts)}]".encode()


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[-1] if len(seconds) > 1 else 0.0
