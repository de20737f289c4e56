"""What the store says of a token is remembered for a second, and for no moment longer than a change through this collector."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request
from aiohttp.web import Request

from collector.grants import AddCamera, Grant, Kind, RemoveCamera, digest_of
from collector.storage.sqlite import SqliteStorage
from collector.storage.sqlite_access import SqliteAccess
from collector.web.access import NOBODY
from collector.web.doorkeeper import Doorkeeper
from collector.web.peers import Peers
from shared.errors import NotKnown
from tests.support.collector import NOON_AFTER, RULES
from tests.support.fake_clock import FakeClock

TOKEN = "lsc_one"
ADDED = AddCamera("C1", None, "default", digest_of(TOKEN), NOON_AFTER)
ANYONE = make_mocked_request("GET", "/")
SHOWN = make_mocked_request("GET", "/", headers={"Authorization": f"Bearer {TOKEN}"})


class LateAccess(SqliteAccess):
    """A real store; what it has read is taken up only when the loop comes to it."""

    def __init__(self, access: SqliteAccess) -> None:
        """Ask the same store."""
        vars(self).update(vars(access))
        self.has_read = asyncio.Event()
        self.is_taken_up = asyncio.Event()
        self.is_taken_up.set()

    async def grant(self, digest: bytes, *, kind: Kind) -> Grant | None:
        """Return what a token grants, or granted."""
        found = await super().grant(digest, kind=kind)
        self.has_read.set()
        await self.is_taken_up.wait()
        return found

    async def is_configured(self) -> bool:
        """Say whether anybody has access, or had."""
        found = await super().is_configured()
        self.has_read.set()
        await self.is_taken_up.wait()
        return found


@pytest.fixture
async def access(tmp_path: Path) -> AsyncIterator[LateAccess]:
    """Return the access of a store that is empty."""
    storage = SqliteStorage.open(tmp_path / "collector.db", rules=RULES)
    yield LateAccess(storage.access)
    await storage.close()


@pytest.fixture
def doorkeeper(access: LateAccess) -> Doorkeeper:
    """Return who asks that store; nothing is remembered yet."""
    return Doorkeeper(access, peers=Peers(()), clock=FakeClock(NOON_AFTER), may_be_open=True, is_insisted=False)


async def overtaken(
    doorkeeper: Doorkeeper, late: Request, *, access: LateAccess, by: AddCamera | RemoveCamera, other: Request
) -> None:
    """Let a request be answered with what was read before a change, after which another one has come already."""
    access.is_taken_up.clear()
    first = asyncio.create_task(doorkeeper.viewer_of(late))
    await access.has_read.wait()
    await access.apply(by)
    second = asyncio.create_task(doorkeeper.viewer_of(other))
    await asyncio.sleep(0)
    access.is_taken_up.set()
    await asyncio.gather(first, second)


async def test_a_token_that_is_revoked_while_it_is_looked_up_is_not_remembered(
    access: LateAccess, doorkeeper: Doorkeeper
) -> None:
    """Whoever shows it next is not known any more."""
    await access.apply(ADDED)
    await overtaken(doorkeeper, SHOWN, access=access, by=RemoveCamera("C1"), other=ANYONE)

    with pytest.raises(NotKnown):
        await doorkeeper.viewer_of(SHOWN)


async def test_a_collector_that_is_closed_while_that_is_looked_up_is_closed(
    access: LateAccess, doorkeeper: Doorkeeper
) -> None:
    """From the first token on nobody may do everything."""
    await overtaken(doorkeeper, ANYONE, access=access, by=ADDED, other=SHOWN)

    assert NOBODY == await doorkeeper.viewer_of(ANYONE)
