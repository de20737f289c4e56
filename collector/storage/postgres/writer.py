"""A connection of a collector that writes to a PostgreSQL database, and what it remembers: one for what arrives, one for upkeep.

A transaction that met another one begins again at once; one whose connection was lost is tried once more on a new one, since
the old one may have died long ago. Then whoever waits is told to come again: nothing is kept, or, if the connection was lost
during the commit or nobody confirmed it in time, all of it, and the same again finds duplicates.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from asyncpg import LockNotAvailableError

from collector.records import LedgerRules
from collector.storage.postgres import connecting, locks, patience
from collector.storage.postgres.committing import Commits
from collector.storage.postgres.connecting import COME_AGAIN, Connection, is_worth_another, translated_errors
from collector.storage.postgres.hosts import Hosts, watched
from collector.storage.postgres.loop_thread import LoopThread
from collector.storage.postgres.registry import Registry
from collector.storage.postgres.standing import check_standing
from shared.clock import new_token

MOST_TRIES = 5
"""Locks are taken in one order, so hardly any transaction meets another one even once."""
SLOTS = 16
"""Rows that count writes: few to add up, and enough that two collectors seldom wait for each other's."""

Result = TypeVar("Result")
Work = Callable[[Connection], Awaitable[Result]]
Hold = Callable[[Connection, int], Awaitable[None]]


class Writer:
    """Runs transactions one after the other, in a thread of its own."""

    def __init__(
        self,
        url: str,
        *,
        hour_offset_of: Callable[[str], int],
        statement_seconds: float,
        hosts: Hosts,
        thread: str = "store-write",
    ) -> None:
        """`hosts` are those of the collector's other connections, too."""
        self.registry = Registry(hour_offset_of=hour_offset_of)
        self.rules: LedgerRules | None = None
        """What the amounts are made with; None before they are known."""
        self._url = url
        self._hosts = hosts
        self._hour_offset_of = hour_offset_of
        self._statement_seconds = statement_seconds
        self._slot = int(new_token(), 16) % SLOTS
        self._thread = LoopThread(thread)
        self._pool: Any = None
        self._commits = Commits()

    def beside(self) -> "Writer":
        """Return one with a connection and a thread of its own: to this one it is as another collector."""
        other = Writer(
            self._url,
            hour_offset_of=self._hour_offset_of,
            statement_seconds=self._statement_seconds,
            hosts=self._hosts,
            thread="store-upkeep",
        )
        other.rules = self.rules
        return other

    async def prepare(self, work: Work[Result]) -> Result:
        """Return what comes of work that makes transactions of its own."""

        async def run() -> Result:
            with translated_errors(self._url):
                async with (await self._connections()).acquire() as connection, watched(connection):
                    return await work(connection)

        return await self._thread.run(run())

    async def write(self, work: Work[Result], *, holding: Hold = locks.share, may_take_long: bool = False) -> Result:
        """Return what comes of work within a transaction, once it is committed; `may_take_long` says that of its statements.

        Raises:
            Busy: the database is away or busy, the amounts are being made anew, or a statement was not answered or the commit
                not confirmed; nothing was kept, as far as is known.
            StorageUnusable: the amounts were made anew by other rules.
        """

        async def run() -> Result:
            with translated_errors(self._url):
                return await self._until_done(work, holding=holding, may_take_long=may_take_long)

        return await self._thread.run(run())

    async def close(self) -> None:
        """Let go of the database."""

        async def close() -> None:
            if self._pool is not None:
                await connecting.let_go(self._pool)

        await self._thread.run(close())
        await self._thread.stop()

    async def _until_done(self, work: Work[Result], *, holding: Hold, may_take_long: bool) -> Result:
        tries, slot = 0, self._slot
        while True:
            tries += 1
            try:
                async with (await self._connections()).acquire() as connection, watched(connection):
                    return await self._remembering(connection, work, holding=holding, may_take_long=may_take_long)
            except Exception as error:
                met_another = isinstance(error, COME_AGAIN) and tries < MOST_TRIES
                may_do = is_worth_another(error) or self._slot != slot
                if not met_another and not (may_do and tries == 1):
                    raise

    async def _remembering(
        self, connection: Connection, work: Work[Result], *, holding: Hold, may_take_long: bool
    ) -> Result:
        try:
            return await self._commits.committed(
                connection,
                lambda: self._transact(connection, work, holding=holding),
                patience=None if may_take_long else patience.SECONDS,
            )
        except BaseException:
            # Here and not further out: whoever gives up waiting for the connection must not void what its holder goes by.
            self.registry.forget()
            raise

    async def _transact(self, connection: Connection, work: Work[Result], *, holding: Hold) -> Result:
        await holding(connection, locks.RULES)
        # Read after the lock was given: what is said here holds to the end of the transaction.
        self.registry.renew(await check_standing(connection, self.rules))
        result = await work(connection)
        try:
            await connection.execute(
                """
                insert into revision (slot, writes)
                values ($1, 1)
                on conflict (slot) do update set writes = revision.writes + 1
                """,
                self._slot,
            )
        except LockNotAvailableError:
            self._slot = (self._slot + 1) % SLOTS  # somebody holds that row, and nothing else that is needed
            raise
        return result

    async def _connections(self) -> Any:
        if self._pool is None:
            self._pool = await connecting.new_pool(
                self._url, size=1, statement_seconds=self._statement_seconds, plans_once=True, hosts=self._hosts
            )
        return self._pool
