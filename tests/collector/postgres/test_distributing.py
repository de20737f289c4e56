"""Spreading tables over machines: said plainly where that cannot be, and nothing is changed."""

from pathlib import Path

import asyncpg
import pytest

from collector.storage.postgres import distributing, locks
from collector.storage.postgres.condition import condition_of
from collector.storage.postgres.distributing import OF_A_CAMERA, OF_SITES, ON_EVERY_MACHINE, TO_ITS_CAMERA
from collector.storage.postgres.migrating import migrate, migrations
from collector.storage.postgres.store import PostgresStorage
from tests.collector.postgres.test_schema import OF_NO_SITE
from tests.support.citus import CALLED_CITUS, MACHINES
from tests.support.collector import RULES
from tests.support.invoked import invoked_collector
from tests.support.postgres import Server
from tests.support.programs import ROOT, command

SCALE = ROOT / "docs" / "scale.md"


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
    assert {table for table in {*ON_EVERY_MACHINE, *stay} if f"`{table}`" not in SCALE.read_text("utf-8")} == set()


AS_CITUS = """
    create table citus_tables (table_name regclass);
    create function create_reference_table(added regclass) returns void
        language sql as 'insert into citus_tables values (added)';
    create function create_distributed_table(added regclass, part text, colocate_with text default null) returns void
        language sql as 'insert into citus_tables values (added)';
"""
"""What `distribute` calls, by its names; nothing is spread."""


async def test_a_run_that_was_cut_off_is_made_good_by_the_next(postgres: Server) -> None:
    """What refers to a camera does so again, wherever the first run ended, and as the schema says it."""
    connection = await asyncpg.connect(postgres.new_database())
    await migrate(connection, rules=RULES)
    before = await references(connection)
    await connection.execute(AS_CITUS)
    await connection.execute("alter function create_distributed_table(regclass, text, text) rename to not_yet")
    with pytest.raises(asyncpg.UndefinedFunctionError):
        await distributing._spread(connection)  # noqa: SLF001 - without the cluster around it
    cut_off = await references(connection)
    await connection.execute("alter function not_yet rename to create_distributed_table")
    spread = await distributing._spread(connection)  # noqa: SLF001 - likewise
    after = await references(connection)
    await connection.execute("alter table watched drop constraint watched_site_id_camera_fkey")  # at its very end
    again = await distributing._spread(connection)  # noqa: SLF001 - likewise
    at_last = await references(connection)
    await connection.close()

    assert (list(OF_SITES), []) == (spread, again)
    assert {} == cut_off
    assert dict.fromkeys(OF_A_CAMERA, TO_ITS_CAMERA) == before == after == at_last


async def test_what_was_spread_is_told_and_that_collectors_are_restarted(postgres: Server) -> None:
    """Only where something was; a rebuild or a copy that is under way keeps it out."""
    url = postgres.new_database()
    connection = await asyncpg.connect(url)
    await migrate(connection, rules=RULES)
    await connection.execute(AS_CITUS)
    await connection.execute(CALLED_CITUS + MACHINES)
    spreading = ("db", "distribute", "--database", url)
    await locks.try_to_keep(connection, locks.UPKEEP)
    held = await invoked_collector(*spreading)
    condition = await condition_of(url)
    await connection.close()
    spread, again = await invoked_collector(*spreading), await invoked_collector(*spreading)

    assert (6, True) == (held.code, "looked after by another command" in held.err)
    assert "a rebuild, a copy, or tables are spread" == condition.held[0].what
    assert (0, True, True) == (
        spread.code,
        spread.out.startswith("spread: site, "),
        "restart the collectors" in spread.out,
    )
    assert (0, "all tables are spread already\n") == (again.code, again.out)


async def references(connection: asyncpg.Connection) -> dict[str, str]:
    """Return what those tables refer to."""
    rows = await connection.fetch(
        """
        select conrelid::regclass::text, pg_get_constraintdef(oid)
        from pg_constraint
        where contype = 'f' and conrelid::regclass::text = any($1::text[])
        """,
        list(OF_A_CAMERA),
    )
    return dict(map(tuple, rows))


@pytest.mark.parametrize(("is_spread", "expected"), [(False, 0), (True, -1)])
async def test_what_citus_cannot_do_to_a_spread_table_is_left_out(
    postgres: Server, is_spread: bool, expected: int
) -> None:
    """So that a cluster of an older schema can be brought up to date."""
    steps = list(migrations())
    connection = await asyncpg.connect(postgres.new_database())
    for step in steps[:4]:
        await connection.execute(step.statements)
    await connection.execute("create table pg_dist_partition (logicalrelid regclass)")
    if is_spread:
        await connection.execute("insert into pg_dist_partition values ('worker')")
    await connection.execute(steps[4].statements)
    told = await connection.fetchval(
        "select coalesce(attstattarget, -1) from pg_attribute where attrelid = 'worker'::regclass and attname = 'worker_id'"
    )
    await connection.close()

    assert expected == told
