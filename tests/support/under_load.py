"""A collector as a process that is to be killed, and producers that post to it meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.flaky_collector import until
from tests.support.oracle import Oracle, Producer
from tests.support.victims import Victim

PRODUCERS = 4
MOST_ACKNOWLEDGED_BEFORE_A_KILL = 300


def serving(folder: Path) -> Victim:
    """A collector that is to be killed, on the database of a folder."""
    where = ("--database", str(folder / "collector.db"), "--listen", "127.0.0.1:0")
    return Victim("collector", "serve", *where, log=folder / "collector.log")


@asynccontextmanager
async def produced(oracle: Oracle, victim: Victim) -> AsyncIterator[aiohttp.ClientSession]:
    """Let four producers post while the block lasts; what they have begun is finished at the end."""
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as tasks:
        producers = [Producer(oracle, worker=f"W{n}", address=lambda: victim.address) for n in range(PRODUCERS)]
        for producer in producers:
            tasks.create_task(producer.run(session))
        try:
            yield session
        finally:
            for producer in producers:
                producer.stop()


async def some_more(oracle: Oracle) -> None:
    """Return once a random number of events more has been acknowledged."""
    enough = len(oracle.acknowledged) + oracle.chance.randint(1, MOST_ACKNOWLEDGED_BEFORE_A_KILL)
    await until(lambda: len(oracle.acknowledged) >= enough, seconds=60)


async def stored_in(victim: Victim, session: aiohttp.ClientSession) -> list[dict[str, Any]]:
    """Return every event that the collector has, page after page."""
    found: list[dict[str, Any]] = []
    query = {"limit": "10000"}
    while True:
        page = await victim.get(session, "/api/events/", **query)
        found += page["events"]
        if page["next"] is None:
            return found
        query["after"] = page["next"]
