"""A transaction whose answers are not waited for without end: who waits for us gives up as well.

One process of a server may stand still where the others go on, as one that reads from a disk that is dying. Its host does answer,
so `hosts.py` goes on with it, and the server's own time-outs do not reach it. What is not answered is given up in the server,
too. Where not even that is heard the connection is cut: the driver would end the transaction before anything else, and wait as
long again for that.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from collector.storage.postgres.connecting import Connection, NotAnswered

SECONDS = 6.0
"""Longer than a host that has fallen silent is waited for (`hosts.py`), so that this is found first, and the next one tried."""
SECONDS_TO_BE_HEARD = 0.5
"""A server that merely takes long hears in milliseconds that nobody waits; then nothing stays locked."""


class CommitUnconfirmed(TimeoutError):
    """Nobody says that a commit is through; it may be."""


class _Limit:
    """How long each answer is waited for; None for as long as the driver waits."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.timeout = asyncio.timeout(seconds)

    def begin(self, seconds: float | None) -> None:
        """Wait for the next answer from now on."""
        self.seconds = seconds
        self.timeout.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)

    def go_on(self, _: object) -> None:
        """Wait for the next answer after one has come."""
        with suppress(RuntimeError):  # it is over meanwhile
            self.begin(self.seconds)

    @asynccontextmanager
    async def upon(self, connection: Connection) -> AsyncIterator[None]:
        """Limit what a connection is asked meanwhile."""
        async with self.timeout:
            connection.add_query_logger(self.go_on)
            try:
                yield
            finally:
                with suppress(asyncpg.InterfaceError):  # it has been cut
                    connection.remove_query_logger(self.go_on)


@asynccontextmanager
async def transaction(
    connection: Connection, *, patience: float | None, to_commit: float | None = None, **settings: Any
) -> AsyncIterator[None]:
    """Make one transaction of what is done meanwhile; wait `patience` seconds for each answer, and `to_commit` for the last.

    Raises:
        CommitUnconfirmed: the last one did not come; the server has not been told that nobody waits for it.
        NotAnswered: another one did not come.
    """
    limit, is_committing = _Limit(patience), False
    given_up: BaseException | None = None
    try:
        async with limit.upon(connection), connection.transaction(**settings):
            try:
                yield
            except (TimeoutError, asyncio.CancelledError) as error:
                given_up = error
                await _give_up_a_statement(connection)
                raise
            is_committing = to_commit is not None
            limit.begin(to_commit or patience)
    except (TimeoutError, asyncpg.InterfaceError) as error:
        if is_committing and limit.timeout.expired():
            raise CommitUnconfirmed from error
        if given_up is None and isinstance(error, TimeoutError):  # what began or ended it
            await _give_up_a_statement(connection)
        if limit.timeout.expired():
            raise NotAnswered(f"a statement was not answered within {limit.seconds:g} s") from error
        raise (given_up or error) from None


async def give_up(connection: Connection, *, seconds: float) -> None:
    """Wait until the server has heard that nobody waits for an answer: until then it holds what the transaction holds."""
    try:
        await connection.execute("select", timeout=seconds)
    except (asyncpg.QueryCanceledError, asyncpg.InFailedSQLTransactionError):  # what was given up is over
        return
    except TimeoutError:
        connection.terminate()


async def _give_up_a_statement(connection: Connection) -> None:
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError):  # it is lost anyway
        await give_up(connection, seconds=SECONDS_TO_BE_HEARD)
