"""The durable log of a camera's events: what `append` has taken survives a kill and a power cut.

Invariants:

* Every number from 1 to `last_seq` is exactly one of pending, settled, dead letter, dropped.
* A number is used once within its epoch, for ever. A stop that was not clean may have lost commits: then a new epoch begins.
* A row is never changed. Memory follows the file: it is updated after the commit.

Events are never held in memory, only ranges of numbers, two more for each dead letter; to settle costs what the batch takes.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

from edge_agent.buffer import epochs, rows, schema
from edge_agent.buffer.adoption import adopt_others
from edge_agent.buffer.faults import translated
from edge_agent.buffer.put_back import PutBack
from edge_agent.buffer.removal import by_reason, ranges_of
from edge_agent.buffer.rows import Counts, Entry, checksum
from edge_agent.buffer.space import EVENT_BYTES, Limits, free_disk_bytes, size_bytes
from edge_agent.buffer.unsalvaged import waiting_words
from edge_agent.delivery.batching import Backlog, Epoch
from edge_agent.delivery.settlement import DeadLetter
from shared.clock import Clock
from shared.errors import LinesideError
from shared.events import Event, canonical_json
from shared.file_lock import FileLock
from shared.receipts import (
    Range,
    Ranges,
    among_many,
    count,
    intersect,
    of_numbers,
    subtract,
    union,
    with_few,
    without_few,
)

LOCK_FILE = "agent.lock"
_log = logging.getLogger(__name__)

_APPEND = """
insert into event_log (seq, epoch, at, accepted_at, checksum, payload)
values (?, ?, ?, ?, ?, ?)
"""

_BURY = """
insert into dead_letter (seq, code, error, buried_at)
values (?, ?, ?, ?)
"""


class EventLog(PutBack):
    """The one writer of a queue folder; synchronous, used by one thread at a time (`facts` by any)."""

    _is_closed = False

    @classmethod
    def open(cls, folder: Path, *, clock: Clock, limits: Limits | None = None) -> Self:
        """Return the log of a folder, made (0700) if need be; it stays locked until `close`.

        Whatever lies in the folder, there is a log afterwards: see `opening`. Without `limits` there are none.

        Raises:
            FileHeld: another process has it, named by its pid.
            StorageUnusable: the disk does not let us.
            StorageFull: no room to open it.
        """
        lock = FileLock(folder / LOCK_FILE, what=f"the queue {folder}")
        with translated(folder):
            schema.make_folder(folder)
            lock.acquire()
        try:
            with translated(folder):
                log = cls(folder, lock=lock, clock=clock, limits=limits or Limits())
                log.adopt()
                return log
        except BaseException:
            lock.release()
            raise

    def adopt(self) -> None:
        """Take in what waits in queue files beside this one, as a start does; what `tidy` takes in later is said."""
        if words := waiting_words(self._folder):
            _log.error("events wait outside the queue", extra={"found": words})
        adopt_others(self._path, queue=self, now=self._clock.now())

    def tidy(self) -> bool:
        """Do one small step of what can wait, the events of unsalvaged sets last; True if there is more to do.

        They never make others go: without room they wait on.

        Raises:
            Busy, StorageFull, StorageUnusable: the step was not done.
        """
        if super().tidy():
            return True
        with translated(self._folder), self._revoking_nothing():
            return self._unsalvaged.take_in(self)

    def append(self, events: Sequence[Event]) -> None:
        """Keep events, in one transaction: all of them are on disk when this returns, none when it raises.

        Raises:
            StorageFull, Busy, StorageUnusable: nothing of these events was kept.
        """
        if not events:
            return
        self._ready()
        payloads = [canonical_json(event) for event in events]
        self._make_room(sum(_bytes_of(payload) for payload in payloads))
        facts = self._facts
        with self._writing():
            self._connection.executemany(_APPEND, self._new_rows(events, payloads, after=facts.last_seq))
        last = facts.last_seq + len(events)
        numbered = (*facts.epochs[:-1], replace(facts.epochs[-1], last=last))
        pending = _extended(facts.pending, (facts.last_seq + 1, last))
        self._facts = replace(facts, pending=pending, last_seq=last, epochs=numbered)
        self._oldest.note(min(event.at for event in events))

    def facts(self) -> Backlog:
        """Return what is pending; from memory, never from disk."""
        return self._facts

    def read(self, ranges: Ranges) -> list[Entry]:
        """Return these events, ascending by number; one whose payload is damaged is left out.

        Raises:
            StorageUnusable: the disk cannot be read.
        """
        self._ready()
        with self._reading():
            tokens = {number: epoch.token for number, epoch in rows.epochs(self._connection).items()}
            return rows.entries(self._connection, ranges, tokens=tokens)

    def settle(self, *, settled: Ranges, dead: Sequence[DeadLetter]) -> None:
        """Note in one transaction what the collector has, and what will not be sent again.

        Only what is pending can be settled or buried: a second receipt for the same numbers changes nothing.

        Raises:
            StorageFull, Busy, StorageUnusable: nothing was noted; the events stay pending.
        """
        self._ready()
        pending = self._facts.pending
        letters = _first_of_each(dead, among=pending)
        buried = of_numbers(letter.seq for letter in letters)
        confirmed = subtract(among_many(settled, pending), buried)
        if not confirmed and not letters:
            return
        now_settled = with_few(self._settled, confirmed)
        now = self._clock.now()
        with self._writing():
            self._write_settled(now_settled, changed=confirmed)
            self._connection.executemany(_BURY, [(one.seq, one.code, one.error, one.at or now) for one in letters])
            self._coming = None
        self._settled, self._dead = now_settled, with_few(self._dead, buried)
        self._facts = replace(self._facts, pending=without_few(pending, union(confirmed, buried)))

    def settled(self) -> Ranges:
        """Return the numbers that the collector has confirmed; from memory."""
        return self._settled

    def dead(self) -> Ranges:
        """Return the numbers that will not be sent again; from memory."""
        return self._dead

    def kept(self, ranges: Ranges) -> Ranges:
        """Return the numbers of these ranges whose events are still on disk; from memory."""
        return subtract(intersect(ranges, ((1, self._facts.last_seq),)), self._removed)

    def resend(self, ranges: Ranges) -> None:
        """Make settled numbers pending again, in one transaction: the collector has lost them.

        Raises:
            StorageFull, Busy, StorageUnusable: nothing was noted; they stay settled.
        """
        self._ready()
        again = intersect(self.kept(ranges), self._settled)
        if not again:
            return
        now_settled = subtract(self._settled, again)
        with self._writing():
            self._write_settled(now_settled, changed=again)
        self._settled = now_settled
        self._facts = replace(self._facts, pending=union(self._facts.pending, again))
        self._oldest.forget()

    def oldest_pending_at(self, *, without: Ranges) -> int | None:
        """Return the instant of the oldest pending event that is not in `without`, or one a little earlier.

        Raises:
            StorageUnusable: the disk cannot be read.
        """
        self._ready()
        with self._reading():
            return self._oldest.find(self._facts.pending, without=without)

    @property
    def retained(self) -> Ranges:
        """The settled numbers whose events are still on disk."""
        return subtract(self._settled, self._removed)

    def counts(self) -> Counts:
        """Return how much there is, also when the disk cannot be read: `oldest_pending_at` is None then."""
        oldest_pending_at = None
        with suppress(LinesideError):
            oldest_pending_at = self.oldest_pending_at(without=())
        return Counts(
            last_seq=self._facts.last_seq,
            settled=count(self._settled) - self._folded,
            pending=count(self._facts.pending),
            dead=count(self._dead),
            size_bytes=size_bytes(self._path),
            oldest_pending_at=oldest_pending_at,
            dropped=count(ranges_of(self._facts.dropped)) + self._folded,
            dropped_by_hand=self._by_hand,
            given_up=by_reason(self._facts.dropped),
            epochs=len(self._facts.epochs),
            retained=count(self.retained),
            max_size_bytes=self._limits.max_size_bytes,
            free_disk_bytes=free_disk_bytes(self._folder),
            min_free_disk_bytes=self._limits.min_free_disk_bytes,
            has_reserve=self._reserve.is_held,
            recovery="; ".join(filter(None, (self._recovery, waiting_words(self._folder)))) or None,
        )

    def remember(self, key: str, value: str) -> None:
        """Keep a fact about the agent, for itself after a restart and for commands that read the file."""
        self._ready()
        with self._writing():
            epochs.remember(self._connection, key=key, value=value)

    def retired(self) -> tuple[Epoch, ...]:
        """Return the epochs whose events went on under other numbers, see `epochs`; from memory."""
        return self._retired

    def retire(self, ended: Sequence[Epoch], *, told: Sequence[Epoch] = ()) -> None:
        """Note that these epochs have ended elsewhere, and that of those `told` the collector knows it."""
        self._ready()
        left = tuple(dict.fromkeys((*(one for one in self._retired if one not in told), *ended)))
        if left != self._retired:
            with self._writing():
                epochs.remember_retired(self._connection, left)
            self._retired = left

    def recall(self, key: str) -> str | None:
        """Return what was remembered."""
        self._ready()
        with self._reading():
            return rows.meta(self._connection, key)

    def close(self) -> None:
        """Note that the stop was clean, close the file and give up the lock; nothing happens the second time.

        Where there is no room for the note, the next start begins a new epoch: nothing worse.
        """
        if self._is_closed:
            return
        self._is_closed = True
        try:
            with translated(self._path):
                self._ready()  # what was removed is put back before the note, which names the file
                self.remember(epochs.STOP, epochs.clean_stop(self._path, known=self.surely_ours))
        except LinesideError as error:
            _log.warning("the clean stop could not be noted", extra={"reason": str(error)})
        finally:
            self._connection.close()
            self._lock.release()

    def _new_rows(
        self, events: Sequence[Event], payloads: Sequence[str], *, after: int
    ) -> Iterator[tuple[int, int, int, int, int, str]]:
        now, epoch = self._clock.now(), self._epoch_number
        for seq, (event, payload) in enumerate(zip(events, payloads, strict=True), after + 1):
            yield seq, epoch, event.at, now, checksum(payload.encode(), seq=seq, at=event.at), payload


def _bytes_of(payload: str) -> int:
    """Return what a row takes: its text as bytes, four for some characters, and what comes with every row."""
    return EVENT_BYTES + (len(payload) if payload.isascii() else len(payload.encode()))


def _extended(pending: Ranges, new: Range) -> Ranges:
    if pending and pending[-1][1] == new[0] - 1:
        return (*pending[:-1], (pending[-1][0], new[1]))
    return (*pending, new)


def _first_of_each(dead: Sequence[DeadLetter], *, among: Ranges) -> list[DeadLetter]:
    allowed = among_many(of_numbers(letter.seq for letter in dead), among)
    letters = {letter.seq: letter for letter in reversed(dead)}
    return [letters[seq] for first, last in allowed for seq in range(first, last + 1)]
