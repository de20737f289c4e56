"""The open queue file and what memory knows of it: the ground that `housekeeping` and `log` stand on.

Memory follows the file and not the other way round: it is updated after the commit, and read anew whenever the file had
to be opened anew. After an error of the disk that is always so, because a connection whose sync has failed may believe
what is not on disk; a damaged file is salvaged on that occasion. Nothing that a fault left undone is done on old facts:
between the fault and the next `_ready`, writing is refused.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sqlite_utils.utils import sqlite3

from edge_agent.buffer import kept_open, removal, rows
from edge_agent.buffer.epochs import begin_run, remember, retired
from edge_agent.buffer.faults import QueueDamaged, transaction, translated
from edge_agent.buffer.oldest import OldestPending
from edge_agent.buffer.opening import open_queue, problem_of
from edge_agent.buffer.quarantine import give_up_oldest
from edge_agent.buffer.schema import open_for_reading
from edge_agent.buffer.space import ROOM_TO_WRITE, Limits, Reserve, free_disk_bytes
from edge_agent.buffer.unsalvaged import Unsalvaged
from edge_agent.delivery.batching import Epoch
from shared.clock import Clock
from shared.errors import DiskFailed, LinesideError, StorageFull
from shared.file_lock import FileLock
from shared.receipts import Ranges, count, near_few, with_few, without_few

_log = logging.getLogger(__name__)


class QueueFile:
    """The one writer of a queue folder; synchronous, used by one thread at a time."""

    _path: Path
    _connection: rows.Connection
    _settled: Ranges
    _dead: Ranges
    _removed: Ranges
    _names: kept_open.Names
    _retired: tuple[Epoch, ...]
    _doubted_above: int | None
    """Numbers of the epoch above it may be others at the collector, see `put_back`; None: none may."""
    _folded: int
    _by_hand: int
    _is_left_beside = False
    """How many of the settled numbers were in truth given up, long ago: see `folding`."""
    _coming: list[tuple[int, int]] | None = None
    """(number, instant) of the dead letters that time will mend, soonest first; None: to be looked up."""

    def __init__(self, folder: Path, *, lock: FileLock, clock: Clock, limits: Limits) -> None:
        """Open the queue of a folder whose lock is held; use `EventLog.open`."""
        self._folder = folder
        self._lock = lock
        self._clock = clock
        self._limits = limits
        self._reserve = Reserve(folder, size_bytes=limits.reserve_bytes)
        self._unsalvaged = Unsalvaged(folder, leaving=limits.min_free_disk_bytes)
        self._fault: LinesideError | None = None
        self._recovery: str | None = None
        self._checking: rows.Connection | None = None
        self._last_write_at = clock.monotonic()
        self._open()

    def waiting_for(self) -> int:
        """Return for how many microseconds the lowest number that waits has done so, by the wall clock; 0 if nothing waits.

        Raises:
            StorageUnusable: the disk cannot be read.
        """
        pending = self._facts.pending
        with self._reading():
            accepted_at = rows.accepted_at(self._connection, pending[0][0]) if pending else None
        return 0 if accepted_at is None else max(self._clock.now() - accepted_at, 0)

    def last_accepted_at(self) -> int | None:
        """Return when the last number was given out, by the clock of then; None if its event is not kept.

        Raises:
            StorageUnusable: the disk cannot be read.
        """
        with self._reading():
            return rows.accepted_at(self._connection, self._facts.last_seq)

    def check_file(self) -> str | None:
        """Return what is wrong with the file, None if it is whole; for any thread, beside the one that writes.

        0.4 s for a million events; meanwhile the write-ahead log cannot be folded back.

        Raises:
            StorageUnusable: `stop_check` has ended it, or the file cannot be read.
        """
        connection = open_for_reading(self._path)
        self._checking = connection
        try:
            with translated(self._path):
                return problem_of(connection)
        except QueueDamaged as error:
            return str(error.__cause__ or error)
        finally:
            connection.close()

    def stop_check(self) -> None:
        """End a `check_file` that runs in another thread; nothing happens where none does."""
        if self._checking is not None:
            with suppress(sqlite3.Error):  # it has just ended by itself, and its connection is closed
                self._checking.interrupt()

    @property
    def is_checked(self) -> bool:
        """Whether the start has checked the whole file; a large one is left to `check_file`."""
        return self._is_checked

    def salvage(self, problem: str) -> None:
        """Put a file of what is whole in the place of one in which `check_file` has found a problem.

        Raises:
            StorageUnusable, StorageFull: not possible now; the next use of the log tries again.
        """
        self._fault = QueueDamaged(problem)
        self._ready()

    def _open(self, *, damage: str | None = None) -> None:
        if free_disk_bytes(self._folder) < max(self._limits.reserve_bytes, ROOM_TO_WRITE):
            self._give_up_reserve()
        opened = open_queue(self._folder, now=self._clock.now(), damage=damage)
        self._path, self._connection = opened.path, opened.connection
        self._is_checked = opened.is_checked
        self._recovery = opened.recovery or self._recovery
        try:
            with translated(self._path):
                self._load()
        except BaseException:
            opened.connection.close()
            raise
        self._reserve.take(leaving=self._limits.min_free_disk_bytes)

    def _load(self) -> None:
        """Begin a run in the file, and learn from it where each number is."""
        self._connection.execute(f"pragma wal_autocheckpoint = {self._limits.log_pages}").fetchall()
        self._doubted_above = begin_run(self._connection, self._path)
        self._epoch_number = max(rows.epochs(self._connection))
        self._retired = retired(self._connection)
        self._settled = rows.settled(self._connection)
        self._folded = rows.folded(self._connection)
        self._by_hand = rows.by_hand(self._connection)
        self._dead = rows.dead(self._connection)
        self._removed = rows.removed(self._connection)
        self._marks = removal.marks(self._connection)
        self._tick_at_start = self._marks[-1].tick if self._marks else 0
        self._begun_at = self._clock.monotonic()
        self._facts = rows.backlog(self._connection)
        self._oldest = OldestPending(lambda ranges: rows.oldest_at(self._connection, ranges))
        self._names = kept_open.names(self._path)

    def _ready(self) -> None:
        """Open the file anew if its last use failed, or if its name leads elsewhere.

        Raises:
            StorageUnusable, StorageFull: that is not possible now.
        """
        if self._fault is None:
            if kept_open.is_in_place(self._path, opened=self._names):
                return
            self._put_back()
        with suppress(sqlite3.Error):
            self._connection.close()
        _log.warning("the queue is opened anew", extra={"after": str(self._fault)})
        self._open(damage=str(self._fault.args[0]) if isinstance(self._fault, QueueDamaged) else None)
        self._fault = None

    def _put_back(self) -> None:
        """Give the open file its name again; the next epoch is a new one, for whatever bore the name may have given out numbers."""
        try:
            self._lock.check()  # without it the file in its place may be another agent's
        except LinesideError:
            self._leave_beside()
            raise
        while True:
            try:
                kept_open.put_back(self._connection, self._path, now=self._clock.now())
                break
            except StorageFull:
                if not (self._reserve.give_up() or give_up_oldest(self._folder)):
                    raise
        words = f"{self._path.name}: {kept_open.WORDS}"
        _log.error("the queue was not as it should be", extra={"found": words})
        self._recovery = "; ".join(filter(None, (self._recovery, words)))
        self._fault = DiskFailed(words)

    def _leave_beside(self) -> None:
        """Have the next start take in what is only in the open file; once is enough, for nothing is accepted any more."""
        if not self._is_left_beside:
            left = kept_open.leave_beside(self._connection, self._path)
            _log.error("the folder was taken away; what is held lies beside the queue", extra={"file": str(left)})
            self._is_left_beside = True

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Note what goes wrong, so that the file is opened anew before its next use."""
        if self._fault is not None:
            raise self._fault
        try:
            with translated(self._path):
                yield
        except (DiskFailed, QueueDamaged) as error:
            self._fault = error
            raise

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold a write transaction; on a disk that has no room for one, the reserve makes it."""
        self._lock.check()  # a deleted lock file lets a second agent in
        if free_disk_bytes(self._folder) < ROOM_TO_WRITE:
            self._make_way()
        try:
            with self._reading(), transaction(self._connection, self._path):
                yield
            self._last_write_at = self._clock.monotonic()
        except StorageFull:
            self._make_way()  # for the next try
            raise

    def _make_way(self) -> None:
        """Give the reserve up, and the room in the write-ahead log back."""
        self._give_up_reserve()
        with suppress(LinesideError):
            self._fold_log()

    def _give_up_reserve(self) -> None:
        if self._reserve.give_up():
            _log.error("the disk is full: the reserve is given up", extra={"folder": str(self._folder)})

    def _fold_log(self) -> None:
        """Write the log back into the file and cut it to nothing."""
        with self._reading():
            self._connection.execute("pragma wal_checkpoint(truncate)").fetchall()

    def _write_settled(self, now_settled: Ranges, *, changed: Ranges) -> None:
        """Write the settled ranges where they differ from what stands there: near the numbers that have changed."""
        removal.change_settled(
            self._connection, before=near_few(self._settled, changed), after=near_few(now_settled, changed)
        )

    def _remove(self, numbers: Ranges, *, dropped_because: str | None = None, by_hand: bool = False) -> None:
        """Delete the rows of these numbers in one transaction; those given up are pending or dead letters until then."""
        now_by_hand = self._by_hand + (count(numbers) if by_hand else 0)
        removed = with_few(self._removed, numbers)
        gaps = self._facts.dropped
        if dropped_because is not None:
            gaps = removal.with_gap(gaps, numbers, reason=dropped_because)
        with self._writing():
            removal.delete_rows(self._connection, numbers)
            removal.delete_letters(self._connection, numbers)
            removal.change_removed(
                self._connection, before=near_few(self._removed, numbers), after=near_few(removed, numbers)
            )
            removal.change_dropped(self._connection, before=self._facts.dropped, after=gaps)
            if by_hand:
                remember(self._connection, key=rows.BY_HAND, value=str(now_by_hand))
        self._removed, self._by_hand = removed, now_by_hand
        if dropped_because is not None:
            self._dead, self._coming = without_few(self._dead, numbers), None
            self._facts = replace(self._facts, pending=without_few(self._facts.pending, numbers), dropped=gaps)
