"""Three collectors over one database, and cameras that see the same workers at once, while both are killed at random.

What was acknowledged is stored once, and the numbers are those of a SQLite store that got the same envelopes one by one.
"""

import json
import logging
import random
import time
from asyncio import TaskGroup
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from collector.metrics.ledger import splice
from collector.metrics.windows import Window
from collector.reception import Reception, Rules
from collector.records import EventQuery
from collector.storage.base import Storage
from collector.storage.postgres.store import PostgresStorage
from collector.web.events_api import event_row
from shared.instants import parse_instant
from shared.wire import read_body
from tests.collector.properties.routes import by_ledger, by_reference
from tests.support.collector import RULES
from tests.support.fleet import Camera, Fleet, Seen, until
from tests.support.oracle import key_of
from tests.support.postgres import Server, audited, running_server
from tests.support.stores import kept_in_sqlite

pytestmark = pytest.mark.processes
COLLECTORS = 3
MOST_BATCHES_BEFORE_A_KILL = 60
_log = logging.getLogger(__name__)


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a server of the test's own, which is killed again and again."""
    with running_server() as server:
        yield server


@pytest.mark.timeout(240)
async def test_kills_lose_nothing_and_double_nothing(server: Server, tmp_path: Path) -> None:
    """Collectors by SIGKILL, the database by an immediate stop; whatever got no receipt is sent again."""
    await _run(server, tmp_path, cameras=6, kills=6, seed=1)


@pytest.mark.gauntlet
@pytest.mark.timeout(3_600)
async def test_a_hundred_kills_lose_nothing_and_double_nothing(server: Server, tmp_path: Path) -> None:
    """The same with twelve cameras, for as long as it takes."""
    await _run(server, tmp_path, cameras=12, kills=100, seed=2)


async def _run(server: Server, folder: Path, *, cameras: int, kills: int, seed: int) -> None:
    url = server.new_database()
    seen = Seen(random.Random(seed))
    began = time.monotonic()
    async with (
        Fleet(url, count=COLLECTORS, folder=folder) as fleet,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session,
    ):
        sending = [Camera(f"C{number}", seen, fleet=fleet) for number in range(cameras)]
        async with TaskGroup() as running:
            for camera in sending:
                running.create_task(camera.run(session))
            await _strike(server, fleet, seen, kills=kills)
            for camera in sending:
                camera.stop()
        told = [await each.get(session, "/api/metrics/workers/") for each in fleet.collectors]
    _log.info("%d kills in %.0f s: %d batches", kills, time.monotonic() - began, seen.batches)
    storage = await PostgresStorage.open_read_only(url)
    try:
        await _assert_right(storage, seen)
    finally:
        await storage.close()

    assert [] == (await audited(url)).differences
    assert told[0] == told[1] == told[2]


async def _strike(server: Server, fleet: Fleet, seen: Seen, *, kills: int) -> None:
    """Kill collectors and the database, each time after some more batches have a receipt."""
    for number in range(kills):
        enough = seen.batches + seen.chance.randint(1, MOST_BATCHES_BEFORE_A_KILL)
        await until(lambda: seen.batches >= enough)  # noqa: B023 - awaited here
        if number % 3 == 2:
            server.stop("immediate")
            refused = seen.refused
            await until(lambda: seen.refused > refused)  # noqa: B023 - awaited here
            server.start()
        else:
            await fleet.replace(seen.chance.choice(fleet.collectors))
    enough = seen.batches + MOST_BATCHES_BEFORE_A_KILL
    await until(lambda: seen.batches >= enough)


async def _assert_right(storage: Storage, seen: Seen) -> None:
    """Compare a store with what was acknowledged, with the reference, and with a store that got it all in peace."""
    stored = await storage.events(EventQuery(limit=10**6))
    keys = [key_of(event_row(each)) for each in stored]

    assert seen.acknowledged == set(keys)
    assert len(keys) == len(set(keys))
    assert [0] * len(await storage.cameras()) == [camera.missing for camera in await storage.cameras()]
    async with kept_in_sqlite(rules=RULES) as peaceful:
        for camera, body in seen.bodies:
            reception = Reception(read_body(json.dumps(body).encode()), now=2**60, rules=Rules(0, None))
            delivery = reception.delivery(site="default", camera=camera)
            await peaceful.storage.store([delivery], decide=partial(splice, rules=RULES))
        middle = parse_instant(keys[len(keys) // 2][0])
        for window in (Window(), Window(middle, None), Window(None, middle), Window(middle, middle + 60_000_000)):
            found = await by_ledger(storage, window, sites=None)

            assert await by_reference(storage, window, sites=None) == found
            assert await by_ledger(peaceful.storage, window, sites=None) == found
        assert stored == await peaceful.storage.events(EventQuery(limit=10**6))
