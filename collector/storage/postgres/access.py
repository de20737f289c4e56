"""Access in the PostgreSQL store, through the connection that stores and the readers of `store.py`.

All collectors of a database let in the same people: what another one changed is seen as soon as it is asked for again.
"""

from collections.abc import Sequence

from collector.grants import Board, CameraAccess, Change, Grant, Kind, Person
from collector.storage.postgres import access_lists, access_rows
from collector.storage.postgres.access_changes import AccessChanges
from collector.storage.postgres.readers import Readers
from collector.storage.postgres.writer import Writer
from collector.to_the_end import to_the_end
from shared.errors import StorageUnusable


class PostgresAccess:
    """See `collector.storage.access_base.AccessStorage` for the verbs."""

    def __init__(self, *, readers: Readers, writer: Writer | None) -> None:
        self._readers = readers
        self._writer = writer
        self._changes = 0

    @property
    def changes(self) -> int:
        """How many changes went through here."""
        return self._changes

    async def is_configured(self) -> bool:
        """Say whether anybody was ever given a token, a password or a link."""
        return await self._readers.short(access_rows.is_configured)

    async def grant(self, digest: bytes, *, kind: Kind) -> Grant | None:
        """Return what a token of this kind grants."""
        return await self._readers.short(lambda connection: access_rows.grant(connection, digest, kind=kind))

    async def password_of(self, name: str) -> str | None:
        """Return the hash of somebody's password."""
        return await self._readers.short(lambda connection: access_rows.password_of(connection, name))

    async def cameras(self, *, now: int) -> Sequence[CameraAccess]:
        """Return how each camera stands with its tokens."""
        return await self._readers.long(lambda connection: access_lists.cameras(connection, now=now))

    async def people(self) -> Sequence[Person]:
        """Return who may log in."""
        return await self._readers.short(access_lists.people)

    async def boards(self) -> Sequence[Board]:
        """Return the wall boards."""
        return await self._readers.short(access_lists.boards)

    async def apply(self, change: Change) -> str:
        """Make a change, all of it or nothing, also where whoever asked for it has gone."""
        writer = self._writer
        if writer is None:
            raise StorageUnusable("the database was opened for reading only")

        async def written() -> str:
            try:
                return await writer.write(lambda connection: AccessChanges(connection, writer.registry).make(change))
            finally:
                self._changes += 1

        return await to_the_end(written())
