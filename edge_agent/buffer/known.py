"""What became of the events of a damaged queue file, as far as SQLite can still read it; values that nobody wrote are left out.

Each table is read by itself, so that the damage of one does not hide the others. What is returned can be written into a
new file as it is: ranges are apart and have ends, texts are text. What cannot be read is empty, and empty is the safe
side: events of which nothing is known are pending.
"""

from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sqlite_utils.utils import sqlite3

from edge_agent.buffer import rows, schema
from edge_agent.buffer.epochs import retired
from edge_agent.buffer.numbering import possible
from edge_agent.delivery.batching import Epoch, Gap
from shared.errors import LinesideError
from shared.receipts import Ranges, normalise, subtract, union

Value = TypeVar("Value")

_LETTERS = """
select seq, code, error, buried_at
from dead_letter
order by seq
"""


@dataclass(slots=True)
class Known:
    """What SQLite can still read of a damaged file, and which epochs its pages name."""

    last_seq: int = 0
    settled: Ranges = ()
    folded: int = 0
    retired: tuple[Epoch, ...] = ()
    removed: Ranges = ()
    letters: list[rows.Row] = field(default_factory=list)
    gaps: tuple[Gap, ...] = ()
    epochs: dict[int, tuple[str, int]] = field(default_factory=dict)


def what_is_known(path: Path) -> Known:
    """Return what can still be read of the file at `path`, which is only read."""
    known = Known()
    if not path.exists() or not path.stat().st_size:
        return known  # and SQLite would delete the log of an empty file
    with suppress(LinesideError), closing(schema.open_for_reading(path)) as connection:
        known.last_seq = _or(0, lambda: possible(rows.last_seq(connection)))
        known.settled = _or((), lambda: normalise(rows.settled(connection)))
        known.folded = _or(0, lambda: rows.folded(connection)) if known.settled else 0
        known.retired = _or((), lambda: retired(connection))
        known.removed = _or((), lambda: normalise(rows.removed(connection)))
        known.letters = _or([], lambda: [_letter(row) for row in connection.execute(_LETTERS).fetchall()])
        known.gaps = _or((), lambda: _apart(rows.dropped(connection)))
        known.epochs = _or({}, lambda: _epochs(connection))
    return known


def _or(default: Value, read: Callable[[], Value]) -> Value:
    """Return what is read, or the default where the damage is."""
    try:
        return read()
    except (sqlite3.Error, TypeError, ValueError, OverflowError):
        return default


def _apart(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Return the gaps so that no number is in two of them; raises TypeError where one has no ends."""
    taken: Ranges = ()
    apart: list[Gap] = []
    for first, last, reason in gaps:
        own = subtract(normalise([(first, last)]), taken)
        taken = union(taken, own)
        apart += [(start, end, str(reason)) for start, end in own]
    return tuple(apart)


def _epochs(connection: rows.Connection) -> dict[int, tuple[str, int]]:
    return {number: (str(epoch.token), int(epoch.first)) for number, epoch in rows.epochs(connection).items()}


def _letter(row: rows.Row) -> rows.Row:
    """Return a dead letter of values that can be written; raises TypeError or ValueError where one cannot be."""
    seq, code, error, buried_at = row
    return int(seq), str(code), str(error), int(buried_at)
