"""What is whole in a damaged queue file or log, written where it can be used again.

Events come from the pages themselves (`pages`), whatever SQLite thinks of the file; each counts by its checksum. What
became of them (settled, dead, dropped) is taken over where SQLite can still read it. Where it cannot, the events are
pending again: the collector knows what it has, so sending twice costs traffic, and not sending would cost events.

Numbers and epochs stay as they were, so that the collector's account of them goes on. A number that was given out, has
no event any more and is nowhere called settled is dropped, with the reason. 10⁵ events take about two seconds.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from edge_agent.buffer import removal, rows, schema
from edge_agent.buffer.epochs import begin_epoch, ended, is_token, remember, remember_retired
from edge_agent.buffer.faults import transaction, translated
from edge_agent.buffer.known import Known, what_is_known
from edge_agent.buffer.numbering import FARTHEST_JUMP, flipped, greatest
from edge_agent.buffer.pages import AnyRow, EventRow, rows_of_file, rows_of_log
from shared.clock import new_token
from shared.receipts import Ranges, count, intersect, of_numbers, subtract, union

SALVAGED = ".salvaged"
"""What follows the name of a queue file that is complete and waits for the place of the damaged one."""
_SECOND = 1_000_000

# The same number twice: a commit that a crash took away, and the one after it. The later epoch is the one that counts.
_TAKE_OVER = """
insert into event_log (seq, epoch, at, accepted_at, checksum, payload)
values (?, ?, ?, ?, ?, cast(? as text))
on conflict (seq) do update set
    epoch = excluded.epoch,
    at = excluded.at,
    accepted_at = excluded.accepted_at,
    checksum = excluded.checksum,
    payload = excluded.payload
where excluded.epoch > event_log.epoch
"""

# Stretches of numbers without a hole: within one, a number and its place in the order grow alike.
_STRETCHES = """
with placed as (
    select seq, seq - row_number() over (order by seq) as stretch
    from event_log
)
select min(seq), max(seq)
from placed
group by stretch
order by min(seq)
"""

_BY_EPOCH = """
select epoch, min(seq), max(seq)
from event_log
group by epoch
order by epoch
"""

_ONE_EPOCH = """
update event_log
set epoch = 1
"""

_BURY = """
insert into dead_letter (seq, code, error, buried_at)
values (?, ?, ?, ?)
"""

_SETTLE = """
insert into settled (first, last)
values (?, ?)
"""

_FORGET_SEQUENCE = """
delete from sqlite_sequence
where name = 'event_log'
"""

_SET_SEQUENCE = """
insert into sqlite_sequence (name, seq)
values ('event_log', ?)
"""


@dataclass(frozen=True, slots=True)
class Salvaged:
    """How much was saved."""

    events: int
    lost: int
    """Numbers of which there is no event any more."""


def salvage(path: Path) -> Salvaged:
    """Write what is whole in the file at `path` and its log into a complete new file, `path` with `.salvaged` behind it.

    The damaged files are only read.

    Raises:
        StorageFull: no room for the new file; nothing is left of it.
        StorageUnusable: the disk can no longer be written.
    """
    known = what_is_known(path)
    with translated(path):
        unfinished = schema.prepare(path)
        with closing(schema.connect_plainly(unfinished)) as connection, transaction(connection, unfinished):
            _take_over(connection, _all_rows(path), known=known)
            outcome = _settle_accounts(connection, known)
        unfinished.replace(path.with_name(path.name + SALVAGED))
        schema.sync_folder(path.parent)
    return outcome


def remains(path: Path) -> tuple[Ranges, int, Iterator[AnyRow]]:
    """Return what is done with in the file at `path`, the greatest number it notes, and the whole rows there and in its log.

    The same row may come several times.
    """
    known = what_is_known(path)
    return union(known.settled, removal.ranges_of(known.gaps)), known.last_seq, _all_rows(path)


def log_events(path: Path) -> dict[int, EventRow]:
    """Return the committed events that stand in the log of the file at `path`, also those that SQLite does not reach."""
    log = path.with_name(path.name + "-wal")
    if not log.exists():
        return {}
    with log.open("rb") as file:
        found = rows_of_log(file, is_whole=rows.is_whole_row)
        return {row.seq: row for row in found if isinstance(row, EventRow)}


def add_tail(connection: rows.Connection, path: Path, *, tail: dict[int, EventRow]) -> Salvaged:
    """Keep those events of a log (`log_events`) that SQLite has cut off, under the numbers they had.

    To be called once SQLite has read the log itself, and before a number is given out.
    """
    last = rows.last_seq(connection)
    near = last + FARTHEST_JUMP
    cut_off = {seq: row for seq, row in tail.items() if last < seq and (seq <= near or rows.bears_out_number(row))}
    if not cut_off:
        return Salvaged(0, 0)
    new_last = max(cut_off)
    lost = subtract(((last + 1, new_last),), of_numbers(cut_off))
    with transaction(connection, path):
        connection.executemany(_TAKE_OVER, [_values(row) for row in cut_off.values()])
        known = rows.epochs(connection)
        for number in sorted({row.epoch for row in cut_off.values()} - known.keys()):
            first = min(row.seq for row in cut_off.values() if row.epoch == number)
            begin_epoch(connection, number=number, token=new_token(), first_seq=first)
        gaps, removed = rows.dropped(connection), rows.removed(connection)
        removal.change_dropped(connection, before=gaps, after=removal.with_gap(gaps, lost, reason=removal.DAMAGE))
        removal.change_removed(connection, before=removed, after=union(removed, lost))
    return Salvaged(len(cut_off), count(lost))


def _all_rows(path: Path) -> Iterator[AnyRow]:
    """Yield the rows in the file and in its log."""
    yield from _rows(path, rows_of_file)
    yield from _rows(path.with_name(path.name + "-wal"), rows_of_log)


def _rows(path: Path, read: Callable[..., Iterator[AnyRow]]) -> Iterator[AnyRow]:
    if path.exists():
        with path.open("rb") as file:
            yield from read(file, is_whole=rows.is_whole_row)


def _take_over(connection: rows.Connection, found: Iterable[AnyRow], *, known: Known) -> None:
    """Insert the events, without those that were removed on purpose and those whose number cannot be."""
    from_pages: dict[int, tuple[str, int]] = {}
    unproven: set[int] = set()

    def events() -> Iterator[tuple[object, ...]]:
        for row in found:
            if isinstance(row, EventRow):
                if row.seq > 0:
                    yield _values(row)
                    if not rows.bears_out_number(row):
                        unproven.add(row.seq)
            else:
                from_pages[row.number] = (row.token, row.first_seq)

    connection.executemany(_TAKE_OVER, events())
    meant_to_go = union(known.settled, removal.ranges_of(known.gaps))
    removal.delete_rows(connection, intersect(known.removed, meant_to_go))
    noted = max(known.last_seq, *(last for _, last in known.settled), 0)
    wrong = flipped(_present(connection), unproven=of_numbers(unproven), noted=noted)
    removal.delete_rows(connection, wrong)
    known.epochs = known.epochs or from_pages


def _settle_accounts(connection: rows.Connection, known: Known) -> Salvaged:
    """Write what became of every number, so that each is in one place."""
    present = _present(connection)
    ends = (ranges[-1][1] for ranges in (known.settled, known.removed, removal.ranges_of(known.gaps)) if ranges)
    last = greatest(present[-1][1] if present else 0, noted=known.last_seq, ends=ends)
    numbers = ((1, last),) if last else ()
    settled = intersect(known.settled, numbers)
    dead = subtract(of_numbers(letter[0] for letter in known.letters if 0 < letter[0] <= last), settled)
    gone = subtract(numbers, present)
    placed = union(settled, dead)
    earlier = tuple(
        (start, stop, why)
        for first, end, why in known.gaps
        for start, stop in subtract(intersect(((first, end),), numbers), placed)
    )
    new = subtract(gone, union(placed, removal.ranges_of(earlier)))
    connection.executemany(_SETTLE, settled)
    if 0 < known.folded <= count(settled):
        remember(connection, key=rows.FOLDED, value=str(known.folded))
    connection.executemany(_BURY, [one for one in known.letters if not subtract(((one[0], one[0]),), dead)])
    removal.change_dropped(connection, before=(), after=removal.with_gap(earlier, new, reason=removal.DAMAGE))
    removal.change_removed(connection, before=(), after=gone)
    connection.execute(_FORGET_SEQUENCE)
    connection.execute(_SET_SEQUENCE, (last,))
    tokens = _write_epochs(connection, known.epochs)
    given_up = (
        ended(token, last=last) for token, _ in known.epochs.values() if is_token(token) and token not in tokens
    )
    remember_retired(connection, (*known.retired, *given_up))
    return Salvaged(count(present), count(new))


def _present(connection: rows.Connection) -> Ranges:
    return tuple(connection.execute(_STRETCHES).fetchall())


def _write_epochs(connection: rows.Connection, known: dict[int, tuple[str, int]]) -> frozenset[str]:
    """Give each event's epoch its token and return them; a new one where the old is not known, a token is never guessed."""
    used = connection.execute(_BY_EPOCH).fetchall()
    if all(number in known for number, _, _ in used) and _is_in_order(used, known):
        epochs = {
            number: (token if is_token(token) else new_token(), first) for number, (token, first) in known.items()
        }
    elif all(before[2] < after[1] for before, after in pairwise(used)):
        firsts = [1, *(first for _, first, _ in used[1:])]
        epochs = {number: (new_token(), first) for (number, _, _), first in zip(used, firsts, strict=bool(used))}
    else:
        connection.execute(_ONE_EPOCH)
        epochs = {1: (new_token(), 1)}
    for number, (token, first) in sorted(epochs.items()):
        begin_epoch(connection, number=number, token=token, first_seq=first)
    return frozenset(token for token, _ in epochs.values())


def _is_in_order(used: list[rows.Row], known: dict[int, tuple[str, int]]) -> bool:
    firsts = [first for _, (_, first) in sorted(known.items())]
    ends = dict(zip(sorted(known), [*firsts[1:], 2**63], strict=bool(known)))
    is_ascending = all(before <= after for before, after in pairwise(firsts))
    return is_ascending and all(known[number][1] <= first and last < ends[number] for number, first, last in used)


def _values(row: EventRow) -> tuple[object, ...]:
    return row.seq, row.epoch, row.at, row.accepted_at, row.checksum, row.payload
