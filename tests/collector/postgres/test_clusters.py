"""What a collector tells the coordinator of a Citus cluster, and no other server; no cluster is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from collector.held_sites import SiteHeld
from collector.storage.postgres import connecting, locks, scrubbing
from collector.storage.postgres.condition import condition_of
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.migrating import migrate
from shared.errors import Busy
from tests.collector.postgres.test_locks import hand, opened
from tests.support.citus import CALLED_CITUS, MACHINES
from tests.support.collector import RULES, decide, delivery, event
from tests.support.postgres import Server


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[tuple[Connection, list[str]]]:
    """Give a connection as writers have it, and what it is told from then on."""
    pool = await connecting.new_pool(url, size=1, statement_seconds=30, plans_once=True)
    told: list[str] = []
    try:
        async with pool.acquire() as connection:
            with connection.query_logger(lambda record: told.append(record.query)):
                yield connection, told
    finally:
        await connecting.let_go(pool)


async def address(server: Server, *, is_spread: bool) -> str:
    """Return a database that says that it is a coordinator, or is none."""
    url = server.new_database()
    if is_spread:
        connection = await asyncpg.connect(url)
        await connection.execute(CALLED_CITUS)
        await connection.close()
    return url


async def settings(connection: Connection) -> tuple[Any, ...]:
    """Return what is set in a session: who plans, what the machines hear of, whether shards are told from tables."""
    return tuple(
        await connection.fetchrow(
            """
            select
                current_setting('plan_cache_mode'),
                current_setting('citus.propagate_set_commands', true),
                current_setting('citus.override_table_visibility', true)
            """
        )
    )


@pytest.mark.parametrize(
    ("is_spread", "expected"), [(False, ("force_generic_plan", None, None)), (True, ("auto", "local", "off"))]
)
async def test_a_session_with_a_coordinator_lets_the_machines_hear_what_a_transaction_sets(
    postgres: Server, is_spread: bool, expected: tuple[str | None, ...]
) -> None:
    """Other servers are told nothing of it."""
    async with connected(await address(postgres, is_spread=is_spread)) as (connection, _):
        told = await settings(connection)

    assert expected == told


@pytest.mark.parametrize(("is_spread", "more"), [(False, []), (True, ["set local lock_timeout = 3000"])])
async def test_how_long_is_waited_is_said_to_the_machines_of_the_rows(
    postgres: Server, is_spread: bool, more: list[str]
) -> None:
    """By a statement that they hear of; without a cluster a transaction that stores has no statement more."""
    async with connected(await address(postgres, is_spread=is_spread)) as (connection, told), connection.transaction():
        await locks.share(connection, locks.RULES)
        waits = await connection.fetchval("show lock_timeout")
    begun, first, *rest = told

    assert ("BEGIN;", True) == (begun, "pg_try_advisory_xact_lock_shared" in first)
    assert ([*more, "show lock_timeout"], "3s") == (rest[: len(more) + 1], waits)


@pytest.mark.parametrize("is_spread", [False, True])
async def test_who_has_everybody_wait_says_so_in_a_statement_too(postgres: Server, is_spread: bool) -> None:
    """So that an erasure gives up after half a second, wherever the row lies that somebody holds."""
    async with connected(await address(postgres, is_spread=is_spread)) as (connection, told), connection.transaction():
        await locks.take_alone(connection, locks.RULES)

    assert "set local lock_timeout = 500" in told


async def cluster(server: Server) -> str:
    """Return a database that has our tables, and says of its machines what `MACHINES` does."""
    url = server.new_database()
    connection = await asyncpg.connect(url)
    await migrate(connection, rules=RULES)
    await connection.execute(CALLED_CITUS + MACHINES)
    await connection.close()
    return url


async def test_who_reads_at_any_machine_may_still_see_what_was_erased(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So nothing is written anew as long as somebody reads there, and nobody has to wait for that."""
    monkeypatch.setattr(scrubbing, "PATIENCE", 2)
    async with connected(await cluster(postgres)) as (connection, told):
        await connection.execute("insert into unscrubbed (one) values (true)")
        with pytest.raises(Busy, match="somebody reads the database"):
            await scrubbing.scrub(connection)

    assert not any("vacuum" in each for each in told)


async def test_who_holds_a_row_past_the_coordinator_is_no_collector(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The coordinator sees nobody but collectors, and the machine of the row says that somebody else is there."""
    monkeypatch.setattr(locks, "SECONDS_TO_WAIT", 0.2)
    url = await cluster(postgres)
    arriving = [delivery(event("10:00", "W1", "working"))]
    async with opened(url, how="") as store:
        await store.store(arriving, decide=decide)
        async with hand(url) as holding:
            await holding.execute("set application_name = 'lineside-collector'")
            await holding.execute("select from worker for update")
            with pytest.raises(SiteHeld) as told:
                await store.store(arriving, decide=decide)

    assert "stranger" == told.value.holder


async def test_all_machines_are_looked_at(postgres: Server) -> None:
    """Their tables are added up, one that does not answer is named, and so is who waits at one of them for whom."""
    condition = await condition_of(await cluster(postgres))
    (waits,) = condition.held
    (events,) = [table for table in condition.tables if table.name == "event"]

    assert condition.is_spread
    assert ("event", 5, 1, 700_000_000) == events == condition.tables[0]
    assert "arithmetic" in {table.name for table in condition.tables}  # which the coordinator has
    assert 1_000_000_000 < condition.size_bytes
    assert ["db3:5432"] == condition.silent
    assert ("rows that process 8 of db2:5432 holds", 7, "lineside-collector on 10.0.0.4", True) == waits[:4]
    assert 20 <= waits.seconds < 60
