"""The stores under contract: each implementation opens the same database again and again, as restarts do."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from collector.storage.base import Storage
from collector.storage.postgres.store import PostgresStorage
from collector.storage.sqlite import SqliteStorage
from tests.support.collector import RULES
from tests.support.postgres import Server

Open = Callable[[], Awaitable[Storage]]


@pytest.fixture(params=["sqlite", "postgres"])
async def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Return what opens the one database of the test; whatever was open before is closed first."""
    opened: list[Storage] = []
    address = ""
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        address = await server.emptied_database()

    async def close() -> None:
        while opened:
            await opened.pop().close()

    async def open_it() -> Storage:
        await close()
        if address:
            opened.append(await PostgresStorage.open(address, rules=RULES))
        else:
            opened.append(SqliteStorage.open(tmp_path / "collector.db", rules=RULES))
        return opened[-1]

    yield open_it
    await close()


@pytest.fixture
async def storage(open_again: Open) -> Storage:
    """Return an empty store."""
    return await open_again()
