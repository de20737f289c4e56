"""Sets of damaged files that there was no room to salvage: they wait in a folder of their own, and are then taken in.

Such a set holds the only copy of events that were accepted. So it is never pruned, the status names it until it is done,
and once the disk has room for what is in it, its events are appended to the queue under new numbers, a group at a time
beside the work. The set then becomes one of the damaged ones, kept as they are.

How far it is, is noted in the queue after each group. A crash in between appends a group a second time, and where SQLite
cannot read what became of the events, those that were sent are appended too: the collector knows an event by what it
says, so that costs traffic and counts nothing twice.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

from edge_agent.buffer import quarantine
from edge_agent.buffer.epochs import ended
from edge_agent.buffer.findings import companions, places
from edge_agent.buffer.numbering import FARTHEST_JUMP
from edge_agent.buffer.pages import EpochRow, EventRow
from edge_agent.buffer.rows import bears_out_number
from edge_agent.buffer.salvage import remains
from edge_agent.buffer.space import free_disk_bytes
from edge_agent.delivery.batching import Epoch
from shared.events import Event, read_event
from shared.receipts import numbers, of_numbers, subtract, union
from shared.wire import decode_json

GROUP = 500
"""Rows looked at in one step."""
_PROGRESS = "taken in"
_log = logging.getLogger(__name__)


class Queue(Protocol):
    """What is asked of the log that takes the events in."""

    def append(self, events: Sequence[Event]) -> None:
        """Keep events, all or none."""

    def retire(self, ended: Sequence[Epoch]) -> None:
        """Note that epochs have ended."""

    def remember(self, key: str, value: str) -> None:
        """Keep a fact."""

    def recall(self, key: str) -> str | None:
        """Return a fact."""


@dataclass(slots=True)
class _Numbering:
    """How the events of a set were numbered, as far as its rows were looked at: for the collector to wait for no more."""

    tokens: dict[str, None] = field(default_factory=dict)
    last: int = 0


@dataclass(slots=True)
class _Progress:
    """The set that is being taken in: what follows, and what comes next because there was no room for it."""

    folder: Path
    groups: Iterator[list[Event]]
    group: list[Event] | None
    done: int
    numbering: _Numbering
    events: int = 0


class Unsalvaged:
    """The sets of a queue folder that wait, oldest first."""

    def __init__(self, folder: Path, *, leaving: int) -> None:
        """Look after the sets of a folder; `leaving` bytes of the disk are for others."""
        self._folder = folder
        self._leaving = leaving
        self._progress: _Progress | None = None

    def take_in(self, queue: Queue) -> bool:
        """Append the next group of what waits; True if there may be more that finds room.

        Raises:
            Busy, StorageFull, StorageUnusable: it was not appended, and is the next one again.
        """
        if self._progress is None:
            self._progress = self._begin(queue)
        if (progress := self._progress) is None:
            return False
        if progress.group is None:
            self._progress = None
            queue.retire([ended(token, last=progress.numbering.last) for token in progress.numbering.tokens])
            self._finish(progress)
            return True
        queue.append(progress.group)
        progress.events += len(progress.group)
        progress.done += 1
        queue.remember(_PROGRESS, f"{progress.folder.name} {progress.done}")
        self._progress = None  # a set that cannot be read on is begun anew, never taken for done
        progress.group = next(progress.groups, None)
        self._progress = progress
        return True

    def _begin(self, queue: Queue) -> _Progress | None:
        waiting = quarantine.sets(self._folder, why=quarantine.UNSALVAGED)
        if not waiting or not self._has_room_for(waiting[0]):
            return None
        folder = waiting[0]
        name, _, done = (queue.recall(_PROGRESS) or "").rpartition(" ")
        before = int(done) if name == folder.name else 0
        numbering = _Numbering()
        groups = _groups(folder, numbering)
        group = next((one for place, one in enumerate(groups) if place >= before), None)
        return _Progress(folder, groups, group, before, numbering)

    def _has_room_for(self, folder: Path) -> bool:
        """Return whether the disk takes a set once more, after what is set aside has made way."""
        needed = self._leaving + _size(folder)
        while free_disk_bytes(self._folder) < needed:
            if not quarantine.give_up_oldest(self._folder):
                return False
        return True

    def _finish(self, progress: _Progress) -> None:
        folder = quarantine.note_salvaged(progress.folder)
        _log.warning("events that waited for room were taken in", extra={"events": progress.events, "set": folder.name})


def waiting_words(folder: Path) -> str | None:
    """Return which sets of a folder wait for room, None if there is none."""
    names = [one.name for one in quarantine.sets(folder, why=quarantine.UNSALVAGED)]
    return f"accepted events wait for room, they are only in {', '.join(names)}" if names else None


def _groups(folder: Path, numbering: _Numbering) -> Iterator[list[Event]]:
    """Yield the events of a set that are not done with, each once, in the same groups every time; note how they are numbered."""
    for path in places(folder):
        if companions(path):
            done, last, rows = remains(path)
            numbering.last = max(numbering.last, last)
            while group := list(islice(rows, GROUP)):
                found = {row.seq: row for row in group if isinstance(row, EventRow)}
                numbering.tokens |= {row.token: None for row in group if isinstance(row, EpochRow)}
                numbering.last = max(numbering.last, *_believed(found, near=numbering.last))
                fresh = subtract(of_numbers(found), done)
                done = union(done, fresh)
                read = (read_event(decode_json(found[seq].payload)) for seq in numbers(fresh))
                yield [event for event in read if isinstance(event, Event)]


def _believed(found: dict[int, EventRow], *, near: int) -> Iterator[int]:
    """Yield the numbers that a flipped bit has not made: far above all others only those that a checksum covers."""
    return (seq for seq, row in found.items() if seq <= near + FARTHEST_JUMP or bears_out_number(row))


def _size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.iterdir())
