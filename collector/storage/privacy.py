"""The verbs of the SQLite store that take personal data away, and tell what is still there."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from collector.measures import Kept, Purged, Settle
from collector.records import LedgerRules
from collector.storage import ledger_query, purging
from collector.storage.kept import kept
from collector.storage.readers import Readers
from collector.storage.writer import Writer

Result = TypeVar("Result")


class _Store(Protocol):
    rules: LedgerRules
    _readers: Readers

    async def _write(self, write: Callable[[Writer], Result]) -> Result: ...


class PrivacyVerbs:
    """See `collector.storage.base.Storage`."""

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
