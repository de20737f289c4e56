"""A commit is not waited for without end: it may hang where nothing else does, on a synchronous standby that is away.

The server's own time-outs do not reach it there. A commit that is given up is none that failed: it is stored here, and whoever
sends the same again finds duplicates. They are acknowledged once a later commit is through, which is after this one on every
standby.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from asyncpg import QueryCanceledError

from collector.storage.postgres.connecting import Connection
from shared.errors import Busy

COMMIT_SECONDS = 3.0
"""Longer than a healthy disk and standby take. Who waits behind another commit that hangs is told so before an agent gives up, too."""
SECONDS_TO_GIVE_UP = 4.0
"""Longer than a host that has fallen silent is waited for (`hosts.py`), so that this is found first, and the next one tried."""

Result = TypeVar("Result")


async def committed(connection: Connection, work: Callable[[], Awaitable[Result]]) -> Result:
    """Return what comes of work within a transaction, once it is committed.

    Raises:
        Busy: nobody says that it is, for longer than `COMMIT_SECONDS`.
    """
    patience = asyncio.timeout(None)
    try:
        async with patience, connection.transaction():
            result = await work()
            patience.reschedule(asyncio.get_running_loop().time() + COMMIT_SECONDS)
    except TimeoutError as error:
        if not patience.expired():
            raise
        await _give_up(connection)
        raise Busy(
            "the commit was not confirmed; it may be stored, and the same again is a duplicate",
            hint="is a synchronous standby away? `collector check` says so",
        ) from error
    return result


async def _give_up(connection: Connection) -> None:
    """Wait until the server has heard that nobody waits: until then it holds what the transaction holds."""
    try:
        await connection.execute("select", timeout=SECONDS_TO_GIVE_UP)
    except QueryCanceledError:  # it heard of it after the commit was through
        return
    except TimeoutError:
        connection.terminate()
