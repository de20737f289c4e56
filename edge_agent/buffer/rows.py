"""The rows of the queue file as values, and the few queries that the writer and the readers have in common.

Every function is a read on a connection that the caller holds; none opens a transaction. A payload is read as bytes and
counts only with its checksum: a text with a flipped bit may not even be UTF-8.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils.utils import sqlite3

from edge_agent.buffer.pages import EventRow
from edge_agent.delivery.batching import Backlog, Epoch, Gap
from shared.receipts import Ranges, of_numbers, subtract, union

FOLDED = "given up long ago"
"""The fact under which the file remembers how many numbers were folded, see `folding`."""

BY_HAND = "given up by an operator"
"""The fact under which the file remembers how many numbers an operator gave up, by dropping or editing dead letters."""

Connection = sqlite3.Connection
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the log, as it will be sent."""

    seq: int
    epoch: str
    """Token of the epoch in which the number was given out."""
    at: int
    """Instant of the event in microseconds UTC."""
    payload: bytes
    """Canonical JSON, UTF-8."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the log holds; every number given out is settled, pending, dead or dropped."""

    last_seq: int
    settled: int
    pending: int
    dead: int
    size_bytes: int
    """The file and its write-ahead log."""
    oldest_pending_at: int | None
    """Instant of the oldest pending event or a little earlier; None when nothing is pending."""
    dropped: int = 0
    """Numbers given up: the oldest when there was no room, or lost to damage of the file, or by an operator."""
    dropped_by_hand: int = 0
    """Of the dropped, those that an operator gave up."""
    retained: int = 0
    """Settled events that are still on disk."""
    max_size_bytes: int = 0
    """What the queue may take; 0 for no limit of its own."""
    free_disk_bytes: int = 0
    min_free_disk_bytes: int = 0
    """What is left to others: the queue takes nothing of it."""
    has_reserve: bool = False
    """Whether the file that is given up when the disk is full is there."""
    given_up: Mapping[str, int] = field(default_factory=dict)
    """Of the dropped, how many for which reason; those of long ago are counted alone, see `folding`."""
    epochs: int = 1
    """How many there are of which an event is kept, and the one that is written."""
    recovery: str | None = None
    """What the start found and did about it, and what waits to be taken in, in words; None if all was well."""

    @property
    def unaccounted(self) -> int:
        """Numbers that are in no place or in two; must be 0."""
        return self.last_seq - self.settled - self.pending - self.dead - self.dropped


def checksum(payload: bytes, *, seq: int, at: int) -> int:
    """Return the CRC-32 that is stored beside a payload; it covers number and instant too.

    A bit that turns in a number would else make one event another: the one that had this number would be gone, and the
    one that bears it now be sent in its name.
    """
    return zlib.crc32(payload, zlib.crc32(b"%d,%d" % (seq, at)))


def is_whole(payload: bytes, *, seq: int, at: int, crc: int) -> bool:
    """Return whether a row is what was written; rows of schema 1 have a checksum of the payload alone."""
    return crc in (checksum(payload, seq=seq, at=at), zlib.crc32(payload))


def bears_out_number(row: EventRow) -> bool:
    """Return whether the checksum of a whole row covers its number: in schema 1 it did not."""
    return row.checksum == checksum(row.payload, seq=row.seq, at=row.at)


def is_whole_row(row: EventRow) -> bool:
    """Return whether a row from the pages of a file is what was written."""
    return is_whole(row.payload, seq=row.seq, at=row.at, crc=row.checksum)


# AUTOINCREMENT remembers the greatest number ever given out, also when its row is gone.
_LAST_SEQ = """
select seq
from sqlite_sequence
where name = 'event_log'
"""

# Few rows: they are merged whenever something is settled.
_SETTLED = """
select first, last
from settled
order by first
"""

_DEAD = """
select seq
from dead_letter
order by seq
"""

_REMOVED = """
select first, last
from removed
order by first
"""

_DROPPED = """
select first, last, reason
from dropped
order by first
"""

_EPOCHS = """
select number, token, first_seq
from epoch
order by number
"""

# By primary key: as many rows are touched as the range has numbers.
_OLDEST = """
select min(at)
from event_log
where seq between ? and ?
"""

_ACCEPTED_AT = """
select accepted_at
from event_log
where seq = ?
"""

_ENTRIES = """
select seq, epoch, at, checksum, cast(payload as blob)
from event_log
where seq between ? and ?
order by seq
"""

_META = """
select value
from meta
where key = ?
"""


def last_seq(connection: Connection) -> int:
    """Return the greatest number ever given out, 0 before the first."""
    row = connection.execute(_LAST_SEQ).fetchone()
    return int(row[0]) if row else 0


def settled(connection: Connection) -> Ranges:
    """Return the numbers that the collector has confirmed."""
    return tuple((first, last) for first, last in connection.execute(_SETTLED).fetchall())


def dead(connection: Connection) -> Ranges:
    """Return the numbers that will not be sent again."""
    return of_numbers(seq for (seq,) in connection.execute(_DEAD).fetchall())


def removed(connection: Connection) -> Ranges:
    """Return the numbers whose row is gone."""
    return tuple((first, last) for first, last in connection.execute(_REMOVED).fetchall())


def dropped(connection: Connection) -> tuple[Gap, ...]:
    """Return the ranges of numbers that were given up, with the reason, ascending."""
    return tuple(connection.execute(_DROPPED).fetchall())


def folded(connection: Connection) -> int:
    """Return how many of the settled numbers were given up long ago, see `folding`."""
    return int(meta(connection, FOLDED) or 0)


def by_hand(connection: Connection) -> int:
    """Return how many numbers an operator has given up."""
    return int(meta(connection, BY_HAND) or 0)


def backlog(connection: Connection) -> Backlog:
    """Return what is pending: every number that was given out and is in no other place."""
    last = last_seq(connection)
    gaps = dropped(connection)
    handled = union(union(settled(connection), dead(connection)), ((first, last) for first, last, _ in gaps))
    pending = subtract(((1, last),) if last else (), handled)
    return Backlog(pending, last, tuple(epochs(connection).values()), gaps)


def epochs(connection: Connection) -> dict[int, Epoch]:
    """Return the epochs by their number, ascending; one that has no event yet ends before it begins."""
    rows = connection.execute(_EPOCHS).fetchall()
    ends = [first - 1 for _, _, first in rows[1:]] + [last_seq(connection)]
    return {number: Epoch(token, first, last) for (number, token, first), last in zip(rows, ends, strict=bool(rows))}


def oldest_at(connection: Connection, ranges: Ranges) -> int | None:
    """Return the earliest instant among these numbers, None if none of them has a row."""
    instants = [connection.execute(_OLDEST, numbers).fetchone()[0] for numbers in ranges]
    return min((at for at in instants if at is not None), default=None)


def accepted_at(connection: Connection, seq: int) -> int | None:
    """Return when an event was accepted, by the clock of then; None if it has no row."""
    row = connection.execute(_ACCEPTED_AT, (seq,)).fetchone()
    return int(row[0]) if row else None


def entries(connection: Connection, ranges: Ranges, *, tokens: dict[int, str]) -> list[Entry]:
    """Return the undamaged events of these numbers, ascending."""
    found = (row for numbers in ranges for row in connection.execute(_ENTRIES, numbers).fetchall())
    return list(undamaged(found, tokens=tokens))


def undamaged(found: Iterator[Row] | Sequence[Row], *, tokens: dict[int, str]) -> Iterator[Entry]:
    """Yield the rows (seq, epoch, at, checksum, payload) whose payload is what was written, and whose epoch is known."""
    for seq, epoch, at, crc, payload in found:
        if epoch in tokens and is_whole(payload, seq=seq, at=at, crc=crc):
            yield Entry(seq, tokens[epoch], at, payload)


def meta(connection: Connection, key: str) -> str | None:
    """Return what was remembered under a key."""
    row = connection.execute(_META, (key,)).fetchone()
    return str(row[0]) if row else None
