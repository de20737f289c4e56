"""A PostgreSQL database as it is at one moment, for commands that only look: what collectors write meanwhile is not seen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from collector.storage.postgres import connecting
from collector.storage.postgres.connecting import Connection, translated_errors


@asynccontextmanager
async def snapshot(url: str, *, statement_seconds: float) -> AsyncIterator[Connection]:
    """Give a connection in a transaction that cannot write, of a server where no statement may take longer.

    Raises:
        Busy: the database is away.
        StorageUnusable: it cannot be used.
    """
    with translated_errors(url):
        pool = await connecting.new_pool(url, size=1, statement_seconds=statement_seconds)
        try:
            async with (
                pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                yield connection
        finally:
            await connecting.let_go(pool)
