"""Transactions that meet, step by step: who holds a row lets others wait, rows are held in the order of their numbers.

Another hand holds rows on a connection of its own, or a collector is stopped in the middle of its transaction, until the server
says that somebody waits. The server reads tables row by row, and the rows lie in the opposite order, so nothing but the
statement's own order brings them into theirs.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, NamedTuple

import asyncpg
import pytest

from collector.measures import Kept, Settled
from collector.metrics.retention import settle
from collector.records import Delivery, Entry, Outcome, Run, Splice
from collector.storage.postgres.hosts import PlacedConnection
from collector.storage.postgres.store import PostgresStorage
from tests.support.collector import RULES, at, contact, decide, delivery, event
from tests.support.postgres import Server, audited

ROW_BY_ROW = "&enable_indexscan=off&enable_bitmapscan=off&enable_indexonlyscan=off"
SECONDS = 30
FIRST = [
    delivery(event("10:00", "W1", "working"), event("10:01", "W2", "working", station="S2"), camera="C1"),
    delivery(camera="C2", contact=contact()),
    delivery(event("10:00", "W1", "working"), site="east", camera="C3"),
]


def later(hour: int) -> list[Delivery]:
    """Return more of the same workers, workstations, cameras and sites, each named in the wrong order."""
    said = contact(((1, 1),))
    return [
        delivery(event(f"{hour}:10", "W1", "idle", station="S2"), camera="C2", contact=said),
        delivery(event(f"{hour}:11", "W2", "idle"), camera="C1", contact=said),
        delivery(event(f"{hour}:10", "W1", "idle"), site="east", camera="C3"),
    ]


@pytest.fixture
async def address(postgres: Server) -> str:
    """Return a database in which everything is known, and the rows of what is known lie in the opposite order."""
    url = await postgres.emptied_database()
    store = await PostgresStorage.open(url, rules=RULES)
    await store.store(FIRST, decide=decide)
    await store.close()
    connection = await asyncpg.connect(url)
    for table, column in (("worker", "worker_id"), ("workstation", "station_id"), ("camera", "name")):
        for number in (2, 1):
            # A row that is changed lies behind all others.
            await connection.execute(f"update {table} set {column} = {column} where number = $1", number)  # noqa: S608
    await connection.close()
    return url


@asynccontextmanager
async def opened(url: str, *, how: str = ROW_BY_ROW) -> AsyncIterator[PostgresStorage]:
    """Give a collector's store."""
    store = await PostgresStorage.open(url + how, rules=RULES)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def hand(url: str) -> AsyncIterator[Any]:
    """Give a connection with an open transaction."""
    connection = await asyncpg.connect(url, connection_class=PlacedConnection)
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield connection
    finally:
        await transaction.rollback()
        await connection.close()


async def waits(url: str, task: "asyncio.Task[Any]") -> bool:
    """Return whether the server comes to say that somebody waits for a lock, before the task is done."""
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(SECONDS):
            while not task.done():
                if await connection.fetchval(
                    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
                ):
                    return True
        return False
    finally:
        await connection.close()


class Row(NamedTuple):
    """A row that transactions hold."""

    table: str
    site: int
    number: int

    async def hold(self, connection: Any) -> None:
        """Hold it, or fail if somebody else does."""
        await connection.execute(
            f"select from {self.table} where site_id = $1 and number = $2 for no key update nowait",
            self.site,
            self.number,
        )

    async def is_free(self, url: str) -> bool:
        """Say whether nobody holds it."""
        async with hand(url) as connection:
            try:
                await self.hold(connection)
            except asyncpg.LockNotAvailableError:
                return False
            return True


async def sites(url: str) -> list[int]:
    """Return the numbers of the two sites."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("select site_id from site order by site_id")
    await connection.close()
    return [row[0] for row in rows]


@pytest.mark.parametrize("table", ["worker", "workstation", "camera"])
async def test_rows_are_held_in_the_order_of_their_numbers(address: str, table: str) -> None:
    """Whoever waits for the second holds the first already; whoever waits for the first does not hold the second."""
    (site, _) = await sites(address)
    first, second = Row(table, site, 1), Row(table, site, 2)
    told = []
    for hour, held, other in ((11, second, first), (12, first, second)):
        async with opened(address) as store:
            async with hand(address) as connection:
                await held.hold(connection)
                storing = asyncio.create_task(store.store(later(hour)[:2], decide=decide))
                told.append((await waits(address, storing), await other.is_free(address)))
            await storing

    assert [(True, False), (True, True)] == told


async def test_sites_are_gone_through_in_the_order_of_their_numbers(address: str) -> None:
    """Whichever delivery comes first."""
    (first, second) = await sites(address)
    async with opened(address) as store, hand(address) as connection:
        await Row("worker", second, 1).hold(connection)
        storing = asyncio.create_task(store.store(later(11)[::-1], decide=decide))
        told = (await waits(address, storing), await Row("worker", first, 1).is_free(address))
        await connection.execute("rollback")
        await storing
        await connection.execute("begin")

    assert (True, False) == told


class Stopped:
    """A collector's `decide` that stops once, until it is let go."""

    def __init__(self) -> None:
        self.entered, self.let_go = threading.Event(), threading.Event()

    def __call__(self, runs: Sequence[Run], arrivals: Sequence[Entry], *, offset: int) -> Splice:
        """Wait, and decide."""
        self.entered.set()
        assert self.let_go.wait(SECONDS)
        return decide(runs, arrivals, offset=offset)


async def meeting(
    url: str, one: Callable[[], Awaitable[Any]], *, stopped: Stopped, other: Callable[[], Awaitable[Any]]
) -> tuple[bool, Any, Any]:
    """Stop one in the middle, begin another, and let the first go once the other waits; return whether it did, and both."""
    first = asyncio.create_task(_awaited(one))
    assert await asyncio.to_thread(stopped.entered.wait, SECONDS)
    second = asyncio.create_task(_awaited(other))
    has_waited = await waits(url, second)
    stopped.let_go.set()
    return has_waited, await first, await second


async def _awaited(work: Callable[[], Awaitable[Any]]) -> Any:
    return await work()


async def test_nobody_reads_what_stands_of_a_worker_whom_another_transaction_holds(address: str) -> None:
    """The second of two collectors with the same event waits, finds it stored, and no time is counted twice."""
    arriving = [delivery(event("10:20", "W1", "working"), event("10:05", "W1", "product_count"))]
    stopped = Stopped()
    async with opened(address) as one, opened(address) as other:
        has_waited, first, second = await meeting(
            address,
            partial(one.store, arriving, decide=stopped),
            stopped=stopped,
            other=partial(other.store, arriving, decide=decide),
        )

    assert has_waited
    assert ([Outcome.accepted] * 2, [Outcome.duplicate] * 2) == (first[0].outcomes, second[0].outcomes)
    assert [] == (await audited(address)).differences


async def test_ids_that_two_register_at_once_get_one_number(address: str) -> None:
    """The second waits until the first has given them out."""
    arriving = [delivery(event("10:20", "W8", "working", station="S8"))]
    stopped = Stopped()
    async with opened(address) as one, opened(address) as other:
        has_waited, first, second = await meeting(
            address,
            partial(one.store, arriving, decide=stopped),
            stopped=stopped,
            other=partial(other.store, arriving, decide=decide),
        )

    assert has_waited
    assert ([Outcome.accepted], [Outcome.duplicate]) == (first[0].outcomes, second[0].outcomes)
    assert [] == (await audited(address)).differences


class StoppedPurge(Stopped):
    """What a purge settles by, which stops once, until it is let go."""

    def settle(self, runs: Any, stretch: tuple[int, int]) -> Settled:
        """Wait, and settle."""
        self.entered.set()
        assert self.let_go.wait(SECONDS)
        return settle(runs, stretch, rules=RULES)


@pytest.mark.parametrize("worker", ["W1", "W9"], ids=["of somebody who is known", "of somebody new"])
async def test_an_event_that_waited_for_a_purge_is_too_old(address: str, worker: str) -> None:
    """The collector still remembers that the site takes everything; a purge has come first."""
    arriving = [delivery(event("09:00", worker, "working", station="S9"), event("11:30", worker, "idle"))]
    stopped = StoppedPurge()
    async with opened(address) as one, opened(address) as other:
        await other.store(later(10), decide=decide)
        has_waited, _, stored = await meeting(
            address,
            partial(one.purge, "default", to=Kept(events=at("11:00")), settle=stopped.settle),
            stopped=stopped,
            other=partial(other.store, arriving, decide=decide),
        )
        stations = [station.id for station in (await other.snapshot(["default"])).workstations]

    assert has_waited
    assert ["S1", "S2"] == stations  # not the one that only the old event names
    assert [Outcome.too_old, Outcome.accepted] == stored[0].outcomes
    assert at("11:00") == stored[0].horizon
    assert [] == (await audited(address)).differences


async def test_a_purge_waits_for_who_stores(address: str) -> None:
    """What is being stored is there when the hour is written down."""
    stopped = Stopped()
    arriving: list[Delivery] = [delivery(event("10:20", "W1", "working"))]
    to = Kept(events=at("11:00"))
    async with opened(address) as one, opened(address) as other:
        has_waited, stored, purged = await meeting(
            address,
            partial(one.store, arriving, decide=stopped),
            stopped=stopped,
            other=partial(other.purge, "default", to=to, settle=partial(settle, rules=RULES)),
        )

    assert has_waited
    assert ([Outcome.accepted], to) == (stored[0].outcomes, purged.kept)
    assert [] == (await audited(address)).differences


async def test_of_two_that_purge_at_once_each_hour_goes_once(address: str) -> None:
    """The second finds gone what the first has taken."""
    to = Kept(events=at("11:00"))
    stopped = StoppedPurge()
    async with opened(address) as one, opened(address) as other:
        has_waited, first, second = await meeting(
            address,
            partial(one.purge, "default", to=to, settle=stopped.settle),
            stopped=stopped,
            other=partial(other.purge, "default", to=to, settle=partial(settle, rules=RULES)),
        )

    assert has_waited
    assert (to, to, 0) == (first.kept, second.kept, second.events)
