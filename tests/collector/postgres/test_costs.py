"""How many rows arriving events write on PostgreSQL: their own, and not those of the hours that they change.

Rows as the server counts them in the transaction; what they cost to look up is told by the same statements over SQLite.
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from collector import hours
from collector.records import Delivery
from collector.storage.postgres.registry import Registry
from collector.storage.postgres.store import PostgresStorage
from collector.storage.postgres.storing import store
from shared.events import Event, EventType
from shared.instants import HOUR
from shared.wire import MAX_LACKING_RANGES
from tests.support.collector import RULES, contact, decide, delivery
from tests.support.postgres import Server

_, idle, working, product = EventType
START = 1_600_000_000_000_000
COUNTS = 5_000
"""Nine hours apart, so there is no silence: five years."""
AN_EVENT = 4
"""Itself, a version that lost, its hour and its sum."""
RANGES_READ = 4 * (MAX_LACKING_RANGES + 1)
"""The lowest, before and after, and some for each range that is told: thousands are there."""
Put = Callable[[list[Event]], Awaitable[int]]


@pytest.fixture
async def put(postgres: Server) -> AsyncIterator[Put]:
    """Return what stores events in one transaction, and says how many rows it wrote."""
    url = await postgres.emptied_database()
    await (await PostgresStorage.open(url, rules=RULES)).close()
    connection = await asyncpg.connect(url)
    registry = Registry(hour_offset_of=lambda _: 0)

    async def written() -> int:
        # Since the server has last added up, which it does not do within a transaction.
        return int(
            await connection.fetchval("select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_xact_user_tables")
        )

    async def store_events(events: list[Event]) -> int:
        async with connection.transaction():
            before = await written()
            await store(connection, registry, deliveries=[Delivery("default", None, 0, events)], decide=decide)
            return await written() - before

    yield store_events
    await connection.close()


async def test_a_state_writes_blocks_and_not_the_hours_since_1970(put: Put) -> None:
    """One state after the other takes five years of a worker who is only counted; a list of them does no more."""
    await put([Event(START + number * 9 * HOUR, "W1", "S1", product, 1, None) for number in range(COUNTS)])
    rows = [await put([Event(START - 5 + number, "W1", f"S{number % 3}", working, 0, None)]) for number in range(5)]
    poison = [
        Event(1_000 * number, "W1", "S1", working, 0, None)
        if number % 2
        else Event(START + COUNTS * 9 * HOUR + 1_000 * number, "W1", "S1", product, 1, None)
        for number in range(1_000)
    ]
    of_list = [await put(poison), await put(poison), await put([each._replace(count=7) for each in poison])]

    assert max(rows) <= 2 * 2 * hours.BLOCK
    assert max(of_list) <= AN_EVENT * len(poison)


async def test_events_in_order_write_little_beside_themselves(put: Put) -> None:
    """A state a minute: each hour and each sum is written once a transaction."""
    first = [Event(START + number * 60_000_000, "W1", "S1", working, 0, None) for number in range(600)]
    rows = await put(first)
    again = await put(first)

    assert 600 <= rows <= 600 + 30
    assert 0 == again


async def test_a_call_reads_few_of_the_ranges_of_its_camera(postgres: Server) -> None:
    """Those that a receipt can name, and those that it tells; the server counts what it reads in the transaction."""
    url = await postgres.emptied_database()
    await (await PostgresStorage.open(url, rules=RULES)).close()
    connection = await asyncpg.connect(url)
    registry = Registry(hour_offset_of=lambda _: 0)
    read = []
    for told in (tuple((number, number) for number in range(2, 24_000, 2)), ((5, 5), (2_001, 2_003))):
        async with connection.transaction():
            await store(connection, registry, deliveries=[delivery(camera="C1", contact=contact(told))], decide=decide)
            read.append(
                await connection.fetchval(
                    "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'camera_range'"
                )
            )
    await connection.close()

    assert read[-1] <= RANGES_READ, read
