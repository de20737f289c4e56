"""Access in the SQLite store, through the one writer and the readers of `sqlite.py`."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from sqlite_utils.utils import sqlite3

from collector.grants import Board, CameraAccess, Change, Grant, Kind, Person
from collector.storage import access_rows
from collector.storage.access_changes import AccessChanges
from collector.storage.writer import Writer
from collector.to_the_end import to_the_end


class Reading(Protocol):
    """Answers a question of a few milliseconds in a read transaction."""

    def __call__(self, read: Callable[[sqlite3.Connection], Any]) -> Awaitable[Any]:
        """Return what the question finds."""
        ...


class Writing(Protocol):
    """Runs a step in a write transaction; what it returned is on disk."""

    def __call__(self, write: Callable[[Writer], Any]) -> Awaitable[Any]:
        """Return what the step returned."""
        ...


class SqliteAccess:
    """See `collector.storage.access_base.AccessStorage` for the verbs."""

    def __init__(self, *, read: Reading, write: Writing) -> None:
        self._read = read
        self._write = write
        self._changes = 0

    @property
    def changes(self) -> int:
        """How many changes went through here."""
        return self._changes

    async def is_configured(self) -> bool:
        """Say whether anybody was ever given a token, a password or a link."""
        return bool(await self._read(access_rows.is_configured))

    async def grant(self, digest: bytes, *, kind: Kind) -> Grant | None:
        """Return what a token of this kind grants."""
        found: Grant | None = await self._read(lambda reader: access_rows.grant(reader, digest, kind=kind))
        return found

    async def password_of(self, name: str) -> str | None:
        """Return the hash of somebody's password."""
        found: str | None = await self._read(lambda reader: access_rows.password_of(reader, name))
        return found

    async def cameras(self, *, now: int) -> Sequence[CameraAccess]:
        """Return how each camera stands with its tokens."""
        return list(await self._read(lambda reader: access_rows.cameras(reader, now=now)))

    async def people(self) -> Sequence[Person]:
        """Return who may log in."""
        return list(await self._read(access_rows.people))

    async def boards(self) -> Sequence[Board]:
        """Return the wall boards."""
        return list(await self._read(access_rows.boards))

    async def apply(self, change: Change) -> str:
        """Make a change, all of it or nothing, also where whoever asked for it has gone."""

        def write(writer: Writer) -> str:
            return AccessChanges(writer.connection, writer.registry).make(change)

        async def written() -> str:
            try:
                return str(await self._write(write))
            finally:
                self._changes += 1

        return await to_the_end(written())
