"""Whoever has gone before the store had time for it: what they did is written down all the same, on each store."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from sqlite_utils.utils import sqlite3

from collector.grants import Role
from tests.collector.web.test_connections import connected
from tests.collector.web.test_strangers import head
from tests.collector.web.tokens import session
from tests.support.collector import RunningCollector, item, running_collector
from tests.support.postgres import Server

LAST_CHUNK = b"\n\r\n0\r\n\r\n"
"""With what stands before it: a row that ends in a nought, and the end of its chunk, would look like the rest."""


@dataclass(frozen=True)
class There:
    """A collector, and what another user of its database does and sees."""

    collector: RunningCollector
    occupied: Callable[[], AbstractAsyncContextManager[None]]
    """Nothing can be written while the block lasts."""
    rows: Callable[[str], Awaitable[int]]
    """How many rows a table has."""

    async def rows_become(self, table: str, wanted: int) -> int:
        """Return how many rows a table has, once they are as many, or after 10 s."""
        found = await self.rows(table)
        for _ in range(200):
            if found == wanted:
                break
            await asyncio.sleep(0.05)
            found = await self.rows(table)
        return found


@pytest.fixture(params=["sqlite", "postgres"])
async def there(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[There]:
    """Return a collector that has one event, on each store."""
    if request.param == "sqlite":
        file = tmp_path / "collector.db"
        async with running_collector(tmp_path) as collector:
            await collector.post(item("10:00", "W1", "working"))
            with closing(sqlite3.connect(file, isolation_level=None)) as other:
                yield There(collector, lambda: _locked(other), lambda table: _counted(other, table))
        return
    server: Server = request.getfixturevalue("postgres")
    url = await server.emptied_database()
    async with running_collector(tmp_path, database=url) as collector:
        await collector.post(item("10:00", "W1", "working"))
        beside = await asyncpg.connect(url)
        try:
            yield There(
                collector,
                lambda: _locked_there(beside),
                lambda table: beside.fetchval(f"select count(*) from {table}"),  # noqa: S608
            )
        finally:
            await beside.close()


@asynccontextmanager
async def _locked(connection: sqlite3.Connection) -> AsyncIterator[None]:
    connection.execute("begin immediate")
    yield
    connection.execute("rollback")


async def _counted(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"select count(*) from {table}").fetchone()[0])  # noqa: S608


@asynccontextmanager
async def _locked_there(connection: asyncpg.Connection) -> AsyncIterator[None]:
    async with connection.transaction():
        await connection.execute("lock table look, session in exclusive mode")
        yield


async def gone_after(collector: RunningCollector, request: bytes, *, until: bytes) -> None:
    """Ask, and hang up once so much of the answer has come; returns when the collector has seen that."""
    async with connected(collector) as (reader, writer):
        writer.write(request)
        await asyncio.wait_for(reader.readuntil(until), 10)
    await collector.get("/healthz")  # answered after what had happened before it


async def test_a_file_that_was_read_to_its_end_is_a_look(there: There) -> None:
    """Also where whoever read it hangs up before the store has time to note it, or has begun to."""
    headers = await session(there.collector, Role.supervisor)
    async with there.occupied():
        for query in ("", "?worker_id=W1"):
            await gone_after(there.collector, head(headers, f"GET /api/events.csv{query}"), until=LAST_CHUNK)

    assert 2 == await there.rows_become("look", 2)


async def test_a_logout_holds_though_the_page_has_gone(there: There) -> None:
    """What ends a session is made to its end, whether or not the store had begun with it, and what was known before is forgotten."""
    sessions = [await session(there.collector, role) for role in (Role.supervisor, Role.viewer)]

    async def seen() -> list[int]:
        return [(await there.collector.ask("GET", "/api/me/", headers=one)).status for one in sessions]

    before = await seen()  # so that who logs out is remembered, and the store is asked to end it at once
    async with there.occupied():
        for one in sessions:
            async with connected(there.collector) as (_, writer):
                writer.write(head(one, "POST /logout", "Content-Length: 0"))
                await there.collector.get("/healthz")
            await there.collector.get("/healthz")
        meanwhile = await seen()
    gone = await there.rows_become("session", 0)
    after = await seen()
    for _ in range(100):
        if after == [401, 401]:
            break
        await asyncio.sleep(0.02)
        after = await seen()

    assert ([200, 200], [200, 200]) == (before, meanwhile)
    assert (0, [401, 401]) == (gone, after)
