"""Bytes of what was erased, taken out of the files of a PostgreSQL database: the tables that held ids are written anew.

Events and hours know workers by number alone, so only two small tables held the id. A row that is deleted stays in its file
until the room is used again, and as long as a transaction that began before may still see it: those are waited for. The server's
statistics hold no values of these columns (migration 5). Its log and its copies are its own: docs/privacy.md.
"""

from asyncpg import LockNotAvailableError

from collector.storage.postgres.connecting import Connection
from shared.errors import Busy

TABLES = ("worker", "rejected")
PATIENCE = 100
"""Looks whether anybody still reads, a tenth of a second apart; a question of ours is answered sooner, or is very long."""
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
    # Whoever is erased while this goes on writes the row anew; it stays then, for the next run.
    version = await connection.fetchval("select xmin::text from unscrubbed")
    if version is None:
        return False
    await _wait_for_readers(connection)
    await connection.execute(f"set lock_timeout = {round(SECONDS_TO_LOCK * 1000)}")
    try:
        for table in TABLES:
            await _write_anew(connection, table)
    finally:
        await connection.execute("set lock_timeout = 0")
    await connection.execute("delete from unscrubbed where xmin::text = $1", version)
    return True


async def _write_anew(connection: Connection, table: str) -> None:
    for _ in range(TRIES):
        try:
            await connection.execute(f"vacuum (full) {table}")
        except LockNotAvailableError:
            await connection.execute("select pg_sleep(0.5)")
        else:
            return
    raise Busy(f"somebody holds the table {table}: it still holds what was erased", hint="run the command again")


async def _wait_for_readers(connection: Connection) -> None:
    began = await connection.fetchval("select clock_timestamp()")
    for _ in range(PATIENCE):
        # Transactions that may still see what was there before.
        others = await connection.fetchval(
            """
            select count(*)
            from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and xact_start < $1
            """,
            began,
        )
        if not others:
            return
        await connection.execute("select pg_sleep(0.1)")
    raise Busy("somebody reads the database: its tables still hold what was erased", hint="run the command again")
