"""The tables of a store spread over the machines of a Citus cluster: every site's rows together on one of them.

The engine does it all: tables of sites are distributed by `site_id` and lie together, `site` and `camera_home` are on every
machine, and the few rows that all collectors share stay where they are. What has been done already stays, so it may be
called again, and after a later version has added a table, or after it was cut off, it must be.
"""

from typing import Any

from collector.storage.postgres import connecting, locks
from collector.storage.postgres.connecting import Connection, translated_errors
from collector.storage.postgres.migrating import check_schema
from collector.storage.tables import OF_ALL_SITES, TABLES
from shared.errors import FileHeld, StorageUnusable

SECONDS_A_STATEMENT = 3_600.0
"""The rows that are there already move."""
OLDEST = 12
"""The first version of the extension with identity columns in distributed tables."""
ON_EVERY_MACHINE = ("site", "camera_home")
OF_SITES = tuple(table.name for table in TABLES if table.name not in OF_ALL_SITES)
OF_A_CAMERA = ("camera_epoch", "camera_range", "watched")
"""They refer to `camera`, and are told so anew once all of them lie together."""
TO_ITS_CAMERA = "FOREIGN KEY (site_id, camera) REFERENCES camera(site_id, number) ON DELETE CASCADE"
"""As the server shows it. Known here and not read before it is dropped: a run that was cut off leaves nothing to read."""


async def distribute(url: str) -> list[str]:
    """Spread the tables that are not yet; return their names. Collectors wait meanwhile, table by table.

    Raises:
        FileHeld: a rebuild, a copy or another spreading of this database is under way.
        Busy: the database is away.
        StorageUnusable: it is not a collector's, or it has no Citus, or too old a one.
    """
    with translated_errors(url):
        pool = await connecting.new_pool(url, size=1, statement_seconds=SECONDS_A_STATEMENT)
        try:
            async with pool.acquire() as connection:
                if not await locks.try_to_keep(connection, locks.UPKEEP):
                    raise FileHeld(
                        "the database is being looked after by another command", hint="try again when it is done"
                    )
                await check_schema(connection)
                await _check_citus(connection)
                return await _spread(connection)
        finally:
            await connecting.let_go(pool)


async def _check_citus(connection: Connection) -> None:
    # Which Citus is there, if any.
    version: str | None = await connection.fetchval("select extversion from pg_extension where extname = 'citus'")
    if version is None:
        raise StorageUnusable(
            "the database has no Citus: its tables stay on one machine",
            hint="that is all a single PostgreSQL needs; on a cluster, `create extension citus` comes first",
        )
    if int(version.split("-")[0].split(".")[0]) < OLDEST:
        raise StorageUnusable(f"the database has Citus {version}, {OLDEST} or newer is needed")


async def _spread(connection: Connection) -> list[str]:
    # The tables that the cluster knows already.
    done = {row[0] for row in await connection.fetch("select table_name::text from citus_tables")}
    wanted = [table for table in (*ON_EVERY_MACHINE, *OF_SITES) if table not in done]
    if wanted:
        await _part(connection)
    for table in wanted:
        await connection.execute(*_call(table))
    await _put_back(connection)
    return wanted


def _call(table: str) -> tuple[Any, ...]:
    if table in ON_EVERY_MACHINE:
        return ("select create_reference_table($1::text::regclass)", table)
    first = OF_SITES[0]
    if table == first:
        return ("select create_distributed_table($1::text::regclass, 'site_id')", table)
    return ("select create_distributed_table($1::text::regclass, 'site_id', colocate_with => $2)", table, first)


async def _part(connection: Connection) -> None:
    """Let tables of a camera no longer refer to it."""
    for table, name in await _references(connection):
        await connection.execute(f"alter table {table} drop constraint {name}")


async def _put_back(connection: Connection) -> None:
    """Let those that do not refer to their camera do so, whichever run took it away."""
    have = {table for table, _ in await _references(connection)}
    for table in OF_A_CAMERA:
        if table not in have:
            await connection.execute(f"alter table {table} add {TO_ITS_CAMERA}")


async def _references(connection: Connection) -> list[tuple[str, str]]:
    # Which of them refer to something, and what that is called.
    rows = await connection.fetch(
        """
        select conrelid::regclass::text, conname
        from pg_constraint
        where contype = 'f' and conrelid::regclass::text = any($1::text[])
        """,
        list(OF_A_CAMERA),
    )
    return [(table, name) for table, name in rows]
