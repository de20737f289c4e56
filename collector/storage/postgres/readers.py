"""The connections of a collector that read from a PostgreSQL database: some for questions that may take long, one for short ones.

Invariants: a short question never waits for a long one; each question sees one moment; a question that nobody waits for any
more is cancelled in the database, too.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from collector.storage.postgres import connecting
from collector.storage.postgres.connecting import Connection, is_lost, translated_errors
from collector.storage.postgres.loop_thread import LoopThread
from shared.errors import Busy

Result = TypeVar("Result")
Read = Callable[[Connection], Awaitable[Result]]


class Readers:
    """Answers questions, in a thread of its own."""

    def __init__(self, url: str, *, size: int, statement_seconds: float) -> None:
        self._url = url
        self._statement_seconds = statement_seconds
        self._thread = LoopThread("store-read")
        self._sizes = {"short": 1, "long": size}
        self._pools: dict[str, Any] = {}
        self._making = asyncio.Lock()
        self._long: set[asyncio.Task[Any]] = set()

    async def short(self, read: Read[Result]) -> Result:
        """Return what a question of a few milliseconds finds: its cost does not depend on what is asked."""
        return await self._thread.run(self._answer(read, line="short"))

    async def long(self, read: Read[Result]) -> Result:
        """Return what any other question finds.

        Raises:
            Busy: it was interrupted, because the store is being closed.
        """

        async def run() -> Result:
            task = asyncio.ensure_future(self._answer(read, line="long"))
            self._long.add(task)
            try:
                return await task
            except asyncio.CancelledError:
                asking = asyncio.current_task()
                if asking is not None and asking.cancelling():  # nobody waits any more
                    raise
                raise Busy("the question was given up before it was answered") from None
            finally:
                self._long.discard(task)

        return await self._thread.run(run())

    def interrupt(self) -> None:
        """Give up the long questions; whoever waits for one is told `Busy`."""
        for task in self._long.copy():
            self._thread.call_soon(task)

    async def close(self) -> None:
        """Give up what is being read, and let go of the database."""
        self.interrupt()

        async def close() -> None:
            await asyncio.gather(*self._long, return_exceptions=True)
            for pool in self._pools.values():
                await connecting.let_go(pool)

        await self._thread.run(close())
        self._thread.stop()

    async def _answer(self, read: Read[Result], *, line: str) -> Result:
        with translated_errors(self._url):
            try:
                return await self._ask(read, line=line)
            except Exception as error:
                if not is_lost(error):
                    raise
            # The connection may have died long ago: once more, on a new one.
            return await self._ask(read, line=line)

    async def _ask(self, read: Read[Result], *, line: str) -> Result:
        pool = await self._pool(line)
        async with (
            pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await read(connection)

    async def _pool(self, line: str) -> Any:
        async with self._making:
            if line not in self._pools:
                self._pools[line] = await connecting.new_pool(
                    self._url, size=self._sizes[line], statement_seconds=self._statement_seconds
                )
            return self._pools[line]
