"""The verbs of the PostgreSQL store that take personal data away, and tell what is still there.

What takes away has a connection of its own: whoever stores waits for rows that it holds, and never for the connection.
"""

from typing import Any

from collector.measures import Forgotten, Kept, Purged, Settle, TellAll
from collector.storage.postgres import forgetting, locks, persons, purging, scrubbing
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.found_person import person_of
from collector.storage.postgres.kept import kept, server_now
from collector.storage.postgres.readers import Readers
from collector.storage.postgres.standing import stored_rules
from collector.storage.postgres.waited_for import told_apart
from collector.storage.postgres.writer import Writer
from shared.clock import new_token
from shared.errors import StorageUnusable


class PrivacyVerbs:
    """See `collector.storage.base.Storage`."""

    _readers: Readers
    _writer: Writer | None
    _upkeep: Writer | None

    async def server_now(self) -> int | None:
        """Return what time it is by the server's clock."""
        return await self._readers.short(server_now)

    async def kept(self) -> dict[str, Kept]:
        """Return from when on each site still has what."""
        return await self._readers.short(kept)

    async def purge(self, site: str, *, to: Kept, settle: Settle) -> Purged:
        """Take one step of a purge."""

        async def run(connection: Connection) -> Purged:
            rules = await stored_rules(connection)
            return await purging.purge(connection, site, to=to, settle=settle, rules=rules)

        writer = self._keeping_up()
        async with told_apart(writer):
            return await writer.write(run, may_take_long=True)

    async def doomed(self, site: str, *, to: Kept) -> tuple[int, int, int]:
        """Return how many events, hours of workers and hours of workstations a purge would take."""
        return await self._readers.long(lambda connection: purging.doomed(connection, site, to=to))

    async def forgettable(self, worker_id: str, *, site: str | None) -> Forgotten:
        """Return what there is to erase of a worker."""

        async def read(connection: Connection) -> Forgotten:
            return await forgetting.counted(connection, await person_of(connection, site, worker_id=worker_id))

        return await self._readers.long(read)

    async def person(self, worker_id: str, *, site: str | None) -> dict[str, Any]:
        """Return what is stored of a worker beside the events."""

        async def read(connection: Connection) -> dict[str, Any]:
            return await persons.told(connection, await person_of(connection, site, worker_id=worker_id))

        return await self._readers.long(read)

    async def forget(self, worker_id: str, *, site: str | None, tell: TellAll, now: int) -> Forgotten:
        """Erase a worker, while nobody stores anything."""
        key = new_token() + new_token()

        async def run(connection: Connection) -> Forgotten:
            person = await person_of(connection, site, worker_id=worker_id)
            return await forgetting.forget(connection, person, tell=tell, key=key, now=now)

        writer = self._keeping_up()
        async with told_apart(writer):
            return await writer.write(run, holding=locks.take_alone, may_take_long=True)

    async def scrub(self) -> bool:
        """Write the tables anew that held what was erased."""
        if self._upkeep is None or not await self._readers.short(scrubbing.is_unscrubbed):
            return False  # nearly always, and no connection is made
        return await self._upkeep.prepare(scrubbing.scrub)

    @property
    def is_scrubbing(self) -> bool:
        """Whether nothing is stored because of a scrub: deliveries go on beside it."""
        return False

    async def is_unscrubbed(self) -> bool:
        """Say whether bytes of what was erased may still lie in the tables' files."""
        return await self._readers.short(scrubbing.is_unscrubbed)

    def _writing(self) -> Writer:
        return _open_for_writing(self._writer)

    def _keeping_up(self) -> Writer:
        return _open_for_writing(self._upkeep)


def _open_for_writing(writer: Writer | None) -> Writer:
    if writer is None:
        raise StorageUnusable("the database was opened for reading only")
    return writer
