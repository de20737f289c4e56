"""Room in the queue: what makes way when there is none, and what is given back when nobody is in a hurry.

On a full disk the files that were set aside go first of all. Settled events go next, oldest first, and then the dead letters beyond a quarter of the queue, for nothing else would ever
end them. If that does not help, `when_full` decides: `reject` refuses what comes in, because
what waits is never given up; `drop_oldest` gives up dead letters and then the oldest events that wait. What is given up is counted, and the collector is told.
On a disk that is full of other things dropping is held to what comes in: it could not make room for more.

Nothing here takes long: `tidy` does one small step a call, a few milliseconds, so that events need not wait for it.
Nothing is written while nothing has changed.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from edge_agent.buffer import removal, retention, rows
from edge_agent.buffer.epochs import remember, surplus_up_to
from edge_agent.buffer.folding import fold
from edge_agent.buffer.pages import PAGE_BYTES
from edge_agent.buffer.quarantine import give_up_oldest
from edge_agent.buffer.queue_file import QueueFile
from edge_agent.buffer.removal import ranges_of
from edge_agent.buffer.retention import oldest_removable
from edge_agent.buffer.space import EVENT_BYTES, Room, Usage, free_disk_bytes, full, judge, log_bytes
from shared.errors import StorageFull
from shared.receipts import Ranges, count, first_numbers, subtract, union, with_few

STEP_EVENTS = 500
"""Rows removed at a time: about 125 kB of the file."""
STEP_PAGES = 64
"""Pages given back to the disk at a time: 256 kB."""
FREE_PAGES_KEPT = 256
"""1 MiB that is not given back: the next events take it without growing the file."""
IDLE_SECONDS = 60
"""Nothing written for so long: the log is written back into the file and cut to nothing."""
LARGE_LOG_BYTES = 8 * 1024 * 1024
_MOST_STEPS = 40
"""Steps for one request: 20,000 events, more than a request may bring."""

_log = logging.getLogger(__name__)


class Housekeeping(QueueFile):
    """A queue file that keeps within its limits."""

    _dropping: str | None = None
    """Why something was given up since there was room last."""
    _beyond: tuple[Ranges, Ranges] = ((), ())
    """The dead letters when they were measured last, and those of them beyond their share of the room."""
    _may_drop = True
    _last_incoming = 0
    """Bytes of the last request, taken or not; what waits outside the queue is none."""

    def tidy(self) -> bool:
        """Do one small step of what can wait; True if there is more to do.

        Raises:
            Busy, StorageFull, StorageUnusable: the step was not done.
        """
        self._ready()
        self._reserve.take(leaving=self._limits.min_free_disk_bytes)
        if self._expire() or self._thin_out_letters() or self._give_back_pages():
            return True
        if self._room(0) is Room.disk_full and self._give_way(Room.disk_full, 0):
            return True
        self._fold_gaps()
        self._note_mark()  # last: on a full disk it fails, and what makes room has been done
        self._fold_log_when_idle()
        return False

    def _make_room(self, incoming: int) -> None:
        """Let pass if so many bytes may be added, after what may go has gone.

        Raises:
            StorageFull: there is no room.
        """
        if self._may_drop:
            self._last_incoming = incoming
        self._find_room(incoming)
        if self._limits.fills_log(incoming):
            self._fold_log()

    def _find_room(self, incoming: int) -> None:
        room = self._room(incoming)
        if room is Room.enough:
            self._dropping = None
            return
        for _ in range(_MOST_STEPS):
            if not self._give_way(room, incoming):
                break
            room = self._room(incoming)
            if room is Room.enough:
                return
        if room is Room.disk_full and self._drops_oldest and self._drop_for(incoming):
            return
        raise self._full(room)

    def _full(self, room: Room) -> StorageFull:
        pending, dead = count(self._facts.pending), count(self._dead)
        return full(room, self._limits, path=self._path, pending=pending, dead=dead)

    def _room(self, incoming: int) -> Room:
        self._reserve.take(leaving=self._limits.min_free_disk_bytes)
        usage = self._usage()
        room = judge(self._limits, usage, incoming=incoming, misses_reserve=self._reserve.is_missed)
        if room is Room.queue_full and usage.log > self._limits.log_bytes:
            self._fold_log()
            room = judge(self._limits, self._usage(), incoming=incoming, misses_reserve=self._reserve.is_missed)
        return room

    def _give_way(self, room: Room, incoming: int) -> bool:
        """Remove some of what may go; False if nothing may, or nothing helps."""
        if room is Room.disk_full and give_up_oldest(self._folder):
            return True
        sent = self._removable(up_to=self._facts.last_seq)
        if sent:
            self._remove(sent)
        made_way = bool(sent) or self._drop_letters(first_numbers(self._letters_beyond_share(), self._step))
        if room is Room.disk_full:
            gave_back = self._give_back_pages(keep=0)
            self._fold_log()
            return made_way or gave_back
        return made_way or self._gives_back_for(incoming) or (self._drops_oldest and self._drop_oldest(incoming))

    def _gives_back_for(self, incoming: int) -> bool:
        """Make the file a little shorter for a commit that has to fit beside its free pages; False if it need not or cannot."""
        return incoming > self._limits.log_bytes and self._give_back_pages(keep=0)

    def _drop_for(self, incoming: int) -> bool:
        """Free as many pages inside the file as come in; True if they are there.

        The file does not grow then. Where the log finds no room either, the commit fails and says so.
        """
        for _ in range(_MOST_STEPS):
            if self._usage().free_pages >= incoming:
                return True
            if not self._drop_oldest(incoming):
                return False
        return False

    @property
    def _step(self) -> int:
        return min(STEP_EVENTS, self._limits.events_at_once)

    @property
    def _drops_oldest(self) -> bool:
        return self._may_drop and self._limits.when_full == "drop_oldest"

    @contextmanager
    def _revoking_nothing(self) -> Iterator[None]:
        """Refuse what finds no room while the block lasts, whatever `when_full` says."""
        self._may_drop = False
        try:
            yield
        finally:
            self._may_drop = True

    def _drop_oldest(self, incoming: int) -> bool:
        """Give up about as much as comes in: dead letters, and without any the events that wait."""
        most = min(_events_in(incoming), self._limits.events_at_once)
        return self._drop_letters(first_numbers(self._dead, most)) or self._drop(
            first_numbers(self._facts.pending, most), because=removal.OVERFLOW
        )

    def _drop_letters(self, numbers: Ranges) -> bool:
        measured, beyond = self._beyond
        is_measured = measured is self._dead
        did = self._drop(numbers, because=removal.NO_ROOM_FOR_LETTERS)
        if is_measured:  # without the oldest, the others are as they were
            self._beyond = (self._dead, subtract(beyond, numbers))
        return did

    def _drop(self, numbers: Ranges, *, because: str) -> bool:
        if not numbers:
            return False
        if self._dropping != because:
            _log.error("there is no room: the oldest are given up", extra={"reason": because, "file": str(self._path)})
        self._dropping = because
        self._remove(numbers, dropped_because=because)
        return True

    def _letters_beyond_share(self) -> Ranges:
        """Return the oldest dead letters, those beyond their share; measured on disk once the letters have changed."""
        if not self._limits.max_size_bytes:
            return ()
        if self._beyond[0] is not self._dead:
            with self._reading():
                beyond = removal.letters_beyond(self._connection, most_bytes=self._limits.dead_letter_bytes)
            self._beyond = (self._dead, beyond)
        return self._beyond[1]

    def _thin_out_letters(self) -> bool:
        """Give up a few of the dead letters beyond the most that there may be; True if there may be more."""
        excess = count(self._dead) - self._limits.most_dead_letters
        return excess > 0 and self._drop_letters(first_numbers(self._dead, min(excess, self._step)))

    def _fold_gaps(self) -> None:
        """Let what was given up long ago be a number, where there is too much of it to be told apart."""
        numbers, left = fold(self._facts.dropped, removed=self._removed)
        if not numbers:
            return
        settled, folded = with_few(self._settled, numbers), self._folded + count(numbers)
        with self._writing():
            removal.change_dropped(self._connection, before=self._facts.dropped, after=left)
            self._write_settled(settled, changed=numbers)
            remember(self._connection, key=rows.FOLDED, value=str(folded))
        self._settled, self._folded, self._facts = settled, folded, replace(self._facts, dropped=left)

    def _removable(self, *, up_to: int) -> Ranges:
        done_with = union(self._settled, ranges_of(self._facts.dropped))
        return oldest_removable(done_with, self._removed, up_to=up_to, most=self._step)

    def _usage(self) -> Usage:
        with self._reading():
            pages = int(self._connection.execute("pragma page_count").fetchone()[0])
            free = int(self._connection.execute("pragma freelist_count").fetchone()[0])
        return Usage(
            live=(pages - free) * PAGE_BYTES,
            free_pages=free * PAGE_BYTES,
            log=log_bytes(self._path),
            free_disk=free_disk_bytes(self._folder),
        )

    @property
    def _tick(self) -> int:
        """Seconds that the agent has run with this file, as far as it knows."""
        return self._tick_at_start + int(self._clock.monotonic() - self._begun_at)

    def _note_mark(self) -> None:
        seq = retention.dealt_with(self._facts.pending, last_seq=self._facts.last_seq)
        mark = retention.next_mark(
            self._marks, tick=self._tick, seq=seq, retain_seconds=self._limits.retain_sent_seconds
        )
        if mark is None:
            return
        with self._writing():
            removal.add_mark(self._connection, mark)
        self._marks.append(mark)

    def _expire(self) -> bool:
        """Remove a few of the events that were kept long enough, or sent in one of too many epochs; True if there may be more."""
        kept_since = int(self._tick - self._limits.retain_sent_seconds)
        up_to = retention.may_go_up_to(self._marks, tick=self._tick, retain_seconds=self._limits.retain_sent_seconds)
        numbers = self._removable(up_to=max(up_to, surplus_up_to(self._facts.epochs)))
        if numbers:
            self._remove(numbers)
            return True
        if len(self._marks) > 1 and self._marks[0].tick <= kept_since:
            with self._writing():
                removal.forget_marks(self._connection, up_to_tick=kept_since)
            self._marks = [mark for mark in self._marks[:-1] if mark.tick > kept_since] + self._marks[-1:]
        return False

    def _give_back_pages(self, *, keep: int = FREE_PAGES_KEPT) -> bool:
        """Make the file a little shorter if it has more free pages than it should; True if it was."""
        with self._reading():
            free = int(self._connection.execute("pragma freelist_count").fetchone()[0])
        if free <= keep:
            return False
        with self._reading():
            self._lock.check()
            # As a script: `execute` would stop after the first page.
            pages = min(STEP_PAGES, self._limits.log_pages // 2, free - keep)
            self._connection.executescript(f"pragma incremental_vacuum({pages})")
        return True

    def _fold_log_when_idle(self) -> None:
        size = log_bytes(self._path)
        idle = self._clock.monotonic() - self._last_write_at
        if size and (idle >= IDLE_SECONDS or size > LARGE_LOG_BYTES):
            self._fold_log()


def _events_in(incoming: int) -> int:
    """Return how many events of the usual length take at least so many bytes, in whole steps."""
    return max(STEP_EVENTS, 2 * incoming // EVENT_BYTES)
