"""What the PostgreSQL store does not do yet of taking personal data away: it says so, and keeps everything."""

from typing import Any, NoReturn

from collector.measures import Forgotten, Kept, Purged, Settle, TellAll
from collector.storage.postgres import persons
from collector.storage.postgres.kept import kept
from collector.storage.postgres.readers import Readers
from shared.errors import StorageUnusable


class KeepingVerbs:
    """See `collector.storage.base.Storage`."""

    _readers: Readers

    async def kept(self) -> dict[str, Kept]:
        """Return from when on each site still has what: everything."""
        return await self._readers.short(kept)

    async def purge(self, site: str, *, to: Kept, settle: Settle) -> Purged:
        """Refuse: nothing is taken away."""
        refuse("purging")

    async def doomed(self, site: str, *, to: Kept) -> tuple[int, int, int]:
        """Refuse: nothing is taken away."""
        refuse("purging")

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


def refuse(what: str) -> NoReturn:
    """Say that something is not done on PostgreSQL.

    Raises:
        StorageUnusable: always.
    """
    raise StorageUnusable(
        f"{what} is not possible on PostgreSQL yet; nothing was changed", hint="docs/scale.md says what is"
    )
