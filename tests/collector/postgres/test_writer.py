"""The connection that stores, where others want it, too: who waits for it, and who gives up, changes nothing for who has it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from collector.measures import Kept, Look
from collector.records import Delivery, Outcome
from collector.storage.postgres.store import PostgresStorage
from tests.collector.postgres.test_locks import SECONDS, StoppedPurge, hand, waits
from tests.support.collector import NOON_AFTER, RULES, at, decide, delivery, event
from tests.support.postgres import Server

LOOK = Look(NOON_AFTER, "ann", "supervisor", "floor", "default", None)


def minute(number: int) -> list[Delivery]:
    """Return a delivery of one event of its own."""
    return [delivery(event(f"10:{number:02}", "W1", "working"))]


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[PostgresStorage]:
    """Give a collector's store in which a worker is known."""
    store = await PostgresStorage.open(url, rules=RULES)
    try:
        await store.store(minute(0), decide=decide)
        yield store
    finally:
        await store.close()


async def test_who_gives_up_waiting_takes_nothing_from_who_stores(postgres: Server) -> None:
    """What is remembered belongs to the transaction that runs: a page that is closed meanwhile voids none of it."""
    url = await postgres.emptied_database()
    async with opened(url) as store:
        async with hand(url) as holding:
            await holding.execute("select from worker for no key update")
            storing = asyncio.create_task(store.store(minute(1), decide=decide))
            assert await waits(url, storing)
            looking = asyncio.create_task(store.note_look(LOOK))
            await asyncio.wait([looking], timeout=0.05)
            looking.cancel()
            await asyncio.wait([looking])
        stored = await storing

    assert 1 == len(stored[0].outcomes)


async def test_other_sites_do_not_wait_for_a_purge(postgres: Server) -> None:
    """Nor at the collector that purges: it does so on a connection of its own."""
    url = await postgres.emptied_database()
    stopped = StoppedPurge()
    async with opened(url) as store:
        to = Kept(events=at("11:00"))
        purging = asyncio.create_task(store.purge("default", to=to, settle=stopped.settle))
        assert await asyncio.to_thread(stopped.entered.wait, SECONDS)
        storing = asyncio.create_task(store.store([delivery(event("10:00", "W1", "idle"), site="east")], decide=decide))
        await asyncio.wait([storing], timeout=SECONDS)
        is_stored = storing.done()
        stopped.let_go.set()
        purged, stored = await purging, await storing

    assert is_stored
    assert (to, [Outcome.accepted]) == (purged.kept, list(stored[0].outcomes))
