"""The durable log of a camera's events: what `append` has taken survives a kill and a power cut.

Invariants:

* Every number from 1 to `last_seq` is exactly one of pending, settled, dead letter, dropped.
* A number is used once within its epoch, for ever. After a stop that was not clean, commits may be missing (a damaged
  write-ahead log drops its end without a word), so the numbers go on under a new epoch.
* A row is never changed. Memory follows the file and not the other way round: it is updated after the commit.

Events themselves are never held in memory, only ranges of their numbers: one or two of them while a link is down, and
one more for each dead letter.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from edge_agent.buffer import kept, rows, schema
from edge_agent.buffer.dead_letters import DeadLetterVerbs
from edge_agent.buffer.faults import transaction, translated
from edge_agent.buffer.oldest import OldestPending
from edge_agent.buffer.rows import Counts, Entry, checksum
from edge_agent.delivery.batching import Backlog, Epoch
from edge_agent.delivery.settlement import DeadLetter
from shared.clock import Clock, new_token
from shared.errors import LinesideError
from shared.events import Event, canonical_json
from shared.file_lock import FileLock
from shared.receipts import Range, Ranges, count, intersect, of_numbers, subtract, union

LOCK_FILE = "agent.lock"
_log = logging.getLogger(__name__)
_STOP = "stop"
_CLEAN = "clean"

_APPEND = """
insert into event_log (seq, epoch, at, accepted_at, checksum, payload)
values (?, ?, ?, ?, ?, ?)
"""

_BEGIN_EPOCH = """
insert into epoch (number, token, first_seq)
values (?, ?, ?)
"""

# An epoch in which nothing was kept says nothing; many failed starts shall leave no trace.
_FORGET_EMPTY_EPOCHS = """
delete from epoch
where first_seq > ?
"""

_ADD_SETTLED = """
insert into settled (first, last)
values (?, ?)
"""

_DROP_SETTLED = """
delete from settled
where first = ?
"""

_BURY = """
insert into dead_letter (seq, code, error, buried_at)
values (?, ?, ?, ?)
"""

_REMEMBER = """
insert into meta (key, value)
values (?, ?)
on conflict (key) do update set value = excluded.value
"""


class EventLog(DeadLetterVerbs):
    """The one writer of a queue folder; synchronous, used by one thread at a time (`facts` by any)."""

    def __init__(self, folder: Path, *, lock: FileLock, connection: rows.Connection, clock: Clock) -> None:
        """Take over an open connection and a held lock; use `open`."""
        self._path = folder / schema.QUEUE_FILE
        self._lock = lock
        self._connection = connection
        self._clock = clock
        epochs = _begin(connection, self._path)
        self._epoch_number = max(epochs)
        self._tokens = {number: epoch.token for number, epoch in epochs.items()}
        self._settled = rows.settled(connection)
        self._dead = rows.dead(connection)
        last = rows.last_seq(connection)
        dropped = rows.dropped(connection)
        handled = union(union(self._settled, self._dead), ((first, last) for first, last, _ in dropped))
        pending = subtract(((1, last),) if last else (), handled)
        self._facts = Backlog(pending, last, tuple(epochs.values()), dropped)
        self._oldest = OldestPending(lambda ranges: rows.oldest_at(connection, ranges))
        self._closed = False

    @classmethod
    def open(cls, folder: Path, *, clock: Clock) -> "EventLog":
        """Return the log of a folder, made (0700) if need be; it stays locked until `close`.

        Raises:
            FileHeld: another process has it, named by its pid.
            StorageUnusable: the file is not ours, newer, or cannot be opened; it is untouched.
            StorageFull: no room to open it.
        """
        lock = FileLock(folder / LOCK_FILE, what=f"the queue {folder}")
        with translated(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire()
        try:
            connection = schema.open_for_writing(folder)
            try:
                with translated(folder / schema.QUEUE_FILE):
                    return cls(folder, lock=lock, connection=connection, clock=clock)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            lock.release()
            raise

    def append(self, events: Sequence[Event]) -> None:
        """Keep events, in one transaction: all of them are on disk when this returns, none when it raises.

        Raises:
            StorageFull, Busy, StorageUnusable: nothing of these events was kept.
        """
        if not events:
            return
        facts = self._facts
        with self._writing():
            self._connection.executemany(_APPEND, self._new_rows(events, after=facts.last_seq))
        last = facts.last_seq + len(events)
        epochs = (*facts.epochs[:-1], replace(facts.epochs[-1], last=last))
        pending = _extended(facts.pending, (facts.last_seq + 1, last))
        self._facts = replace(facts, pending=pending, last_seq=last, epochs=epochs)
        self._oldest.note(min(event.at for event in events))

    def facts(self) -> Backlog:
        """Return what is pending; from memory, never from disk."""
        return self._facts

    def read(self, ranges: Ranges) -> list[Entry]:
        """Return these events, ascending by number; one whose payload is damaged is left out.

        Raises:
            StorageUnusable: the disk cannot be read.
        """
        with translated(self._path):
            return rows.entries(self._connection, ranges, tokens=self._tokens)

    def settle(self, *, settled: Ranges, dead: Sequence[DeadLetter]) -> None:
        """Note in one transaction what the collector has, and what will not be sent again.

        Only what is pending can be settled or buried: a second receipt for the same numbers changes nothing.

        Raises:
            StorageFull, Busy, StorageUnusable: nothing was noted; the events stay pending.
        """
        pending = self._facts.pending
        letters = _first_of_each(dead, among=pending)
        buried = of_numbers(letter.seq for letter in letters)
        now_settled = union(self._settled, subtract(intersect(settled, pending), buried))
        if now_settled == self._settled and not letters:
            return
        now = self._clock.now()
        with self._writing():
            self._write_settled(now_settled)
            self._connection.executemany(_BURY, [(one.seq, one.code, one.error, one.at or now) for one in letters])
            self._coming = None
        self._settled, self._dead = now_settled, union(self._dead, buried)
        self._facts = replace(self._facts, pending=subtract(pending, union(now_settled, buried)))

    def settled(self) -> Ranges:
        """Return the numbers that the collector has confirmed; from memory."""
        return self._settled

    def dead(self) -> Ranges:
        """Return the numbers that will not be sent again; from memory."""
        return self._dead

    def kept(self, ranges: Ranges) -> Ranges:
        """Return the numbers of these ranges whose events are still on disk; give it no more than some thousands.

        Raises:
            StorageUnusable: the disk cannot be read.
        """
        with translated(self._path):
            first = kept.first_kept(self._connection)
            within = () if first is None else intersect(ranges, ((first, self._facts.last_seq),))
            return kept.kept(self._connection, within)

    def resend(self, ranges: Ranges) -> None:
        """Make settled numbers pending again, in one transaction: the collector has lost them.

        Raises:
            StorageFull, Busy, StorageUnusable: nothing was noted; they stay settled.
        """
        again = intersect(ranges, self._settled)
        if not again:
            return
        now_settled = subtract(self._settled, again)
        with self._writing():
            self._write_settled(now_settled)
        self._settled = now_settled
        self._facts = replace(self._facts, pending=union(self._facts.pending, again))
        self._oldest.forget()

    def oldest_pending_at(self, *, without: Ranges) -> int | None:
        """Return the instant of the oldest pending event that is not in `without`, or one a little earlier.

        Raises:
            StorageUnusable: the disk cannot be read.
        """
        with translated(self._path):
            return self._oldest.find(self._facts.pending, without=without)

    def counts(self) -> Counts:
        """Return how much there is."""
        return Counts(
            last_seq=self._facts.last_seq,
            settled=count(self._settled),
            pending=count(self._facts.pending),
            dead=count(self._dead),
            size_bytes=schema.size_bytes(self._path.parent),
            oldest_pending_at=self.oldest_pending_at(without=()),
            dropped=count((first, last) for first, last, _ in self._facts.dropped),
        )

    def remember(self, key: str, value: str) -> None:
        """Keep a fact about the agent, for itself after a restart and for commands that read the file."""
        with self._writing():
            self._connection.execute(_REMEMBER, (key, value))

    def recall(self, key: str) -> str | None:
        """Return what was remembered."""
        with translated(self._path):
            return rows.meta(self._connection, key)

    def close(self) -> None:
        """Note that the stop was clean, close the file and give up the lock; nothing happens the second time.

        Where the note finds no room, the next start takes the stop for an unclean one: a new epoch, nothing worse.
        """
        if self._closed:
            return
        self._closed = True
        try:
            self.remember(_STOP, _CLEAN)
        except LinesideError as error:
            _log.warning("the clean stop could not be noted", extra={"reason": str(error)})
        finally:
            self._connection.close()
            self._lock.release()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._lock.check()  # a deleted lock file lets a second agent in
        with transaction(self._connection, self._path):
            yield

    def _write_settled(self, now_settled: Ranges) -> None:
        before, after = set(self._settled), set(now_settled)
        self._connection.executemany(_DROP_SETTLED, [(first,) for first, _ in before - after])
        self._connection.executemany(_ADD_SETTLED, after - before)

    def _new_rows(self, events: Sequence[Event], *, after: int) -> Iterator[tuple[int, int, int, int, int, str]]:
        now = self._clock.now()
        for seq, event in enumerate(events, after + 1):
            payload = canonical_json(event)
            yield seq, self._epoch_number, event.at, now, checksum(payload.encode()), payload


def _begin(connection: rows.Connection, path: Path) -> dict[int, Epoch]:
    """Return the epochs after the start of this run: a new one unless the last run ended cleanly."""
    with transaction(connection, path):
        was_clean = rows.meta(connection, _STOP) == _CLEAN
        connection.execute(_REMEMBER, (_STOP, "running"))
        if not was_clean:
            last = rows.last_seq(connection)
            number = max(rows.epochs(connection), default=0) + 1
            connection.execute(_FORGET_EMPTY_EPOCHS, (last,))
            connection.execute(_BEGIN_EPOCH, (number, new_token(), last + 1))
    return rows.epochs(connection)


def _extended(pending: Ranges, new: Range) -> Ranges:
    if pending and pending[-1][1] == new[0] - 1:
        return (*pending[:-1], (pending[-1][0], new[1]))
    return (*pending, new)


def _first_of_each(dead: Sequence[DeadLetter], *, among: Ranges) -> list[DeadLetter]:
    allowed = intersect(of_numbers(letter.seq for letter in dead), among)
    letters = {letter.seq: letter for letter in reversed(dead)}
    return [letters[seq] for first, last in allowed for seq in range(first, last + 1)]
