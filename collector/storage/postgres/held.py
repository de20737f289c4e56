"""A PostgreSQL database that a command has for itself, as long as it is entered, on a loop of its own."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Self, TypeVar

from collector.storage.postgres.connecting import Connection, translated_errors

Result = TypeVar("Result")


class HeldDatabase:
    """One connection, whose locks go with it; `_take` of a subclass opens it and takes them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._runner = asyncio.Runner()
        self._pool: Any = None
        self._connection: Connection = None

    def __enter__(self) -> Self:
        """Take the database.

        Raises:
            FileHeld: another command has it.
            Busy: the database is away.
            StorageUnusable: it is not ours, or cannot be used for this.
        """
        try:
            self._run(self._take())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Give the database up."""
        if self._pool is not None:
            self._pool.terminate()
        self._runner.close()

    async def _take(self) -> None:
        raise NotImplementedError

    def _run(self, work: Awaitable[Result]) -> Result:
        async def run() -> Result:
            with translated_errors(self._url):
                return await work

        return self._runner.run(run())
