"""Blocks of hours that a late state takes over as they are: whose their time is changes, and how much it is does not.

Between two instants at which a state stands or an event arrives, the sightings are the same before and after. Where it is time
of one state before and of another one after, the whole blocks in between need no look at their hours: the store says whose
they are from now on. They begin behind what is taken for granted of either state (SEMANTICS §4 rule 2), so all their time lies
between sightings.

    before    |== S ==|======= S ======|== S ==|
    after     |== S X=|======= X ======|== X ==| s
    blocks            [ moved ][ moved ]
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from collector import hours
from collector.records import ABSENT, IDLE, WORKING, Entry, LedgerRules, Run, State
from shared.events import EventType

FEW_SIGHTINGS = 500
"""Of so many the hours are gone through: neighbourhoods of honest states hold a handful, and those of a log that comes in any
order not so many either."""
_COUNT = int(EventType.product_count)
_COLUMNS = (ABSENT, IDLE, WORKING)
"""By the code of a state."""


class Window(NamedTuple):
    """Whole blocks `[first, end)` that are time of one state before and of one after."""

    first: int
    end: int
    before: State
    after: State

    @property
    def labels(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Whose the time was and is, as workstations and columns of `Amounts`."""
        (was_at, was), (is_at, now) = (
            (state.workstation_id, _COLUMNS[state.event_type]) for state in (self.before, self.after)
        )
        return (was_at, was), (is_at, now)


def windows(
    run: Run, changed: Sequence[Entry], *, merged: Sequence[Entry], rules: LedgerRules, offset: int
) -> list[Window]:
    """Return the blocks that move when `changed` arrive in a run, whose events are `merged` then; ascending."""
    if len(run.events) <= FEW_SIGHTINGS:  # nearly always
        return []
    before, after = _States(run.state, run.events), _States(run.state, merged)
    sightings = [*map(itemgetter(0), run.events)]
    breaks = {entry.at for entry in changed} | {state.at for state in before.all} | {sightings[0], sightings[-1]}
    found = []
    for begin, finish in pairwise(sorted(breaks)):
        was, now = before.at(begin), after.at(begin)
        seen = sightings[bisect_left(sightings, begin) : bisect_right(sightings, finish)]
        if len(seen) <= FEW_SIGHTINGS or was is None or now is None:
            continue
        # Behind the hour of a state's own event.
        start = max(seen[0], was.at + rules.tail, now.at + rules.tail) + 1
        first, end = hours.block_from(start, offset=offset), hours.block_of(seen[-1], offset=offset)
        if first < end:
            found.append(Window(first, end, was, now))
    return found


class _States:
    """The states of a stretch of time, in order."""

    def __init__(self, before: State | None, events: Iterable[Entry]) -> None:
        self.all = [
            State(each.at, each.event_type, each.workstation_id, each.camera) for each in events if each[1] != _COUNT
        ]
        if before is not None:
            self.all.insert(0, before)
        self._ats = [state.at for state in self.all]

    def at(self, instant: int) -> State | None:
        """Return the state in force from an instant on."""
        place = bisect_right(self._ats, instant)
        return self.all[place - 1] if place else None
