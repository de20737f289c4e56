"""When events that the collector has may leave the disk: by the time that the agent has run, never by the wall clock.

The clock of a small machine jumps: two weeks back after a power cut, 56 years ahead when the network comes. A *mark*
says that at a second of the agent's running time (a *tick*, counted by the monotonic clock, going on from the last mark
after a restart) every number up to `seq` had been dealt with. What was dealt with at a mark `retain` ticks ago may go.

    numbers   1 ......... 400 ......... 900 ...... 1000
    marks               tick 0        tick 3600     (no mark yet)
    now = tick 605,000, retain = 604,800 (7 days): up to 400 may go

Time in which the agent does not run does not count, so events stay longer rather than shorter. Everything here is pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.receipts import Ranges, first_numbers, intersect, subtract

MARK_SECONDS = 3_600
"""A mark an hour: 168 of them in the 7 days of the default, and at most one small write an hour."""


@dataclass(frozen=True, slots=True)
class Mark:
    """At `tick` every number up to `seq` had been dealt with."""

    tick: int
    seq: int


def dealt_with(pending: Ranges, *, last_seq: int) -> int:
    """Return the number up to which nothing is pending.

    >>> dealt_with(((5, 9),), last_seq=9), dealt_with((), last_seq=9)
    (4, 9)
    """
    return pending[0][0] - 1 if pending else last_seq


def next_mark(marks: Sequence[Mark], *, tick: int, seq: int, retain_seconds: float) -> Mark | None:
    """Return the mark to be made now, None if it is too early or nothing has changed; `marks` ascend."""
    if not marks:
        return Mark(tick, seq) if seq else None
    newest = marks[-1]
    is_due = tick - newest.tick >= min(MARK_SECONDS, retain_seconds / 8)
    return Mark(max(tick, newest.tick + 1), seq) if is_due and seq > newest.seq else None


def may_go_up_to(marks: Sequence[Mark], *, tick: int, retain_seconds: float) -> int:
    """Return the number up to which settled events have been kept long enough, 0 if none have."""
    return max((mark.seq for mark in marks if mark.tick <= tick - retain_seconds), default=0)


def oldest_removable(settled: Ranges, removed: Ranges, *, up_to: int, most: int) -> Ranges:
    """Return the `most` oldest settled numbers up to `up_to` whose rows are still there.

    >>> oldest_removable(((1, 9),), ((1, 3),), up_to=7, most=2)
    ((4, 5),)
    """
    kept = subtract(intersect(settled, ((1, up_to),)), removed) if up_to else ()
    return first_numbers(kept, most)
