"""The connections of a collector that read from a PostgreSQL database: some for questions that may take long, one for short ones.

Invariants: a short question never waits for a long one, nor for what is worked out between the statements of one; each
question sees one moment; a question that nobody waits for any more is cancelled in the database, too. A short one that is not answered
is given up, since whoever posts asks one first.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from collector.records import LedgerRules
from collector.storage.postgres import connecting, patience
from collector.storage.postgres.connecting import Connection, is_worth_another, translated_errors
from collector.storage.postgres.hosts import Hosts, watched
from collector.storage.postgres.loop_thread import LoopThread
from collector.storage.postgres.patience import transaction
from collector.storage.postgres.standing import check_standing
from shared.errors import Busy

Result = TypeVar("Result")
Read = Callable[[Connection], Awaitable[Result]]


class Readers:
    """Answers questions, the short ones apart from the others."""

    def __init__(self, url: str, *, size: int, statement_seconds: float, hosts: Hosts) -> None:
        """`hosts` are those of the collector's other connections, too."""
        self._short = _Line("store-read-short", url, size=1, statement_seconds=statement_seconds, hosts=hosts)
        self._short.patience = patience.SECONDS
        self._long = _Line("store-read-long", url, size=size, statement_seconds=statement_seconds, hosts=hosts)

    def know(self, rules: LedgerRules) -> None:
        """Answer from now on only as long as the amounts are complete, and made with these rules."""
        self._short.rules = self._long.rules = rules

    async def short(self, read: Read[Result]) -> Result:
        """Return what a question of a few milliseconds finds: its cost does not depend on what is asked."""
        return await self._short.ask(read)

    async def long(self, read: Read[Result]) -> Result:
        """Return what any other question finds.

        Raises:
            Busy: it was interrupted, because the store is being closed.
        """
        return await self._long.ask(read)

    def interrupt(self) -> None:
        """Give up the long questions; whoever waits for one is told `Busy`."""
        self._long.interrupt()

    async def close(self) -> None:
        """Give up what is being read, and let go of the database."""
        await self._short.close()
        await self._long.close()


class _Line:
    """Some connections and a thread that uses them; who comes first is served first."""

    def __init__(self, name: str, url: str, *, size: int, statement_seconds: float, hosts: Hosts) -> None:
        self._url = url
        self._hosts = hosts
        self._size = size
        self._statement_seconds = statement_seconds
        self._thread = LoopThread(name)
        self._making = asyncio.Lock()
        self._pool: Any = None
        self.rules: LedgerRules | None = None
        """What the amounts are made with; None before they are known."""
        self.patience: float | None = None
        """How long each answer is waited for, in seconds; None for as long as the driver waits."""
        self._asked: set[asyncio.Task[Any]] = set()

    async def ask(self, read: Read[Result]) -> Result:
        """Return what a question finds; if nobody waits for it any more, it is given up."""

        async def run() -> Result:
            task = asyncio.ensure_future(self._answer(read))
            self._asked.add(task)
            try:
                return await task
            except asyncio.CancelledError:
                asking = asyncio.current_task()
                if asking is not None and asking.cancelling():  # nobody waits any more
                    raise
                raise Busy("the question was given up before it was answered") from None
            finally:
                self._asked.discard(task)

        return await self._thread.run(run())

    def interrupt(self) -> None:
        """Give up all questions."""
        for task in self._asked.copy():
            self._thread.cancel(task)

    async def close(self) -> None:
        """Give up all questions, and let go of the database."""

        async def close() -> None:
            for task in self._asked:
                task.cancel()
            await asyncio.gather(*self._asked, return_exceptions=True)
            if self._pool is not None:
                await connecting.let_go(self._pool)

        await self._thread.run(close())
        await self._thread.stop()

    async def _answer(self, read: Read[Result]) -> Result:
        with translated_errors(self._url):
            try:
                return await self._read(read)
            except Exception as error:
                if not is_worth_another(error):
                    raise
            # The connection may have died long ago: once more, on a new one.
            return await self._read(read)

    async def _read(self, read: Read[Result]) -> Result:
        async with self._making:
            if self._pool is None:
                self._pool = await connecting.new_pool(
                    self._url, size=self._size, statement_seconds=self._statement_seconds, hosts=self._hosts
                )
        async with (
            self._pool.acquire() as connection,
            watched(connection),
            transaction(connection, patience=self.patience, isolation="repeatable_read", readonly=True),
        ):
            if self.rules is not None:
                await check_standing(connection, self.rules)
            return await read(connection)
