"""A copy of a server that collectors use: it waits for them a little, and they never long for it."""

import asyncio
from time import monotonic

import pytest

from collector.storage.postgres import locks
from collector.storage.postgres.end import PostgresEnd
from collector.storage.postgres.store import STATEMENT_SECONDS
from shared.errors import Busy, FileHeld
from tests.collector.postgres.test_locks import FIRST, hand, opened, waits
from tests.support.collector import decide
from tests.support.postgres import Server


async def test_a_copy_waits_for_who_stores_and_who_stores_then_is_told_at_once(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of a server in use begins when the transaction under way is over; collectors come again until it is done.

    Pages are answered meanwhile.
    """
    monkeypatch.setattr(locks, "SECONDS_TO_SHARE", 0.1)
    url = await postgres.emptied_database()
    copy = PostgresEnd(url, is_source=True)
    async with opened(url, how="") as store:
        async with hand(url) as storing:
            await locks.share(storing, locks.RULES)
            taking = asyncio.ensure_future(asyncio.to_thread(copy.__enter__))
            assert await waits(url, taking)
        await taking
        begun = monotonic()
        with pytest.raises(Busy, match="is being copied"):
            await store.store(FIRST, decide=decide)
        took = monotonic() - begun
        sites = await store.sites()
        await asyncio.to_thread(copy.__exit__)
        await store.store(FIRST, decide=decide)

    assert [] == sites
    assert took < STATEMENT_SECONDS / 2


async def test_a_copy_gives_up_where_somebody_stores_for_ever(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what it waited for."""
    monkeypatch.setattr(locks, "SECONDS_TO_KEEP", 0.1)
    url = await postgres.emptied_database()
    async with hand(url) as storing:
        await locks.share(storing, locks.RULES)
        with pytest.raises(FileHeld, match="being written to"):
            await asyncio.to_thread(PostgresEnd(url, is_source=True).__enter__)
