"""Dead letters in the log: events that will not be sent again unless a person, or time, says otherwise.

A letter ends in one of three ways, each in one transaction: *retried* (pending again under its own number), *dropped*
(the number is given up with a reason) or *edited* (a new event under a new number, and then dropped: a row is never
changed). A crash between the two steps of an edit leaves the letter beside the new event, and loses neither.

Where the collector refused an event for being ahead of its clock by less than an hour, time mends it: the letter goes
again once the collector's clock has reached the event. Both instants are the collector's, so our own clock may be wrong.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge_agent.buffer.foresight import Foresight
from edge_agent.buffer.rows import Connection, is_whole
from shared.events import Event
from shared.instants import HOUR
from shared.receipts import Ranges, intersect, numbers, of_numbers, subtract, union

IN_FUTURE = "timestamp_in_future"
MOST_AHEAD = HOUR
"""A clock that is wrong by more than this will not be right soon: a person has to look."""
_MOST_COMING = 1_000

# Oldest number first; the row may be gone where a queue was salvaged.
_PAGE = """
select dead_letter.seq, epoch, code, error, buried_at, at, checksum, cast(payload as blob)
from dead_letter
left join event_log using (seq)
where dead_letter.seq > ?
order by dead_letter.seq
limit ?
"""

# Ahead of the collector's clock when they were refused, but not by too much; soonest first.
_COMING = f"""
select dead_letter.seq, at
from dead_letter
join event_log using (seq)
where code = '{IN_FUTURE}'
and at - buried_at between 0 and {MOST_AHEAD}
order by at
limit {_MOST_COMING}
"""  # noqa: S608 - constants of this file

_UNBURY = """
delete from dead_letter
where seq = ?
"""


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A dead letter with its event; instants in microseconds UTC."""

    seq: int
    epoch: str | None
    """None where the event's row is gone, and then so are `at` and `payload`."""
    code: str
    error: str
    buried_at: int
    at: int | None
    payload: bytes | None
    is_whole: bool
    """The payload is what was written."""


def page(connection: Connection, *, after_seq: int, most: int, tokens: dict[int, str]) -> list[LetterRow]:
    """Return up to `most` letters numbered above `after_seq`, ascending."""
    found = connection.execute(_PAGE, (after_seq, most)).fetchall()
    return [
        LetterRow(
            seq,
            tokens.get(epoch),
            code,
            error,
            buried_at,
            at,
            payload,
            payload is not None and is_whole(payload, seq=seq, at=at, crc=crc),
        )
        for seq, epoch, code, error, buried_at, at, crc, payload in found
    ]


class DeadLetterVerbs(Foresight, ABC):
    """The part of the log that takes dead letters back; used by the log's thread, like the rest of it."""

    @abstractmethod
    def append(self, events: Sequence[Event]) -> None:
        """Keep events; see the log."""

    def retry(self, ranges: Ranges) -> Ranges:
        """Make dead letters pending again, in one transaction; return those that were.

        Raises:
            StorageFull, Busy, StorageUnusable: nothing was noted.
        """
        self._ready()
        again = intersect(ranges, self._dead)
        if again:
            with self._writing():
                self._connection.executemany(_UNBURY, [(seq,) for seq in numbers(again)])
            self._dead, self._coming = subtract(self._dead, again), None
            self._facts = replace(self._facts, pending=union(self._facts.pending, again))
            self._oldest.forget()
        return again

    def drop(self, ranges: Ranges, *, reason: str) -> Ranges:
        """Give dead letters up for good, in one transaction; return those that were.

        Raises:
            StorageFull, Busy, StorageUnusable: nothing was noted.
        """
        self._ready()
        gone = intersect(ranges, self._dead)
        if gone:
            self._remove(gone, dropped_because=reason, by_hand=True)
        return gone

    def edit(self, seq: int, event: Event) -> int | None:
        """Keep an event instead of a dead letter; return its number, None if there is no such letter.

        Raises:
            StorageFull, Busy, StorageUnusable: the letter is still there.
        """
        if not intersect(((seq, seq),), self._dead):
            return None
        self.append([event])
        number = self._facts.last_seq
        self.drop(((seq, seq),), reason=f"edited, now number {number}")
        return number

    def retry_due(self, now: int) -> Ranges:
        """Make the letters pending again whose time has come by the collector's clock; return their numbers.

        Looks at the disk only when letters have come or gone.

        Raises:
            StorageFull, Busy, StorageUnusable: nothing was noted.
        """
        if not self._dead:
            return ()
        if self._coming is None:
            self._ready()
            with self._reading():
                self._coming = self._connection.execute(_COMING).fetchall()
        due = of_numbers(seq for seq, at in self._coming if at <= now)
        return self.retry(due) if due else ()
