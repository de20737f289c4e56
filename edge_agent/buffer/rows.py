"""The rows of the queue file as values, and the few queries that the writer and the readers have in common.

Every function is a read on a connection that the caller holds; none opens a transaction. A payload is read as bytes and
counts only with its checksum: a text with a flipped bit may not even be UTF-8.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils.utils import sqlite3

from edge_agent.delivery.batching import Epoch
from shared.receipts import Ranges, of_numbers

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
    """Numbers given up: the oldest when there was no room, or lost to damage of the file."""
    retained: int = 0
    """Settled events that are still on disk."""
    max_size_bytes: int = 0
    """What the queue may take; 0 for no limit of its own."""
    free_disk_bytes: int = 0
    has_reserve: bool = False
    """Whether the file that is given up when the disk is full is there."""
    recovery: str | None = None
    """What the start found and did about it, in words; None if all was well."""

    @property
    def unaccounted(self) -> int:
        """Numbers that are in no place or in two; must be 0."""
        return self.last_seq - self.settled - self.pending - self.dead - self.dropped


def checksum(payload: bytes) -> int:
    """Return the CRC-32 that is stored beside a payload."""
    return zlib.crc32(payload)


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


def epochs(connection: Connection) -> dict[int, Epoch]:
    """Return the epochs by their number, ascending; one that has no event yet ends before it begins."""
    rows = connection.execute(_EPOCHS).fetchall()
    ends = [first - 1 for _, _, first in rows[1:]] + [last_seq(connection)]
    return {number: Epoch(token, first, last) for (number, token, first), last in zip(rows, ends, strict=bool(rows))}


def oldest_at(connection: Connection, ranges: Ranges) -> int | None:
    """Return the earliest instant among these numbers, None if none of them has a row."""
    instants = [connection.execute(_OLDEST, numbers).fetchone()[0] for numbers in ranges]
    return min((at for at in instants if at is not None), default=None)


def entries(connection: Connection, ranges: Ranges, *, tokens: dict[int, str]) -> list[Entry]:
    """Return the undamaged events of these numbers, ascending."""
    found = (row for numbers in ranges for row in connection.execute(_ENTRIES, numbers).fetchall())
    return list(undamaged(found, tokens=tokens))


def undamaged(found: Iterator[Row] | Sequence[Row], *, tokens: dict[int, str]) -> Iterator[Entry]:
    """Yield the rows (seq, epoch, at, checksum, payload) whose payload is what was written."""
    for seq, epoch, at, crc, payload in found:
        if checksum(payload) == crc:
            yield Entry(seq, tokens[epoch], at, payload)


def meta(connection: Connection, key: str) -> str | None:
    """Return what was remembered under a key."""
    row = connection.execute(_META, (key,)).fetchone()
    return str(row[0]) if row else None
