"""The schema on PostgreSQL: made once, never by a newer version, and fit to be spread over machines by site."""

import asyncio

import asyncpg
import pytest

from collector.records import LedgerRules
from collector.storage.postgres import connecting, locks, migrating
from collector.storage.postgres.migrating import refuse_old
from collector.storage.postgres.store import PostgresStorage
from shared.errors import StorageUnusable
from tests.collector.postgres.test_locks import hand, waits
from tests.support.collector import RULES, decide, delivery, event
from tests.support.postgres import Server

OF_NO_SITE = {
    "site", "camera_home", "arithmetic", "revision", "rebuilding", "schema_migration", "access", "camera_token", "person",
    "session", "board", "secret", "unscrubbed",
}  # fmt: skip
"""Tables that all sites share; a cluster keeps them whole."""


async def test_collectors_that_start_together_make_the_schema_once(postgres: Server) -> None:
    """Whichever comes first; all of them can store afterwards."""
    url = postgres.new_database()
    stores = await asyncio.gather(*(PostgresStorage.open(url, rules=RULES) for _ in range(4)))
    for number, store in enumerate(stores):
        await store.store([delivery(event(f"10:0{number}", "W1", "working"))], decide=decide)
    kept = [len((await store.snapshot()).sightings["default", "W1"]) for store in stores]
    for store in stores:
        await store.close()

    assert [4] * 4 == kept


async def older_database(server: Server) -> str:
    """Return the address of a database of the version before the last step."""
    url = server.new_database()
    *older, _ = migrating.migrations()
    connection = await asyncpg.connect(url)
    await connection.execute(
        "create table schema_migration (number integer primary key, name text, applied_at timestamptz default now())"
    )
    for step in older:
        await connection.execute(step.statements)
        await connection.execute("insert into schema_migration (number, name) values ($1, $2)", step.number, step.name)
    await connection.close()
    return url


async def test_whoever_still_stores_by_the_tables_of_before_is_waited_for(postgres: Server) -> None:
    """A transaction of an older version ends before a step changes its tables; with no step to take nobody is waited for."""
    url = await older_database(postgres)
    async with hand(url) as storing:
        await locks.share(storing, locks.RULES)
        opening = asyncio.create_task(PostgresStorage.open(url, rules=RULES))
        has_waited = await waits(url, opening)
    await (await opening).close()
    async with hand(url) as storing:
        await locks.share(storing, locks.RULES)
        await (await PostgresStorage.open(url, rules=RULES)).close()

    assert has_waited


async def test_a_step_takes_as_long_as_its_tables_are_large(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than any other statement may, and than the driver waits for one."""
    monkeypatch.setattr(connecting, "SECONDS_TO_END", 0.4)
    url = await older_database(postgres)
    connection = await asyncpg.connect(url)
    await connection.execute(
        "create function slow() returns event_trigger language plpgsql as 'begin perform pg_sleep(1.6); end'"
    )
    await connection.execute(
        "create event trigger slow on ddl_command_start when tag in ('CREATE INDEX') execute function slow()"
    )
    await (await PostgresStorage.open(url, rules=RULES, statement_seconds=1)).close()
    applied = await connection.fetchval("select count(*) from schema_migration")
    await connection.close()

    assert len([*migrating.migrations()]) == applied


async def test_rules_of_an_old_database_stay(postgres: Server) -> None:
    """Its amounts were made with them, whatever the settings say now."""
    url = postgres.new_database()
    for rules in (RULES, LedgerRules(session_gap=60, tail=6)):
        store = await PostgresStorage.open(url, rules=rules)
        await store.close()

        assert RULES == store.rules


async def test_a_newer_schema_is_refused_and_left_untouched(postgres: Server) -> None:
    """For writing and for reading; the message says which step is not known."""
    url = postgres.new_database()
    await (await PostgresStorage.open(url, rules=RULES)).close()
    connection = await asyncpg.connect(url)
    await connection.execute("insert into schema_migration (number, name) values (9999, 'of_tomorrow')")
    before = await connection.fetch("select * from schema_migration order by number")
    for opening in (PostgresStorage.open(url, rules=RULES), PostgresStorage.open_read_only(url)):
        with pytest.raises(StorageUnusable, match=r"newer version.*of_tomorrow"):
            await opening

    assert before == await connection.fetch("select * from schema_migration order by number")
    await connection.close()


async def test_a_running_collector_stops_where_a_newer_version_has_been(postgres: Server) -> None:
    """It neither writes nor reads tables that it does not know; its agents keep what they have."""
    url = postgres.new_database()
    store = await PostgresStorage.open(url, rules=RULES)
    await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    connection = await asyncpg.connect(url)
    await connection.execute("insert into schema_migration (number, name) values (9999, 'of_tomorrow')")
    for asked in (
        store.store([delivery(event("10:01", "W1", "idle"))], decide=decide),
        store.sites(),
        store.snapshot(),
    ):
        with pytest.raises(StorageUnusable, match=r"a newer version .* restart this collector"):
            await asked
    kept = await connection.fetchval("select count(*) from event")
    await connection.close()
    await store.close()

    assert 1 == kept


@pytest.mark.parametrize("table", ["event", "customers"])
async def test_another_programs_database_is_refused_and_left_untouched(postgres: Server, table: str) -> None:
    """A table that is called as one of ours, or otherwise."""
    url = postgres.new_database()
    connection = await asyncpg.connect(url)
    await connection.execute(f"create table {table} (mine text)")
    with pytest.raises(StorageUnusable, match=rf"another program \(it has {table}\)"):
        await PostgresStorage.open(url, rules=RULES)
    tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    await connection.close()

    assert [table] == [row[0] for row in tables]


async def test_an_extensions_tables_are_nobodys(postgres: Server) -> None:
    """Citus and others bring tables of their own; here one is given to an extension that every server has."""
    url = postgres.new_database()
    connection = await asyncpg.connect(url)
    await connection.execute("create table of_extension (its text)")
    await connection.execute("alter extension plpgsql add table of_extension")
    await connection.close()

    await (await PostgresStorage.open(url, rules=RULES)).close()


async def test_a_database_without_letters_for_every_name_is_refused(postgres: Server) -> None:
    """One worker of such a name would hold up all that its camera has to tell."""
    postgres.ask("create database latin encoding 'LATIN1' locale 'C' template template0")

    with pytest.raises(StorageUnusable, match="in LATIN1"):
        await PostgresStorage.open(postgres.url("latin"), rules=RULES)


async def test_an_empty_database_is_not_read(postgres: Server) -> None:
    """Reading makes nothing."""

    with pytest.raises(StorageUnusable, match="not that of a collector"):
        await PostgresStorage.open_read_only(postgres.new_database())


async def test_every_key_begins_with_the_site(postgres: Server) -> None:
    """Primary and unique ones, of every table that is not shared by all sites: else a cluster could not spread it."""
    connection = await asyncpg.connect(await postgres.emptied_database())
    rows = await connection.fetch(
        """
        select c.relname, (
            select attname from pg_attribute as a where a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        )
        from pg_index as i
        join pg_class as c on c.oid = i.indrelid
        join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'public' and i.indisunique
        """
    )
    await connection.close()
    tables = {table for table, _ in rows}

    assert {"event", "ledger", "worker", "camera", "rejected", "conflict"} <= tables
    assert [] == [(table, column) for table, column in rows if table not in OF_NO_SITE and column != "site_id"]


def test_steps_are_numbered_without_a_gap() -> None:
    """From one on, each with a name."""
    steps = list(migrating.migrations())

    assert [*range(1, len(steps) + 1)] == [step.number for step in steps]
    assert all(step.name and "create" in step.statements for step in steps)


@pytest.mark.parametrize(("number", "name"), [(140_019, "PostgreSQL 14"), (90_624, "PostgreSQL 9")])
def test_an_old_server_is_refused_by_its_name(number: int, name: str) -> None:
    """Before a statement fails that it does not know; 15 passes."""
    refuse_old(150_000)
    with pytest.raises(StorageUnusable, match=rf"the server is {name} \(use PostgreSQL 15 or newer\)"):
        refuse_old(number)
