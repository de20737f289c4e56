"""The SQLite store: one thread writes, a few read, all through WAL, so readers never wait for the writer.

Invariants: what `store` has returned is on disk (`synchronous=FULL`); the lock file is held as long as the store is open
for writing; after any error of a write nothing of it is there.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlite_utils.utils import sqlite3

from collector.measures import Histories, Home, Measure, Occupied, Split, Stretch
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
from collector.storage import histories, ledger_query, sqlite_read, sqlite_write
from collector.storage.base import FEW_SITES
from collector.storage.opening import (
    lock_of,
    open_reader,
    transaction,
    translated_errors,
)
from collector.storage.privacy import PrivacyVerbs
from collector.storage.readers import Readers
from collector.storage.rebuilding import refuse_unfinished
from collector.storage.scrubbing import Scrubber
from collector.storage.sqlite_access import SqliteAccess
from collector.storage.writer import Writer, check_ours
from shared.clock import new_token
from shared.errors import StorageUnusable

Result = TypeVar("Result")


class SqliteStorage(PrivacyVerbs):
    """Storage in one SQLite file; see `collector.storage.base.Storage` for the verbs."""

    def __init__(self, file: Path, *, reader: sqlite3.Connection, writer: Writer | None) -> None:
        self.rules = ledger_query.rules(reader)
        """What the stored amounts were made with, whatever the settings say now."""
        self._file = file
        self._token = new_token()
        self._writes = 0
        self._readers = Readers(file, reader)
        self._writer = writer
        self._write_thread: Executor = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._scrubber = None if writer is None else Scrubber(file, writer, thread=self._write_thread)
        self.access = SqliteAccess(read=self._readers.short, write=self._write)
        """Who may write and who may look."""

    @classmethod
    def open(
        cls, file: Path, *, rules: LedgerRules, hour_offset_of: Callable[[str], int] = lambda _: 0
    ) -> "SqliteStorage":
        """Open for writing and reading, bringing the schema up to date.

        `rules` are for a new database; `hour_offset_of` says where the hours of a new site begin, in microseconds past
        the full hour.

        Raises:
            FileHeld: another process writes to it; names its pid.
            StorageUnusable: not SQLite, another program's, or a newer version's: left untouched. Or its amounts are not
                complete.
        """
        with translated_errors(file):
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = lock_of(file)
            check_ours(file)  # nothing appears beside what is not ours, not even a lock
            lock.acquire()
        try:
            writer = Writer(file, lock, rules=rules, hour_offset_of=hour_offset_of)
            return cls(file, reader=open_reader(file), writer=writer)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open_read_only(cls, file: Path) -> "SqliteStorage":
        """Open for reading, also while another process writes.

        Raises:
            StorageUnusable: no such file, not a collector's database, or its amounts are not complete.
        """
        check_ours(file)
        reader = open_reader(file)
        try:
            refuse_unfinished(reader)
        except BaseException:
            reader.close()
            raise
        return cls(file, reader=reader, writer=None)

    async def version(self) -> str:
        """Return a name for what is stored: what was read after asking for it is at least as new."""
        return f"{self._token}-{self._writes}"

    async def store(self, deliveries: Sequence[Delivery], *, decide: Decide) -> list[Stored]:
        """Keep all deliveries in one transaction."""
        return await self._write(
            lambda writer: sqlite_write.store(writer.connection, writer.registry, deliveries=deliveries, decide=decide)
        )

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
        return await self._readers.long(
            lambda reader: ledger_query.measure(
                reader, sites, split=split, by_hour=by_hour, stays=stays, occupied=occupied
            )
        )

    async def runs(
        self, sites: Sequence[str] | None = None, *, worker_id: str, stretch: Stretch, most: int
    ) -> Histories | None:
        """Return how everybody of that id spent a stretch."""
        return await self._readers.long(
            lambda reader: histories.of_worker(reader, sites, worker_id=worker_id, stretch=stretch, most=most)
        )

    async def outlines(self, sites: Sequence[str] | None = None, *, stretch: Stretch, most: int) -> Histories | None:
        """Return how all workers spent a stretch."""
        gap = self.rules.session_gap
        return await self._readers.long(
            lambda reader: histories.of_all(reader, sites, stretch=stretch, gap=gap, most=most)
        )

    async def snapshot(self, sites: Sequence[str] | None = None) -> Snapshot:
        """Return all that metrics are made of, as of one moment."""
        return await self._readers.long(
            lambda reader: Snapshot(
                sqlite_read.workers(reader, sites),
                sqlite_read.workstations(reader, sites),
                sqlite_read.cameras(reader, sites),
                sqlite_read.sightings(reader, sites),
            )
        )

    async def sites(self, sites: Sequence[str] | None = None) -> list[str]:
        """Return the names of the sites that there are."""
        return [*await self.hour_offsets(sites)]

    async def hour_offsets(self, sites: Sequence[str] | None = None) -> dict[str, int]:
        """Return where the stored hours of each site begin."""
        return await self._readers.short(lambda reader: sqlite_read.sites(reader, sites))

    async def cameras(self, sites: Sequence[str] | None = None) -> list[Camera]:
        """Return the cameras that ever delivered or called."""

        def of_few(reader: sqlite3.Connection) -> list[Camera] | None:
            there = sqlite_read.sites(reader, sites)
            return sqlite_read.cameras(reader, [*there]) if len(there) <= FEW_SITES else None

        found = await self._readers.short(of_few)
        if found is not None:
            return found
        return await self._readers.long(lambda reader: sqlite_read.cameras(reader, sites))

    async def homes(self, cameras: Sequence[str]) -> dict[str, Home]:
        """Return where cameras are known."""
        return await self._readers.short(lambda reader: sqlite_read.homes(reader, cameras))

    async def events(self, query: EventQuery) -> list[StoredEvent]:
        """Return a page of events."""
        return await self._readers.long(lambda reader: sqlite_read.events(reader, query))

    async def lost_versions(self, sites: Sequence[str] | None = None, *, stretch: Stretch, most: int) -> int:
        """Return how many versions of events have lost."""
        return await self._readers.long(
            lambda reader: sqlite_read.lost_versions(reader, sites, stretch=stretch, most=most)
        )

    async def refusals(
        self, sites: Sequence[str] | None = None, *, stretch: Stretch = (None, None), most: int
    ) -> list[KeptRefusal]:
        """Return the newest refused items."""
        return await self._readers.long(lambda reader: sqlite_read.refusals(reader, sites, stretch=stretch, most=most))

    async def refused(self, sites: Sequence[str] | None = None, *, stretch: Stretch, most: int) -> int:
        """Return how many items were refused."""
        return await self._readers.long(lambda reader: sqlite_read.refused(reader, sites, stretch=stretch, most=most))

    async def name(self, names: Sequence[NewName]) -> None:
        """Give names, all or none."""

        def write(writer: Writer) -> None:
            for name in names:
                writer.registry.name(name)

        await self._write(write)

    async def rename_site(self, old: str, new: str) -> None:
        """Give a site another name."""

        def write(writer: Writer) -> None:
            sqlite_write.rename_site(writer.connection, old=old, new=new)
            writer.registry.forget()

        await self._write(write)

    def interrupt(self) -> None:
        """Give up what is being read at length, and what writes the file anew."""
        self._readers.interrupt()
        if self._scrubber is not None:
            self._scrubber.give_up()

    async def close(self) -> None:
        """Give up what is being read or written anew, finish what is being written, fold the WAL back and let go of the file."""
        self.interrupt()
        await self._readers.close()
        if self._writer is not None:
            await asyncio.get_running_loop().run_in_executor(self._write_thread, self._writer.close)
        self._write_thread.shutdown()

    async def _write(self, write: Callable[[Writer], Result]) -> Result:
        writer = self._writer
        if writer is None:
            raise StorageUnusable(f"{self._file} was opened for reading only")

        def run() -> Result:
            try:
                writer.lock.check()
                with translated_errors(self._file), transaction(writer.connection, "immediate"):
                    result = write(writer)
                self._writes += 1  # on this one thread alone, and only after the commit
                return result
            except BaseException:
                writer.registry.forget()
                raise

        return await asyncio.get_running_loop().run_in_executor(self._write_thread, run)
