"""Disks that can be full, and machines that can die: the product's own stores, refusing when they are told to.

A machine that died writes nothing any more, whatever tasks of its are still about; its files are copied as they lie, and
the copy is what the next start finds. Copying instead of reopening is what keeps a death honest: closing the old
connection would tidy the files up.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from sqlite_utils.utils import sqlite3

from collector.records import Decide, Delivery, Stored
from collector.storage.sqlite import SqliteStorage
from edge_agent.buffer.log import EventLog
from edge_agent.buffer.space import Usage
from shared.errors import StorageFull, StorageUnusable

_NOT_COPIED = shutil.ignore_patterns("*.lock", "*.sock", "*-shm")


class WearyLog(EventLog):
    """A queue on a disk that may be full to the last byte, or fuller than `min_free_disk` allows."""

    is_full = False
    is_short = False
    is_dead = False

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold a write transaction, if there is room and life."""
        if self.is_dead:
            raise StorageUnusable("the machine is off")
        if self.is_full:
            raise StorageFull
        with super()._writing():
            yield

    def _usage(self) -> Usage:
        """Return how much is taken and left, as if other programs had the rest of a short disk."""
        usage = super()._usage()
        return replace(usage, free_disk=0) if self.is_short else usage

    def waiting(self) -> dict[int, int]:
        """Return the instant of every event that lies in the file and is pending, by its number."""
        query = "select seq, at from event_log where seq between ? and ?"
        return {seq: at for ends in self._facts.pending for seq, at in self._connection.execute(query, ends).fetchall()}

    def kept_instants(self) -> set[int]:
        """Return the instant of every event that lies in the file, whatever became of it."""
        return {at for (at,) in self._connection.execute("select at from event_log").fetchall()}

    def bytes_taken(self) -> int:
        """Return what the file and its log take, by the disk's own account."""
        return sum(
            file.stat().st_size for file in os.scandir(self._folder) if file.name in ("queue.db", "queue.db-wal")
        )


class WearyStorage(SqliteStorage):
    """A store on a disk that may be full."""

    is_full = False

    async def store(self, deliveries: Sequence[Delivery], *, decide: Decide) -> list[Stored]:
        """Keep deliveries, if there is room."""
        if self.is_full:
            raise StorageFull
        return await super().store(deliveries, decide=decide)


def left_behind(folder: Path, number: int, *, name: str | None = None) -> Path:
    """Return a copy of a folder as a machine leaves it that dies now, or as a backup keeps it."""
    copy = folder.with_name(f"{name or folder.name.partition('-')[0]}-{number}")
    shutil.copytree(folder, copy, ignore=_NOT_COPIED)
    return copy


def instants_in(file: Path) -> set[int]:
    """Return the instant of every event in a collector's file; no two are of the same."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        found = [at for (at,) in connection.execute("select at from event").fetchall()]
    assert len(found) == len(set(found))
    return set(found)
