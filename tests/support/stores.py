"""Stores by the hundred: each empty one is a copy of the first, in memory where the machine has a folder for that."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from collector import hours
from collector.accounts import Difference
from collector.metrics import hour_sums, moving
from collector.metrics.audit import check
from collector.records import LedgerRules
from collector.storage.audit import audit
from collector.storage.base import Storage
from collector.storage.migrating import migrate
from collector.storage.opening import open_writer
from collector.storage.sqlite import SqliteStorage
from tests.support.collector import RULES

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder that is quick to write to and gone afterwards."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as name:
        yield Path(name)


def new_store(file: Path, *, rules: LedgerRules, hour_offset_of: Callable[[str], int] = lambda _: 0) -> SqliteStorage:
    """Return a store on a file that has no events yet; making it anew would take as long as fifty transactions."""
    file.write_bytes(_empty_database())
    return SqliteStorage.open(file, rules=rules, hour_offset_of=hour_offset_of)


@dataclass(frozen=True)
class Audited:
    """What `collector db verify` finds."""

    events: int
    differences: list[Difference]

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.differences)


def audited(file: Path) -> Audited:
    """Return what `collector db verify` finds, and hold it to what it says of that."""
    told: list[Difference] = []
    found = audit(file, check=check, notify=lambda _: None, tell=told.append)

    assert (len(told), frozenset(each.table for each in told)) == (found.differences, found.tables)
    return Audited(found.events, told)


@dataclass(frozen=True)
class Kept:
    """A store, whatever its kind, and its audit."""

    storage: Storage
    audited: Callable[[], Awaitable[Audited]]


@asynccontextmanager
async def kept_in_sqlite(
    *, rules: LedgerRules, hour_offset_of: Callable[[str], int] = lambda _: 0
) -> AsyncIterator[Kept]:
    """Give an empty SQLite store."""
    with folder() as place:
        file = place / "collector.db"
        storage = new_store(file, rules=rules, hour_offset_of=hour_offset_of)

        async def audit_it() -> Audited:
            return audited(file)

        try:
            yield Kept(storage, audit_it)
        finally:
            await storage.close()


@contextmanager
def hours_of(length: int) -> Iterator[None]:
    """Let hours last so many microseconds, while this lasts: small histories meet every edge of theirs.

    Two of them are many already, and make a block.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hours, "LENGTH", length)
        patch.setattr(hours, "BLOCK", 2)
        patch.setattr(hours, "FEW_BLOCKS", 1)
        patch.setattr(moving, "FEW_SIGHTINGS", 0)
        patch.setattr(hour_sums, "FEW_HOURS", 1)
        yield


@cache
def _empty_database() -> bytes:
    with folder() as place:
        file = place / "collector.db"
        with closing(open_writer(file)) as connection:
            migrate(connection, rules=RULES)
            # Whoever opens a copy notes the rules of its own.
            connection.execute("delete from arithmetic")
            connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        with closing(sqlite3.connect(file)):
            return file.read_bytes()
