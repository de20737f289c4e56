"""Two PostgreSQL databases that hold the same year of events: in one table, and in ranges of months.

The second table is made by the migrations' own statements, with nothing but its ranges added: before, fifteen months, after,
and no default. Both are filled by the same statement in the order of time, so that neither is packed better. A site works an
hour a day, so that a year has its breadth in months and fits into some minutes. The newest day is stored as collectors do;
of the others the events are laid down, and a row of the ledger for each worker's hour, by which a purge finds its hours.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

import asyncpg

from benchmarks.several import ON_DISK, RULES
from collector.metrics.ledger import splice
from collector.records import Delivery
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.migrating import migrations
from collector.storage.postgres.store import PostgresStorage
from shared.events import Event, EventType
from shared.instants import HOUR
from tests.support.postgres import Server

DAY = 24 * HOUR
SITE = "default"
WORKERS = 200
DAYS = 365
EVENTS_AN_HOUR = 60
"""Of each worker."""
MONTHS = 15
SETTINGS = (*ON_DISK, "autovacuum=off")
"""A vacuum is measured, so it comes when it is told to."""
KINDS = (EventType.working, EventType.product_count, EventType.idle, EventType.product_count)
FIRST_DAY = datetime(2025, 1, 1, 5, tzinfo=UTC)

_LAY_EVENTS = """
    insert into event (at, confidence, site_id, worker, workstation, count, camera, type)
    select $1::bigint + k * $3::bigint + w.number * 1009, 0.9, w.site_id, w.number, st.number, (kind = 3)::integer, null, kind
    from generate_series(0, $2::integer - 1) as k
    cross join worker as w
    join workstation as st on st.site_id = w.site_id and st.station_id = 'S' || substr(w.worker_id, 2)
    cross join lateral (select ($4::smallint[])[(k + w.number) % 4 + 1]) as of_number (kind)
"""
_LAY_HOURS = """
    insert into ledger (hour, site_id, worker, workstation, working, idle, absent, assumed, units)
    select $1, w.site_id, w.number, st.number, $2::bigint / 2, $2::bigint / 2, 0, 0, 30
    from worker as w
    join workstation as st on st.site_id = w.site_id and st.station_id = 'S' || substr(w.worker_id, 2)
"""
# The last state and the last event of each worker outlive the month they are in.
_MOVE_KEPT = "with kept as (delete from {month} returning *) insert into event select * from kept"


class Cost(NamedTuple):
    """What something took."""

    seconds: float
    server: float
    """Seconds of processor time, of all processes of the server."""
    own: float
    """The same of this process, which does what a collector does."""
    log: int
    """Bytes of the write-ahead log."""


class Side(NamedTuple):
    """One of the two databases, open."""

    server: Server
    storage: PostgresStorage
    connection: Connection

    async def cost(self, work: Callable[[], Awaitable[object]]) -> Cost:
        """Return what it takes to do something."""
        before, log, own, began = self._server_seconds(), await self._log(), process_time(), perf_counter()
        await work()
        took, used = perf_counter() - began, process_time() - own
        return Cost(took, self._server_seconds() - before, used, await self._log() - log)

    async def cost_after_checkpoint(self, work: Callable[[], Awaitable[object]]) -> Cost:
        """Return what it takes to do what comes once an hour: whole pages go into the log."""
        await self.connection.execute("checkpoint")
        return await self.cost(work)

    def _server_seconds(self) -> float:
        first = (self.server.data / "postmaster.pid").read_text().split()[0]
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return sum(int(Path(f"/proc/{each}/schedstat").read_text().split()[0]) for each in children) / 1e9

    async def _log(self) -> int:
        return int(await self.connection.fetchval("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))


def first_of_day(day: int) -> int:
    """Return the instant at which the hour of a day begins."""
    return int(FIRST_DAY.timestamp()) * 1_000_000 + day * DAY


def event_of(number: int, *, worker: int, at: int) -> Event:
    """Return an event of a worker, the `number`th of some."""
    kind = KINDS[(number + worker) % len(KINDS)]
    return Event(at, f"W{worker:04}", f"S{worker:04}", kind, int(kind is EventType.product_count), 0.9)


@asynccontextmanager
async def filled(server: Server, *, in_ranges: bool) -> AsyncIterator[Side]:
    """Give a database with its year of events."""
    url = server.new_database()
    storage = await PostgresStorage.open(url, rules=RULES)
    connection = await asyncpg.connect(url)
    try:
        if in_ranges:
            await _make_ranges(connection)
        newest = first_of_day(DAYS - 1)
        made = [
            event_of(number, worker=worker, at=newest + number * _step() + worker * 1009)
            for number in range(EVENTS_AN_HOUR)
            for worker in range(1, WORKERS + 1)
        ]
        await store(storage, made)
        for day in range(DAYS - 1):
            await connection.execute(_LAY_EVENTS, first_of_day(day), EVENTS_AN_HOUR, _step(), [*map(int, KINDS)])
            await connection.execute(_LAY_HOURS, first_of_day(day), HOUR)
        await connection.execute("vacuum (analyze) event")
        yield Side(server, storage, connection)
    finally:
        await connection.close()
        await storage.close()


async def store(storage: PostgresStorage, made: list[Event]) -> None:
    """Store events as a collector does."""
    delivery = Delivery(site=SITE, camera=None, received_at=made[-1].at, events=made)
    await storage.store([delivery], decide=partial(splice, rules=RULES))


def month_of(number: int) -> str:
    """Return the name of the range of a month, counted from the first.

    >>> month_of(12)
    'event_2026_01'
    """
    return f"event_{FIRST_DAY.year + number // 12}_{number % 12 + 1:02}"


async def drop_month(connection: Connection, number: int) -> None:
    """Let go of a month at once: what stays of it moves into the range before all months, which nobody ever drops."""
    month = month_of(number)
    async with connection.transaction():
        await connection.execute(f"alter table event detach partition {month}")
        await connection.execute("alter table event detach partition event_before")
        await connection.execute(
            f"alter table event attach partition event_before for values from (minvalue) to ({_begin(number + 1)})"
        )
        await connection.execute(_MOVE_KEPT.format(month=month))
        await connection.execute(f"drop table {month}")


def _step() -> int:
    return HOUR // EVENTS_AN_HOUR


def _begin(month: int) -> int:
    begin = datetime(FIRST_DAY.year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return int(begin.timestamp()) * 1_000_000


async def _make_ranges(connection: Connection) -> None:
    """Put ranges in the place of the empty table of events."""
    statements = "".join(each.statements for each in migrations())
    table = re.search(r"create table event \(.*?\n\)", statements, re.DOTALL)
    index = re.search(r"create index event_state on event .*?;", statements)
    if table is None or index is None:
        raise RuntimeError("the migrations make no table of events")
    await connection.execute(f"drop table event; {table[0]} partition by range (at); {index[0]}")
    bounds = ["minvalue", *(str(_begin(month)) for month in range(MONTHS + 1)), "maxvalue"]
    names = ["event_before", *map(month_of, range(MONTHS)), "event_after"]
    for name, since, until in zip(names, bounds[:-1], bounds[1:], strict=True):
        await connection.execute(f"create table {name} partition of event for values from ({since}) to ({until})")
