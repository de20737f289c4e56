"""Twelve real agents beside twelve cameras, three collectors over one database; all of them are killed at random.

The cameras see the same workers at once. Each agent knows one collector and waits for it; what it has answered `accepted` to
is on its disk, so it arrives, however often the agent, its collector or the database is killed meanwhile.
"""

import asyncio
import json
import random
import time
from asyncio import TaskGroup
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
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
from tests.support.fleet import MOST_IN_A_BATCH, Fleet, Seen, until
from tests.support.oracle import key_of
from tests.support.postgres import Server, audited, running_server
from tests.support.programs import free_port
from tests.support.stores import kept_in_sqlite
from tests.support.victims import AGENT_SETTINGS, Victim

pytestmark = [pytest.mark.processes, pytest.mark.gauntlet, pytest.mark.timeout(3_600)]
AGENTS, COLLECTORS, KILLS = 12, 3, 30
MOST_BATCHES_BEFORE_A_KILL = 80
SECONDS_TO_DRAIN = 600


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a server of the test's own, which is killed again and again."""
    with running_server() as server:
        yield server


class Beside:
    """A camera and the agent beside it."""

    def __init__(self, number: int, seen: Seen, *, collector: str, folder: Path) -> None:
        self.name = f"C{number:02}"
        self._seen = seen
        self._stopping = False
        config = folder / "edge-agent.toml"
        config.write_text(AGENT_SETTINGS)
        place = ("--data-dir", str(folder / self.name), "--listen", f"127.0.0.1:{free_port()}")
        where = ("--config", str(config), "--collector", collector, "--camera", self.name)
        self.agent = Victim("edge_agent", "run", *place, *where, log=folder / f"{self.name}.log")

    def stop(self) -> None:
        """Let `run` end after what is on its way."""
        self._stopping = True

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Give the agent a batch after the other, each until it is acknowledged."""
        seen = self._seen
        while not self._stopping:
            events = [seen.make() for _ in range(seen.chance.randint(1, MOST_IN_A_BATCH))]
            seen.bodies.append((self.name, {"events": events}))
            while not await self._is_taken(session, events):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
            seen.acknowledged.update(map(key_of, events))
            seen.batches += 1
            await asyncio.sleep(0.02)  # twelve cameras, and not one that takes all of the machine

    async def _is_taken(self, session: aiohttp.ClientSession, events: Sequence[object]) -> bool:
        try:
            async with session.post(f"{self.agent.address}/api/app/", json=events) as answer:
                return answer.status == 200 and (await answer.json())["accepted"] == len(events)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return False


async def test_nothing_that_an_agent_has_accepted_is_lost_or_doubled(
    server: Server, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    """Every key is stored once, none that was never sent; no number is missing; the numbers are those of the reference."""
    url = server.new_database()
    seen = Seen(random.Random(7))
    began = time.monotonic()
    async with (
        AsyncExitStack() as stack,
        Fleet(url, count=COLLECTORS, folder=tmp_path) as fleet,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session,
    ):
        beside = [
            Beside(number, seen, collector=fleet.collectors[number % COLLECTORS].address, folder=tmp_path)
            for number in range(AGENTS)
        ]
        for each in beside:
            stack.push_async_callback(each.agent.close)
            await each.agent.spawn()
        for each in beside:
            await each.agent.listen()
        async with TaskGroup() as running:
            for each in beside:
                running.create_task(each.run(session))
            await _strike(server, fleet, beside, seen=seen)
            for each in beside:
                each.stop()
        await _drained(beside, session)
        statuses = [await each.agent.get(session, "/status") for each in beside]
    storage = await PostgresStorage.open_read_only(url)
    try:
        await _assert_right(storage, seen)
    finally:
        await storage.close()

    assert [(0, 0)] * AGENTS == [(status["unaccounted"], status["dead"]) for status in statuses]
    assert [] == (await audited(url)).differences
    figure(
        f"{KILLS} kills of {AGENTS} agents, {COLLECTORS} collectors and their database in {time.monotonic() - began:.0f} s: "
        f"{len(seen.acknowledged):,} events acknowledged in {seen.batches:,} posts"
    )


async def _strike(server: Server, fleet: Fleet, beside: list[Beside], *, seen: Seen) -> None:
    """Kill collectors, agents and the database, each time after some more batches are acknowledged."""
    for number in range(KILLS):
        await _some_batches(seen)
        if number % 4 == 3:
            server.stop("immediate")
            await _some_batches(seen)  # which agents keep meanwhile
            server.start()
        elif number % 4 == 1:
            agent = seen.chance.choice(beside).agent
            await agent.kill()
            await agent.spawn()
            await agent.listen()
        else:
            await fleet.replace(seen.chance.choice(fleet.collectors))
    await _some_batches(seen)


async def _some_batches(seen: Seen) -> None:
    enough = seen.batches + seen.chance.randint(1, MOST_BATCHES_BEFORE_A_KILL)
    await until(lambda: seen.batches >= enough, seconds=120)


async def _drained(beside: list[Beside], session: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(SECONDS_TO_DRAIN):
        for each in beside:
            while (await each.agent.get(session, "/status"))["pending"]:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)


async def _assert_right(storage: Storage, seen: Seen) -> None:
    """Compare a store with what was acknowledged, with the reference, and with a store that got the same events in peace."""
    stored = await storage.events(EventQuery(limit=10**6))
    keys = [key_of(event_row(each)) for each in stored]
    cameras = await storage.cameras()

    assert seen.acknowledged == set(keys)
    assert len(keys) == len(set(keys))
    assert [0] * AGENTS == [camera.missing for camera in cameras]
    async with kept_in_sqlite(rules=RULES) as peaceful:
        for camera, body in seen.bodies:
            reception = Reception(read_body(json.dumps(body["events"]).encode()), now=2**60, rules=Rules(0, None))
            delivery = reception.delivery(site="default", camera=camera)
            await peaceful.storage.store([delivery], decide=partial(splice, rules=RULES))

        assert stored == await peaceful.storage.events(EventQuery(limit=10**6))
    middle = parse_instant(keys[len(keys) // 2][0])
    for window in (Window(), Window(middle, None), Window(None, middle), Window(middle, middle + 60_000_000)):
        assert await by_reference(storage, window, sites=None) == await by_ledger(storage, window, sites=None)
