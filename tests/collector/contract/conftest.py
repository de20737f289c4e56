"""The stores under contract: each implementation opens the same database again and again, as restarts do."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from collector.storage.base import Storage
from collector.storage.sqlite import SqliteStorage
from tests.support.collector import RULES

Open = Callable[[], Awaitable[Storage]]


@pytest.fixture(params=["sqlite"])
async def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Return what opens the one database of the test; whatever was open before is closed first."""
    assert "sqlite" == request.param
    opened: list[Storage] = []

    async def close() -> None:
        while opened:
            await opened.pop().close()

    async def open_it() -> Storage:
        await close()
        opened.append(SqliteStorage.open(tmp_path / "collector.db", rules=RULES))
        return opened[-1]

    yield open_it
    await close()


@pytest.fixture
async def storage(open_again: Open) -> Storage:
    """Return an empty store."""
    return await open_again()
