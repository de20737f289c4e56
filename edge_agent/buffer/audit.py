"""The books of a queue file, and whether they are right: what `edge-agent verify` reads. Nothing here writes.

The accounting identity: every number from 1 to the last one given out is in exactly one place — settled, pending, a
dead letter or dropped — and what is not yet settled for good has its row, undamaged. Pending is what is in no other
place, so the identity is not checked by adding up, but by looking for what contradicts it:

    1 .. last_seq   |=== settled ===|x|== pending ==|d|= pending =|      x dead, d dropped
    rows on disk    ....|===========|=|=============|.|===========|      sent rows may go first; no other may be missing
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edge_agent.buffer import rows
from edge_agent.buffer.rows import Connection, is_whole
from shared.receipts import Range, Ranges, count, intersect, normalise, subtract, union
from shared.spoken import counted

MOST_PROBLEMS = 100
_PAGE = 10_000

# Of a whole file it says the single word ok; it stops at a hundred problems.
_INTEGRITY = f"pragma integrity_check({MOST_PROBLEMS})"

_TABLES = """
select name
from sqlite_schema
where type = 'table'
"""

_REMOVED = """
select first, last
from removed
"""

_DROPPED = """
select first, last
from dropped
"""

_SETTLED = """
select first, last
from settled
"""

# Numbers that follow one another have the same distance to their place in the order.
_ROWS = """
select min(seq), max(seq)
from (
    select seq, seq - row_number() over (order by seq) as island
    from event_log
)
group by island
order by 1
"""

_STRAY_EPOCHS = """
select distinct epoch
from event_log
where epoch not in (select number from epoch)
"""

_PAYLOADS = """
select seq, at, checksum, cast(payload as blob)
from event_log
where seq > ?
order by seq
limit ?
"""

# They are known to be lost, and numbered as such.
_KNOWN_AS_DAMAGED = """
select seq
from dead_letter
where code = 'damaged'
"""


@dataclass(frozen=True, slots=True)
class Books:
    """Where every number is, as the file says; ranges as they are stored, rows normalised."""

    last_seq: int
    settled: tuple[Range, ...]
    dead: Ranges
    dropped: tuple[Range, ...]
    removed: tuple[Range, ...]
    """Numbers whose row may be gone."""
    rows: Ranges
    """Numbers that have a row."""
    folded: int = 0
    """How many of the settled were given up long ago, see `folding`."""
    stray_epochs: tuple[int, ...] = ()
    """Epochs of rows that are not in the list of epochs."""

    @property
    def pending(self) -> Ranges:
        """What is in no other place."""
        return subtract(self._given_out, union(normalise([*self.settled, *self.dropped]), self.dead))

    @property
    def _given_out(self) -> Ranges:
        return ((1, self.last_seq),) if self.last_seq else ()

    def differences(self) -> list[str]:
        """Return what contradicts the identity, in words; nothing if the books are right."""
        settled, dropped = normalise(self.settled), normalise(self.dropped)
        places = {"settled": settled, "dead letters": self.dead, "dropped": dropped}
        needed = subtract(union(self.pending, subtract(union(settled, self.dead), normalise(self.removed))), dropped)
        missing = subtract(needed, self.rows)
        found = [
            _in_words("in two places, settled and dead letters", intersect(settled, self.dead)),
            _in_words("in two places, settled and dropped", intersect(settled, dropped)),
            _in_words("in two places, dead letters and dropped", intersect(self.dead, dropped)),
            *(_in_words(f"{name}, never given out", subtract(one, self._given_out)) for name, one in places.items()),
            _in_words("on disk, never given out", subtract(self.rows, self._given_out)),
            _in_words("without an event on disk, and nothing says why", intersect(self._given_out, missing)),
            _overlap("settled", self.settled),
            _overlap("dropped", self.dropped),
        ]
        if self.stray_epochs:
            found.append(f"events on disk belong to epochs that nobody began: {list(self.stray_epochs)}")
        return [words for words in found if words]


def integrity(connection: Connection) -> list[str]:
    """Return what SQLite finds wrong with the file; nothing if it is whole."""
    return [str(words) for (words,) in connection.execute(_INTEGRITY).fetchall() if words != "ok"]


def books(connection: Connection) -> Books:
    """Return the books; the caller holds one read transaction, so that they are of one moment."""
    tables = {name for (name,) in connection.execute(_TABLES).fetchall()}
    return Books(
        last_seq=rows.last_seq(connection),
        settled=_ranges(connection, _SETTLED),
        dead=rows.dead(connection),
        dropped=_ranges(connection, _DROPPED) if "dropped" in tables else (),
        removed=_ranges(connection, _REMOVED) if "removed" in tables else (),
        rows=normalise(_ranges(connection, _ROWS)),
        folded=rows.folded(connection),
        stray_epochs=tuple(number for (number,) in connection.execute(_STRAY_EPOCHS).fetchall()),
    )


def damaged_page(connection: Connection, *, after_seq: int) -> tuple[list[int], int | None]:
    """Return the numbers above `after_seq` whose event is not as it was written, and where the next page begins.

    A page has 10,000 events; the second value is None after the last one. Those that are dead letters because they are
    damaged are not named again.
    """
    page = connection.execute(_PAYLOADS, (after_seq, _PAGE)).fetchall()
    known = {seq for (seq,) in connection.execute(_KNOWN_AS_DAMAGED).fetchall()}
    damaged = [
        seq for seq, at, crc, payload in page if not is_whole(payload, seq=seq, at=at, crc=crc) and seq not in known
    ]
    return damaged, page[-1][0] if len(page) == _PAGE else None


def _ranges(connection: Connection, query: str) -> tuple[Range, ...]:
    return tuple((first, last) for first, last in connection.execute(query).fetchall())


def _in_words(words: str, numbers: Ranges) -> str:
    """Return the words with how many and which; nothing if there are none."""
    if not numbers:
        return ""
    shown = ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in numbers[:5])
    return f"{counted(count(numbers), 'number')} {words}: {shown}{' …' if len(numbers) > 5 else ''}"


def _overlap(name: str, ranges: Iterable[Range]) -> str:
    ordered = sorted(ranges)
    twice = normalise(_shared(ordered))
    return _in_words(f"{name} twice", twice)


def _shared(ordered: list[Range]) -> Iterator[Range]:
    reach = 0
    for first, last in ordered:
        if first <= reach:
            yield first, min(last, reach)
        reach = max(reach, last)
