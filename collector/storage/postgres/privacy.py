"""The verbs of the PostgreSQL store that take personal data away, and tell what is still there."""

from typing import Any, NoReturn

from collector.measures import Forgotten, Kept, Purged, Settle, TellAll
from collector.storage.postgres import persons, purging
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.kept import kept
from collector.storage.postgres.readers import Readers
from collector.storage.postgres.standing import stored_rules
from collector.storage.postgres.writer import Writer
from shared.errors import StorageUnusable


class PrivacyVerbs:
    """See `collector.storage.base.Storage`."""

    _readers: Readers
    _writer: Writer | None

    async def kept(self) -> dict[str, Kept]:
        """Return from when on each site still has what."""
        return await self._readers.short(kept)

    async def purge(self, site: str, *, to: Kept, settle: Settle) -> Purged:
        """Take one step of a purge."""

        async def run(connection: Connection) -> Purged:
            rules = await stored_rules(connection)
            return await purging.purge(connection, site, to=to, settle=settle, rules=rules)

        return await self._writing().write(run)

    async def doomed(self, site: str, *, to: Kept) -> tuple[int, int, int]:
        """Return how many events, hours of workers and hours of workstations a purge would take."""
        return await self._readers.long(lambda connection: purging.doomed(connection, site, to=to))

    async def forgettable(self, worker_id: str, *, site: str | None) -> Forgotten:
        """Refuse: nobody is erased."""
        refuse("erasing a person")

    async def person(self, worker_id: str, *, site: str | None) -> dict[str, Any]:
        """Return what is stored of a worker beside the events."""
        return await self._readers.long(lambda connection: persons.told(connection, site, worker_id=worker_id))

    async def forget(self, worker_id: str, *, site: str | None, tell: TellAll, now: int) -> Forgotten:
        """Refuse: nobody is erased."""
        refuse("erasing a person")

    async def scrub(self) -> bool:
        """Say that nothing was erased."""
        return False

    def _writing(self) -> Writer:
        if self._writer is None:
            raise StorageUnusable("the database was opened for reading only")
        return self._writer


def refuse(what: str) -> NoReturn:
    """Say that something is not done on PostgreSQL.

    Raises:
        StorageUnusable: always.
    """
    raise StorageUnusable(
        f"{what} is not possible on PostgreSQL yet; nothing was changed", hint="docs/scale.md says what is"
    )
