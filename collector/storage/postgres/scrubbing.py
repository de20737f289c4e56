"""Bytes of what was erased, taken out of the files of a PostgreSQL database: the tables that held ids are written anew.

Events and hours know workers by number alone, so only two small tables held the id. A row that is deleted stays in its file
until the room is used again, and as long as a transaction that began before may still see it: those are waited for, by one
collector at a time, on a connection that nobody else waits for. The server's statistics hold no values of these columns
(migration 5). Its log and its copies are its own: docs/privacy.md.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from asyncpg import LockNotAvailableError

from collector.storage.postgres import locks
from collector.storage.postgres.connecting import Connection
from shared.errors import Busy

TABLES = ("worker", "rejected")
PATIENCE = 100
"""Looks whether it can begin, a tenth of a second apart; a question of ours is answered sooner, or is very long."""
SECONDS_TO_LOCK = 0.3
"""Meanwhile nobody stores or reads anything that comes after, and nobody who stores shall take a table for a held row."""
TRIES = 30
"""Half a second apart: together longer than a long question of ours takes."""


async def is_unscrubbed(connection: Connection) -> bool:
    """Say whether bytes of what was erased may lie in the files of tables."""
    return await connection.fetchval("select exists (select 1 from unscrubbed)") is True


async def scrub(connection: Connection) -> bool:
    """Write the tables anew, outside of a transaction; say whether there was anything to scrub.

    Raises:
        Busy: somebody reads, or holds a table, for so long that it cannot be done; the next run tries again.
    """
    await _wait(connection, _is_our_turn, why="another collector or command is writing the tables anew")
    try:
        # Whoever is erased while this goes on writes the row anew; it stays then, for the next run.
        version = await connection.fetchval("select xmin::text from unscrubbed")
        if version is None:
            return False
        began = await connection.fetchval("select clock_timestamp()")
        why = "somebody reads the database: its tables still hold what was erased"
        await _wait(connection, partial(_is_unread, since=began), why=why)
        await _write_all_anew(connection)
        await connection.execute("delete from unscrubbed where xmin::text = $1", version)
    finally:
        await locks.let_go(connection, locks.SCRUBBING)
    return True


async def _write_all_anew(connection: Connection) -> None:
    await connection.execute(f"set lock_timeout = {round(SECONDS_TO_LOCK * 1000)}")
    try:
        for table in TABLES:
            await _write_anew(connection, table)
    finally:
        await connection.execute("set lock_timeout = 0")


async def _write_anew(connection: Connection, table: str) -> None:
    for _ in range(TRIES):
        try:
            await connection.execute(f"vacuum (full) {table}")
        except LockNotAvailableError:
            await connection.execute("select pg_sleep(0.5)")
        else:
            return
    raise Busy(f"somebody holds the table {table}: it still holds what was erased", hint="run the command again")


async def _wait(connection: Connection, is_so: Callable[[Connection], Awaitable[bool]], *, why: str) -> None:
    for _ in range(PATIENCE):
        if await is_so(connection):
            return
        await connection.execute("select pg_sleep(0.1)")
    raise Busy(why, hint="run the command again")


async def _is_our_turn(connection: Connection) -> bool:
    return await locks.try_to_keep(connection, locks.SCRUBBING)


async def _is_unread(connection: Connection, *, since: datetime) -> bool:
    # Transactions that may still see what was there before, on whichever machine of a cluster.
    readers = """
        select count(*)
        from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and xact_start < $1
    """
    if connection.is_spread:
        readers = readers.replace("pg_stat_activity", "citus_stat_activity")
    return int(await connection.fetchval(readers, since)) == 0
