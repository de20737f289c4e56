"""How much room the queue has, and what makes way when there is none.

On a full disk SQLite can neither insert nor delete nor update, and a new process cannot even open a database in WAL
mode. So a *reserve* file of real blocks lies beside the queue: it is given up so that receipts can be noted and the
agent can start, and taken back once there is room. While it is given up nothing new is accepted.

    the disk     |==== others ====|== queue + log ==|= reserve =|.... min_free_disk ....|
    the queue    |== events that wait or are kept ==|..... free pages .....| log |    at most max_size

Pages that are free inside the file are room: what is removed from the queue is written over before the file grows.
"""

import errno
import logging
import os
import stat
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Literal

from edge_agent.buffer.faults import translated
from edge_agent.buffer.pages import PAGE_BYTES
from shared.errors import StorageFull
from shared.spoken import counted

RESERVE_FILE = "reserve"
ROOM_TO_WRITE = 1024 * 1024
"""With less on the disk the reserve is given up before a write: a batch's receipt takes a few pages of the log."""
_LOG_BYTES = 16 * 1024 * 1024
"""The largest request makes a commit of about 8 MiB."""
_FOLD_PAGES = 1_000
"""SQLite's own default, 4 MiB."""
EVENT_BYTES = 100
"""What a row and its place in the index take beside the payload, rounded up."""
LARGEST_EVENT_BYTES = 1_024
"""A row with the longest ids, 64 characters of four bytes each: with its place in the index a quarter of a page at most."""
_OTHER_PAGES = 8
"""Written by a commit beside the rows' own: the index, small tables, the list of free pages."""
MOST_DEAD_LETTERS = 100_000
"""Each may split a range of settled numbers in two, and ranges are held in memory: so many take about 30 MB."""

_MANY = 10_000
"""Rows removed in one commit where the log has no limit: about 2.5 MB of it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the queue may take and must leave; 0 for no limit. Sizes in bytes, durations in seconds."""

    max_size_bytes: int = 0
    min_free_disk_bytes: int = 0
    reserve_bytes: int = 0
    when_full: Literal["reject", "drop_oldest"] = "reject"
    retain_sent_seconds: float = 7 * 24 * 3600.0
    most_dead_letters: int = MOST_DEAD_LETTERS

    @property
    def dead_letter_bytes(self) -> int:
        """What dead letters may take of `max_size`: enough to look into a fault, and half is left for what waits."""
        return self.max_size_bytes // 4

    @property
    def log_bytes(self) -> int:
        """What is kept free of `max_size` for the write-ahead log, which holds a commit before the file does."""
        return min(_LOG_BYTES, self.max_size_bytes // 4)

    @property
    def log_pages(self) -> int:
        """The length at which the log is folded back into the file; the commit that reaches it goes beyond."""
        return min(_FOLD_PAGES, self.log_bytes // 2 // PAGE_BYTES) if self.max_size_bytes else _FOLD_PAGES

    def fills_log(self, incoming: int) -> bool:
        """Return whether a commit of so many bytes takes more of the log than is left before it is folded."""
        return bool(self.max_size_bytes) and _rounded(incoming) > self._commit_bytes

    @property
    def events_at_once(self) -> int:
        """How many events may be removed in one commit: the zeros over the largest of them, and not more than is left of the log."""
        return max(self._commit_bytes // LARGEST_EVENT_BYTES, 1) if self.max_size_bytes else _MANY

    @property
    def _commit_bytes(self) -> int:
        """What rows may take in one commit so that the log, half of which may hold earlier ones, keeps within its share."""
        return max(self.log_bytes // 2 - _OTHER_PAGES * PAGE_BYTES, 0)


@dataclass(frozen=True, slots=True)
class Usage:
    """How much is taken and left just now, in bytes."""

    live: int
    """Pages of the file that hold something."""
    free_pages: int
    """Pages of the file that do not."""
    log: int
    """The write-ahead log."""
    free_disk: int


class Room(Enum):
    """Whether events may come in."""

    enough = auto()
    queue_full = auto()
    disk_full = auto()


def judge(limits: Limits, usage: Usage, *, incoming: int, misses_reserve: bool) -> Room:
    """Return whether `incoming` bytes may be added in one commit.

    The file never outgrows `max_size` less the log's share. A commit that the share does not hold makes the log longer,
    so it also has to fit beside the free pages:

        usual commits    |=== live ===|+++ incoming +++|... free ...|    log's share    |  max_size
        a large one      |=== live ===|+++ incoming ..........+++|..|    incoming, once more    |
    """
    if misses_reserve or usage.free_disk < limits.min_free_disk_bytes:
        return Room.disk_full
    log, free_pages = max(usage.log, limits.log_bytes), 0
    if incoming > limits.log_bytes:
        incoming = _rounded(incoming)
        log, free_pages = max(log, incoming), usage.free_pages
    if limits.max_size_bytes and usage.live + max(incoming, free_pages) + log > limits.max_size_bytes:
        return Room.queue_full
    return Room.enough


def _rounded(incoming: int) -> int:
    """Return what rows take in whole pages: five of the largest go into one, and a seventh of their size is left over."""
    return incoming + incoming // 7


def full(room: Room, limits: Limits, *, path: Path, pending: int, dead: int) -> StorageFull:
    """Return the error for events that find no room beside so many that wait and so many dead letters."""
    drains = "it drains once the collector can be reached"
    if dead > pending:
        drains = f"{counted(dead, 'dead letter fills', many='dead letters fill')} it: edge-agent dead-letters list"
    if room is Room.queue_full:
        return StorageFull(
            f"{path} holds as much as buffer.max_size allows ({limits.max_size_bytes:,} bytes)",
            hint=f"nothing that was taken is lost; {drains}",
        )
    return StorageFull(
        f"less than buffer.min_free_disk is left on the disk of {path} ({limits.min_free_disk_bytes:,} bytes)",
        hint="make room; nothing that was taken is lost",
    )


def free_disk_bytes(folder: Path) -> int:
    """Return what a program without privileges may still write to the disk of a folder."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def log_bytes(path: Path) -> int:
    """Return the size of the write-ahead log of a queue file."""
    log = path.with_name(path.name + "-wal")
    return log.stat().st_size if log.exists() else 0


def size_bytes(path: Path) -> int:
    """Return what a queue takes on disk: the file and its write-ahead log."""
    return (path.stat().st_size if path.exists() else 0) + log_bytes(path)


class Reserve:
    """The file that is given up when the disk is full; `size_bytes` of 0 means that there shall be none."""

    def __init__(self, folder: Path, *, size_bytes: int) -> None:
        self._path = folder / RESERVE_FILE
        self._size = size_bytes
        self._is_possible = True

    @property
    def is_missed(self) -> bool:
        """Whether it should be there and is not, for want of room."""
        return self._size > 0 and self._is_possible and not self.is_held

    @property
    def is_held(self) -> bool:
        """Whether it is there in its full size."""
        found = self._found()
        return self._size > 0 and found is not None and stat.S_ISREG(found.st_mode) and found.st_size >= self._size

    def give_up(self) -> bool:
        """Remove the file; True if that made room."""
        found = self._found()
        if found is None or not stat.S_ISREG(found.st_mode):
            return False
        with translated(self._path):
            self._path.unlink()
        return True

    def take(self, *, leaving: int) -> bool:
        """Have the file again if `leaving` bytes of the disk stay free after that; True if it is held.

        The blocks are really allocated: a file with holes would be no reserve.
        """
        if not self.is_missed:
            return self.is_held
        if (found := self._found()) is not None and not stat.S_ISREG(found.st_mode):
            return self._do_without(f"{self._path} is no file")
        if free_disk_bytes(self._path.parent) < self._size + leaving:
            return False
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._size)
        except OSError as error:
            self._path.unlink(missing_ok=True)
            is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            return False if is_full else self._do_without(str(error.strerror))
        finally:
            os.close(descriptor)
        return True

    def _do_without(self, reason: str) -> bool:
        """Say once that there can be none; what lies at its place is left alone."""
        self._is_possible = False
        _log.warning("there can be no reserve on this disk", extra={"reason": reason})
        return False

    def _found(self) -> os.stat_result | None:
        """Return what lies at its place, a link as itself."""
        try:
            return self._path.lstat()
        except FileNotFoundError:
            return None
