"""Epochs in the file: which are there, and when a new one begins.

A number is used once within its epoch, for ever. After a stop that was not clean, commits may be missing that somebody
has seen (a damaged write-ahead log drops its end without a word), so the numbers go on under a new epoch. So they do
where the file is another one than at the stop, by its inode: a copy that was put back.

An epoch is *retired* when its events went on under other numbers, because their file was taken in by another one. The
collector still waits for the numbers that never arrived under its token: it is told once that they never will.
"""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from edge_agent.buffer import rows
from edge_agent.buffer.faults import transaction
from edge_agent.delivery.batching import Epoch
from shared.clock import new_token
from shared.receipts import subtract

STOP = "stop"
MOST_EPOCHS = 100
"""Of more, the oldest go once no event of theirs waits: heartbeats ask after each in turn, 25 minutes for so many."""
_RUNNING = "running"
_TOKEN = re.compile(r"[0-9a-f]{16}")

_RETIRED = "retired epochs"

_BEGIN_EPOCH = """
insert into epoch (number, token, first_seq)
values (?, ?, ?)
"""

# An epoch in which nothing was kept says nothing; many failed starts shall leave no trace.
_FORGET_EMPTY_EPOCHS = """
delete from epoch
where first_seq > ?
"""

_FORGET_EPOCH = """
delete from epoch
where number = ?
"""

_REMEMBER = """
insert into meta (key, value)
values (?, ?)
on conflict (key) do update set value = excluded.value
"""


def is_token(text: object) -> bool:
    r"""Return whether a value may be a token that we have made; a header with another one may be refused for it.

    >>> is_token("00c0ffee00c0ffee"), is_token("00c0ffee\x1000c0ffe")
    (True, False)
    """
    return isinstance(text, str) and _TOKEN.fullmatch(text) is not None


def begin_run(connection: rows.Connection, path: Path) -> int | None:
    """Begin a run, under a new epoch unless the last run ended cleanly; return the number that its note bears, None for a new epoch.

    That a run has begun is in the file itself when this returns, not only in its log: if the log is lost, the next
    start must not take the stop before this run for the last one, and give out its numbers a second time. Where a reader
    keeps the log from being folded back, a new epoch does the same: its numbers are lost with the log, and its token too.
    """
    with transaction(connection, path):
        known = _noted(connection, path)
        remember(connection, key=STOP, value=_RUNNING)
        if known is None:
            begin_next(connection)
    is_busy, _, _ = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    if is_busy and known is not None:
        with transaction(connection, path):
            begin_next(connection)
        return None
    return known


def _noted(connection: rows.Connection, path: Path) -> int | None:
    """Return the number in the note of a clean stop, None if there is none of this file; older notes bear no number."""
    note, is_there, number = (rows.meta(connection, STOP) or "").partition(clean_stop(path))
    if note or not is_there or (number and not number.startswith(" ")):
        return None
    last = rows.last_seq(connection)
    return min(int(number), last) if number.strip().isdecimal() else last


def begin_next(connection: rows.Connection) -> None:
    """Let a new token count for the numbers that come; the caller holds a transaction."""
    last = rows.last_seq(connection)
    number = max(rows.epochs(connection), default=0) + 1
    connection.execute(_FORGET_EMPTY_EPOCHS, (last,))
    begin_epoch(connection, number=number, token=new_token(), first_seq=last + 1)
    _forget_oldest(connection)


def surplus_up_to(epochs: Sequence[Epoch]) -> int:
    """Return the last number of those before the newest `MOST_EPOCHS`, 0 while there are no more.

    What was sent under them is not kept for its time, so that a start can forget them.

    >>> surplus_up_to([Epoch("a", 1, 9)])
    0
    """
    return epochs[-MOST_EPOCHS - 1].last if len(epochs) > MOST_EPOCHS else 0


def _forget_oldest(connection: rows.Connection) -> None:
    """Forget those before the newest `MOST_EPOCHS` of which no event is kept; the first that has one ends it.

    Their numbers lie below the first epoch then, and every header reports those as skipped.
    """
    removed = rows.removed(connection)
    for number, epoch in list(rows.epochs(connection).items())[:-MOST_EPOCHS]:
        if epoch.first <= epoch.last and subtract(((epoch.first, epoch.last),), removed):
            return
        connection.execute(_FORGET_EPOCH, (number,))


def clean_stop(path: Path, *, known: int | None = None) -> str:
    """Return what is noted at a clean stop: it holds for this file alone, and not for a copy that is put in its place.

    The original of a copy may have given out further numbers. With `known` it bears the greatest number that is surely ours,
    see `put_back`.
    """
    return f"clean {path.stat().st_ino}" + ("" if known is None else f" {known}")


def begin_epoch(connection: rows.Connection, *, number: int, token: str, first_seq: int) -> None:
    """Let a token count for the numbers from `first_seq` on; the caller holds a transaction."""
    connection.execute(_BEGIN_EPOCH, (number, token, first_seq))


def retired(connection: rows.Connection) -> tuple[Epoch, ...]:
    """Return the epochs of which the collector has to be told that no more will come; each ends before it begins."""
    try:
        noted = json.loads(rows.meta(connection, _RETIRED) or "[]")
        return tuple(ended(token, last=int(last)) for token, last in noted if is_token(token))
    except (TypeError, ValueError):  # damaged: the collector goes on waiting, and nothing else is lost
        return ()


def remember_retired(connection: rows.Connection, epochs: Iterable[Epoch]) -> None:
    """Note these as the retired epochs; the caller holds a transaction."""
    remember(connection, key=_RETIRED, value=json.dumps([(epoch.token, epoch.last) for epoch in epochs]))


def ended(token: str, *, last: int) -> Epoch:
    """Return an epoch that has no number of its own any more: a header reports all of them up to `last` as skipped."""
    return Epoch(token, last + 1, last)


def remember(connection: rows.Connection, *, key: str, value: str) -> None:
    """Keep a fact about the agent; the caller holds a transaction."""
    connection.execute(_REMEMBER, (key, value))
