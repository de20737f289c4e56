"""Which events travel next; how many of them there may be is said by `batch_size`.

A batch holds numbers of one epoch, each once. When more is waiting than fits, half of it is the newest and half the
oldest, so the collector is live while a backlog drains. When several epochs are waiting, turns alternate between the
newest and the oldest of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from shared.receipts import Ranges, count, first_numbers, intersect, last_numbers, union

Gap = tuple[int, int, str]
"""A range of numbers that will never be sent, and why."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A stretch of numbers under one token; a number is unique within its token for ever."""

    token: str
    first: int
    last: int
    """The greatest number given out so far; `first - 1` while there is none."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the buffer knows without asking the disk."""

    pending: Ranges
    """Numbers that are neither settled nor dead letters."""
    last_seq: int
    epochs: tuple[Epoch, ...]
    """Oldest first; the last one is being written."""
    dropped: tuple[Gap, ...] = ()
    """Numbers that were given up, ascending."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The numbers of the next batch, all of one epoch."""

    epoch: Epoch
    seqs: Ranges


class Sized(Protocol):
    """Anything that was read from the buffer."""

    @property
    def seq(self) -> int:
        """The event's number."""
        ...

    @property
    def payload(self) -> bytes:
        """Its canonical JSON."""
        ...


Stored = TypeVar("Stored", bound=Sized)


def plan(backlog: Backlog, *, max_events: int, turn: int) -> Planned | None:
    """Return the next batch, or None when nothing is waiting.

    `turn` counts the batches: while several epochs are waiting, even turns take the newest and odd ones the oldest.
    Three events a batch and ten waiting, the newest shown right:

        waiting   1 2 3 4 5 6 7 8 9 10
        batch     1               9 10
    """
    waiting = [
        Planned(epoch, seqs)
        for epoch in backlog.epochs
        if (seqs := intersect(backlog.pending, ((epoch.first, epoch.last),)))
    ]
    if not waiting:
        return None
    chosen = waiting[0 if turn % 2 else -1]
    return Planned(chosen.epoch, _newest_and_oldest(chosen.seqs, max_events))


def epoch_of(backlog: Backlog, seq: int) -> Epoch | None:
    """Return the epoch that gave out a number."""
    return next((epoch for epoch in backlog.epochs if epoch.first <= seq <= epoch.last), None)


def fit(entries: Sequence[Stored], max_bytes: int) -> list[Stored]:
    """Return as many entries as fit into `max_bytes`, taken in turns from the newest and the oldest end.

    Ascending like `entries`; at least one, however large it is.
    """
    if sum(len(entry.payload) + 1 for entry in entries) <= max_bytes:
        return list(entries)
    oldest, newest, room = 0, len(entries) - 1, max_bytes
    while oldest <= newest:
        from_newest = (len(entries) - 1 - newest) <= oldest
        room -= len(entries[newest if from_newest else oldest].payload) + 1
        if room < 0:
            break
        newest, oldest = (newest - 1, oldest) if from_newest else (newest, oldest + 1)
    return [*entries[:oldest], *entries[newest + 1 :]] or list(entries[-1:])


def _newest_and_oldest(seqs: Ranges, most: int) -> Ranges:
    if count(seqs) <= most:
        return seqs
    newest = last_numbers(seqs, most - most // 2)
    return union(first_numbers(seqs, most // 2), newest)
