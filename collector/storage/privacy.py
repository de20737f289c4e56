"""The verbs of the SQLite store that take personal data away, and tell what is still there."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from collector.measures import Forgotten, Kept, Look, Purged, Settle, TellAll
from collector.records import LedgerRules
from collector.storage import forgetting, ledger_query, looks, persons, purging
from collector.storage.found_person import person_of
from collector.storage.kept import kept
from collector.storage.opening import full_bytes
from collector.storage.readers import Readers
from collector.storage.scrubbing import Scrubber
from collector.storage.writer import Writer
from shared.clock import new_token

Result = TypeVar("Result")


class _Store(Protocol):
    rules: LedgerRules
    _readers: Readers
    _scrubber: Scrubber | None

    async def _write(self, write: Callable[[Writer], Result]) -> Result: ...


class PrivacyVerbs:
    """See `collector.storage.base.Storage`."""

    async def server_now(self: _Store) -> int | None:
        """Return None: the file's clock is this machine's."""
        return None

    async def kept(self: _Store) -> dict[str, Kept]:
        """Return from when on each site still has what."""
        return await self._readers.short(kept)

    async def purge(self: _Store, site: str, *, to: Kept, settle: Settle) -> Purged:
        """Take one step of a purge."""

        def write(writer: Writer) -> Purged:
            rules = ledger_query.rules(writer.connection)
            done = purging.purge(writer.connection, site, to=to, settle=settle, rules=rules)
            writer.registry.forget()  # it remembers the horizon
            return done

        return await self._write(write)

    async def doomed(self: _Store, site: str, *, to: Kept) -> tuple[int, int, int]:
        """Return how many events, hours of workers and hours of workstations a purge would take."""
        return await self._readers.long(lambda reader: purging.doomed(reader, site, to=to))

    async def forgettable(self: _Store, worker_id: str, *, site: str | None) -> Forgotten:
        """Return what there is to erase of a worker."""
        return await self._readers.long(
            lambda reader: forgetting.counted(reader, person_of(reader, site, worker_id=worker_id))
        )

    async def person(self: _Store, worker_id: str, *, site: str | None) -> dict[str, Any]:
        """Return what is stored of a worker beside the events."""
        return await self._readers.long(
            lambda reader: persons.told(reader, person_of(reader, site, worker_id=worker_id))
        )

    async def forget(self: _Store, worker_id: str, *, site: str | None, tell: TellAll, now: int) -> Forgotten:
        """Erase a worker."""
        key = new_token() + new_token()

        def write(writer: Writer) -> Forgotten:
            person = person_of(writer.connection, site, worker_id=worker_id)
            writer.registry.forget()
            if self._scrubber is not None:
                self._scrubber.erased()
            return forgetting.forget(writer.connection, person, tell=tell, key=key, now=now)

        return await self._write(write)

    async def scrub(self: _Store) -> bool:
        """Write over what was erased, wherever it lay in the file."""
        if self._scrubber is None or not await self._readers.short(forgetting.is_unscrubbed):
            return False  # nearly always, and the writer is not asked
        return await self._scrubber.scrub(size_bytes=await self._readers.short(full_bytes))

    @property
    def is_scrubbing(self: _Store) -> bool:
        """Whether the file is being written anew, and nothing else is stored."""
        return self._scrubber is not None and self._scrubber.is_running

    async def is_unscrubbed(self: _Store) -> bool:
        """Say whether bytes of what was erased may still lie in the file."""
        return await self._readers.short(forgetting.is_unscrubbed)

    async def note_look(self: _Store, look: Look) -> bool:
        """Write down who looked at whose data."""
        return await self._write(lambda writer: looks.note(writer.connection, look))

    async def looks(self: _Store, *, worker_id: str | None, site: str | None) -> list[Look]:
        """Return who looked."""
        return await self._readers.long(lambda reader: looks.looks(reader, worker_id=worker_id, site=site))
