"""Spreading tables over machines: said plainly where that cannot be, and nothing is changed."""

from pathlib import Path

import asyncpg

from collector.storage.postgres.distributing import OF_SITES, ON_EVERY_MACHINE
from collector.storage.postgres.store import PostgresStorage
from tests.collector.postgres.test_schema import OF_NO_SITE
from tests.support.collector import RULES
from tests.support.postgres import Server
from tests.support.programs import command


async def test_without_citus_nothing_is_spread(postgres: Server) -> None:
    """It says what is missing and what comes first."""
    url = postgres.new_database()
    await (await PostgresStorage.open(url, rules=RULES)).close()
    told = await command("collector", "db", "distribute", "--database", url)

    assert 7 == told.code
    assert "has no Citus" in told.err
    assert "create extension citus" in told.err


async def test_a_file_is_not_spread(tmp_path: Path) -> None:
    """The way to a server is named."""
    told = await command("collector", "db", "distribute", "--database", str(tmp_path / "collector.db"))

    assert (7, True) == (told.code, "collector db copy" in told.err)


async def test_every_table_has_its_place(postgres: Server) -> None:
    """With its site, on every machine, or where it is: whoever adds a table decides."""
    connection = await asyncpg.connect(await postgres.emptied_database())
    rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    await connection.close()
    stay = OF_NO_SITE - {*ON_EVERY_MACHINE}

    assert {row[0] for row in rows} == {*OF_SITES, *ON_EVERY_MACHINE, *stay}
