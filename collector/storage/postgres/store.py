"""The PostgreSQL store: any number of collectors over one database, each with two connections that write and some that read.

Invariants: what `store` has returned is on disk, and on a synchronous standby if there is one; after any error of a write
nothing of it is there, or all of it where the connection was lost during the commit: then the same again finds duplicates.
Nothing that changes is remembered from one transaction to the next, so collectors need not know of each other.
"""

from collections.abc import Callable, Sequence
from functools import partial

from collector.held_sites import NamesHeld, SiteHeld
from collector.measures import Histories, Home, Look, Measure, Occupied, Split, Stretch
from collector.records import (
    Camera,
    Decide,
    Delivery,
    EventQuery,
    KeptRefusal,
    LedgerRules,
    NewName,
    Snapshot,
    Stored,
    StoredEvent,
)
from collector.storage.base import FEW_SITES
from collector.storage.postgres import histories, homes, ledger_query, locks, looks, naming, reading, storing
from collector.storage.postgres.access import PostgresAccess
from collector.storage.postgres.connecting import Connection, hosts_at
from collector.storage.postgres.lost_versions import lost_versions
from collector.storage.postgres.migrating import check_schema, migrate, refuse_unfinished
from collector.storage.postgres.privacy import PrivacyVerbs
from collector.storage.postgres.readers import Readers
from collector.storage.postgres.refusals import refusals, refused
from collector.storage.postgres.standing import stored_rules
from collector.storage.postgres.waited_for import told_apart
from collector.storage.postgres.writer import Writer

READERS = 4
"""Questions at once; more would take the database's cores from what is being stored."""
STATEMENT_SECONDS = 30.0
"""Longer than any statement of ours takes on a healthy server; a server that hangs is not waited for any longer."""


class PostgresStorage(PrivacyVerbs):
    """Storage in a PostgreSQL database; see `collector.storage.base.Storage` for the verbs."""

    def __init__(self, *, rules: LedgerRules, readers: Readers, writer: Writer | None) -> None:
        self.rules = rules
        """What the stored amounts were made with, whatever the settings say now."""
        self._readers = readers
        readers.know(rules)
        self._writer = writer
        self._upkeep = None if writer is None else writer.beside()
        self._has_met_held = False
        self.access = PostgresAccess(readers=readers, writer=writer)
        """Who may write and who may look."""

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        rules: LedgerRules,
        hour_offset_of: Callable[[str], int] = lambda _: 0,
        readers: int = READERS,
        statement_seconds: float = STATEMENT_SECONDS,
    ) -> "PostgresStorage":
        """Open for writing and reading, bringing the schema up to date.

        `rules` are for a new database; `hour_offset_of` says where the hours of a new site begin, in microseconds past
        the full hour.

        Raises:
            Busy: the database is away.
            StorageUnusable: another program's database, or a newer version's; or its amounts are not complete.
        """
        hosts = hosts_at(url)
        writer = Writer(url, hour_offset_of=hour_offset_of, statement_seconds=statement_seconds, hosts=hosts)

        async def prepare(connection: Connection) -> LedgerRules:
            await migrate(connection, rules=rules)
            await refuse_unfinished(connection)
            return await stored_rules(connection)

        try:
            stored = await writer.prepare(prepare)
        except BaseException:
            await writer.close()
            raise
        writer.rules = stored
        return cls(
            rules=stored,
            readers=Readers(url, size=readers, statement_seconds=statement_seconds, hosts=hosts),
            writer=writer,
        )

    @classmethod
    async def open_read_only(
        cls, url: str, *, readers: int = READERS, statement_seconds: float = STATEMENT_SECONDS
    ) -> "PostgresStorage":
        """Open for reading.

        Raises:
            Busy: the database is away.
            StorageUnusable: not a collector's database, or its amounts are not complete.
        """
        line = Readers(url, size=readers, statement_seconds=statement_seconds, hosts=hosts_at(url))

        async def check(connection: Connection) -> LedgerRules:
            await check_schema(connection)
            await refuse_unfinished(connection)
            return await stored_rules(connection)

        try:
            return cls(rules=await line.short(check), readers=line, writer=None)
        except BaseException:
            await line.close()
            raise

    async def version(self) -> str:
        """Return a name for what is stored: what was read after asking for it is at least as new."""

        async def read(connection: Connection) -> str:
            # A sum that each committed write makes greater, whichever collector wrote.
            return str(await connection.fetchval("select coalesce(sum(writes), 0)::text from revision"))

        return await self._readers.short(read)

    async def store(self, deliveries: Sequence[Delivery], *, decide: Decide) -> list[Stored]:
        """Keep all deliveries in one transaction."""
        writer = self._writing()
        patience = locks.SECONDS_TO_HURRY if self._has_met_held else locks.SECONDS_TO_WAIT
        try:
            async with told_apart(writer):
                stored = await writer.write(
                    lambda connection: storing.store(connection, writer.registry, deliveries=deliveries, decide=decide),
                    holding=partial(locks.share, patience=patience),
                )
        except (SiteHeld, NamesHeld):
            self._has_met_held = True
            raise
        self._has_met_held = False
        return stored

    async def measure(
        self,
        sites: Sequence[str] | None = None,
        *,
        split: Split,
        by_hour: bool = False,
        stays: bool = True,
        occupied: Occupied | None = None,
    ) -> Measure:
        """Return what the numbers of a window are made of."""
        question = ledger_query.Question(split, by_hour, stays, occupied)
        return await self._readers.long(
            lambda connection: ledger_query.measure(connection, sites, question=question, rules=self.rules)
        )

    async def runs(
        self, sites: Sequence[str] | None = None, *, worker_id: str, stretch: Stretch, most: int
    ) -> Histories | None:
        """Return how everybody of that id spent a stretch."""
        return await self._readers.long(
            lambda connection: histories.of_worker(connection, sites, worker_id=worker_id, stretch=stretch, most=most)
        )

    async def outlines(self, sites: Sequence[str] | None = None, *, stretch: Stretch, most: int) -> Histories | None:
        """Return how all workers spent a stretch."""
        gap = self.rules.session_gap
        return await self._readers.long(
            lambda connection: histories.of_all(connection, sites, stretch=stretch, gap=gap, most=most)
        )

    async def snapshot(self, sites: Sequence[str] | None = None) -> Snapshot:
        """Return all that metrics are made of, as of one moment."""
        return await self._readers.long(lambda connection: reading.snapshot(connection, sites))

    async def sites(self, sites: Sequence[str] | None = None) -> list[str]:
        """Return the names of the sites that there are."""
        return [*await self.hour_offsets(sites)]

    async def hour_offsets(self, sites: Sequence[str] | None = None) -> dict[str, int]:
        """Return where the stored hours of each site begin."""
        there = await self._readers.short(lambda connection: reading.sites(connection, sites))
        return {site.name: site.hour_offset for site in there}

    async def cameras(self, sites: Sequence[str] | None = None) -> list[Camera]:
        """Return the cameras that ever delivered or called."""

        async def of_few(connection: Connection) -> list[Camera] | None:
            there = await reading.sites(connection, sites)
            return await reading.cameras(connection, there) if len(there) <= FEW_SITES else None

        async def of_any(connection: Connection) -> list[Camera]:
            return await reading.cameras(connection, await reading.sites(connection, sites))

        found = await self._readers.short(of_few)
        return await self._readers.long(of_any) if found is None else found

    async def homes(self, cameras: Sequence[str]) -> dict[str, Home]:
        """Return where cameras are known."""
        return await self._readers.short(lambda connection: homes.homes(connection, cameras))

    async def events(self, query: EventQuery) -> list[StoredEvent]:
        """Return a page of events."""
        return await self._readers.long(lambda connection: reading.events(connection, query))

    async def lost_versions(self, sites: Sequence[str] | None = None, *, stretch: Stretch, most: int) -> int:
        """Return how many versions of events have lost."""
        return await self._readers.long(lambda connection: lost_versions(connection, sites, stretch=stretch, most=most))

    async def refusals(
        self, sites: Sequence[str] | None = None, *, stretch: Stretch = (None, None), most: int
    ) -> list[KeptRefusal]:
        """Return the newest refused items."""
        return await self._readers.long(lambda connection: refusals(connection, sites, stretch=stretch, most=most))

    async def refused(self, sites: Sequence[str] | None = None, *, stretch: Stretch, most: int) -> int:
        """Return how many items were refused."""
        return await self._readers.long(lambda connection: refused(connection, sites, stretch=stretch, most=most))

    async def note_look(self, look: Look) -> bool:
        """Write down who looked at whose data."""
        return await self._writing().write(lambda connection: looks.note(connection, look))

    async def looks(self, *, worker_id: str | None, site: str | None) -> list[Look]:
        """Return who looked."""
        return await self._readers.long(lambda connection: looks.looks(connection, worker_id=worker_id, site=site))

    async def name(self, names: Sequence[NewName]) -> None:
        """Give names, all or none."""
        writer = self._writing()
        await writer.write(lambda connection: naming.name(connection, writer.registry, names=names))

    async def rename_site(self, old: str, new: str) -> None:
        """Give a site another name."""
        writer = self._writing()
        async with told_apart(writer):
            await writer.write(
                lambda connection: naming.rename_site(connection, old=old, new=new),
                holding=locks.take_alone,
                may_take_long=True,
            )

    def interrupt(self) -> None:
        """Give up what is being read at length."""
        self._readers.interrupt()

    async def close(self) -> None:
        """Give up what is being read, finish what is being written, and let go of the database."""
        await self._readers.close()
        for writer in (self._upkeep, self._writer):
            if writer is not None:
                await writer.close()
