"""Disks that can be full, and machines that can die: the product's own stores, refusing when they are told to.

A machine that died writes nothing any more, whatever tasks of its are still about; its files are copied as they lie, and
the copy is what the next start finds. Copying instead of reopening is what keeps a death honest: closing the old
connection would tidy the files up.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from collector.records import Decide, Delivery, Stored
from collector.storage.sqlite import SqliteStorage
from edge_agent.buffer.log import EventLog
from edge_agent.delivery.settlement import DeadLetter
from shared.errors import StorageFull, StorageUnusable
from shared.events import Event
from shared.receipts import Ranges

_NOT_COPIED = shutil.ignore_patterns("*.lock", "*.sock", "*-shm")


class WearyLog(EventLog):
    """A queue on a disk that may be full."""

    is_full = False
    is_dead = False

    def append(self, events: Sequence[Event]) -> None:
        """Keep events, if there is room and life."""
        self._check()
        super().append(events)

    def settle(self, *, settled: Ranges, dead: Sequence[DeadLetter]) -> None:
        """Note what left, if there is room and life."""
        self._check()
        super().settle(settled=settled, dead=dead)

    def _check(self) -> None:
        if self.is_dead:
            raise StorageUnusable("the machine is off")
        if self.is_full:
            raise StorageFull


class WearyStorage(SqliteStorage):
    """A store on a disk that may be full."""

    is_full = False

    async def store(self, deliveries: Sequence[Delivery], *, decide: Decide) -> list[Stored]:
        """Keep deliveries, if there is room."""
        if self.is_full:
            raise StorageFull
        return await super().store(deliveries, decide=decide)


def left_behind(folder: Path, number: int) -> Path:
    """Return a copy of a folder as a machine leaves it that dies now."""
    copy = folder.with_name(f"{folder.name.partition('-')[0]}-{number}")
    shutil.copytree(folder, copy, ignore=_NOT_COPIED)
    return copy
