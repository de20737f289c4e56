"""How events leave the disk: settled ones first and oldest first, and those that nobody has confirmed only if dropped.

A removed number stays known: `removed` names it, and `settled` or `dropped` says what became of it. So no number is used
twice and none is unaccounted for. Every function writes within a transaction that the caller holds.
"""

from collections.abc import Iterable, Sequence

from edge_agent.buffer import rows
from edge_agent.buffer.retention import Mark
from edge_agent.buffer.space import EVENT_BYTES
from edge_agent.delivery.batching import Gap
from shared.receipts import Ranges, of_numbers

OVERFLOW = "dropped: the queue was full"
NO_ROOM_FOR_LETTERS = "given up: no room for more dead letters"
DAMAGE = "lost: the queue file was damaged"

# By primary key; secure_delete writes zeros over what is freed.
_DELETE = """
delete from event_log
where seq between ? and ?
"""

_DELETE_LETTERS = """
delete from dead_letter
where seq between ? and ?
"""

# The newest are held as long as they fit; a letter without its event takes next to nothing.
_LETTERS_BEYOND = f"""
select seq
from (
    select
        dead_letter.seq as seq,
        sum(coalesce(length(cast(payload as blob)), 0) + {EVENT_BYTES}) over (order by dead_letter.seq desc) as held
    from dead_letter
    left join event_log using (seq)
)
where held > ?
"""  # noqa: S608 - a constant of this project

_ADD_REMOVED = """
insert into removed (first, last)
values (?, ?)
"""

_FORGET_REMOVED = """
delete from removed
where first = ?
"""

_ADD_DROPPED = """
insert into dropped (first, last, reason)
values (?, ?, ?)
"""

_FORGET_DROPPED = """
delete from dropped
where first = ?
"""

_ADD_SETTLED = """
insert into settled (first, last)
values (?, ?)
"""

_FORGET_SETTLED = """
delete from settled
where first = ?
"""

_MARKS = """
select tick, seq
from mark
order by tick
"""

_ADD_MARK = """
insert into mark (tick, seq)
values (?, ?)
"""

# The newest stays: time goes on from it after a restart.
_FORGET_MARKS = """
delete from mark
where tick <= ?
and tick < (select max(tick) from mark)
"""


def delete_rows(connection: rows.Connection, numbers: Ranges) -> None:
    """Delete the rows of these numbers."""
    connection.executemany(_DELETE, numbers)


def delete_letters(connection: rows.Connection, numbers: Ranges) -> None:
    """Delete the dead letters of these numbers; of most of them there is none."""
    connection.executemany(_DELETE_LETTERS, numbers)


def letters_beyond(connection: rows.Connection, *, most_bytes: int) -> Ranges:
    """Return the oldest dead letters, those for which there is no room within so many bytes beside the newer ones."""
    return of_numbers(seq for (seq,) in connection.execute(_LETTERS_BEYOND, (most_bytes,)).fetchall())


def change_removed(connection: rows.Connection, *, before: Ranges, after: Ranges) -> None:
    """Write the removed ranges where they differ from what stands there."""
    connection.executemany(_FORGET_REMOVED, [(first,) for first, _ in set(before) - set(after)])
    connection.executemany(_ADD_REMOVED, set(after) - set(before))


def change_settled(connection: rows.Connection, *, before: Ranges, after: Ranges) -> None:
    """Write the settled ranges where they differ from what stands there."""
    connection.executemany(_FORGET_SETTLED, [(first,) for first, _ in set(before) - set(after)])
    connection.executemany(_ADD_SETTLED, set(after) - set(before))


def change_dropped(connection: rows.Connection, *, before: Iterable[Gap], after: Iterable[Gap]) -> None:
    """Write the dropped ranges where they differ from what stands there."""
    old, new = set(before), set(after)
    connection.executemany(_FORGET_DROPPED, [(first,) for first, _, _ in old - new])
    connection.executemany(_ADD_DROPPED, new - old)


def with_gap(gaps: Sequence[Gap], numbers: Ranges, *, reason: str) -> tuple[Gap, ...]:
    """Return the gaps with these numbers added: ascending, and those of one reason that touch made one.

    >>> with_gap([(1, 4, "full")], ((5, 6), (9, 9)), reason="full")
    ((1, 6, 'full'), (9, 9, 'full'))
    """
    merged: list[Gap] = []
    for first, last, why in sorted([*gaps, *((first, last, reason) for first, last in numbers)]):
        if merged and merged[-1][1] + 1 == first and merged[-1][2] == why:
            merged[-1] = (merged[-1][0], last, why)
        else:
            merged.append((first, last, why))
    return tuple(merged)


def by_reason(gaps: Iterable[Gap]) -> dict[str, int]:
    """Return how many numbers were given up for each reason.

    >>> by_reason([(1, 3, "edited"), (5, 5, "edited"), (6, 6, "of no use")])
    {'edited': 4, 'of no use': 1}
    """
    found: dict[str, int] = {}
    for first, last, reason in gaps:
        found[reason] = found.get(reason, 0) + last - first + 1
    return found


def ranges_of(gaps: Iterable[Gap]) -> Ranges:
    """Return the numbers in the gaps, which do not overlap; ranges that touch stay apart where the reasons differ."""
    return tuple((first, last) for first, last, _ in gaps)


def marks(connection: rows.Connection) -> list[Mark]:
    """Return the marks of running time, ascending."""
    return [Mark(tick, seq) for tick, seq in connection.execute(_MARKS).fetchall()]


def add_mark(connection: rows.Connection, mark: Mark) -> None:
    """Note a mark."""
    connection.execute(_ADD_MARK, (mark.tick, mark.seq))


def forget_marks(connection: rows.Connection, *, up_to_tick: int) -> None:
    """Forget the marks whose events are gone."""
    connection.execute(_FORGET_MARKS, (up_to_tick,))
