"""What a batch of events changes for one worker: identity, hours and open state, as integers (DESIGN §4).

Time is a sum over pairs of consecutive sightings, so a new event changes only the pair it falls into, and a new *state*
also the pairs of the counts up to the next state. `splice` is given these neighbourhoods as runs, works out the closed time
of each run before and after, and returns the difference; it never needs what lies between two runs, nor counts in a time
that is unbroken without them. Differences are integers, so neither order nor batching can matter. Time after a worker's last
sighting is open: it is in no hour but in the worker's open state, and is added when somebody asks.

    stored       S ....... c1 ...... c2 ...... s2            a late state X falls between S and c1
    run          before = (S, S.at)  [c1  c2  s2]            the events up to and including the next state
    before       |=== S ===|=== S ===|=== S ===|
    after        |= S =|=X=|=== X ===|=== X ===|             the difference is what the hours gain and lose
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import attrgetter, itemgetter, lt

from collector import hours
from collector.hours import hour_of
from collector.metrics.identity import meet
from collector.records import (
    ABSENT,
    ASSUMED,
    IDLE,
    UNITS,
    WORKING,
    Amounts,
    Entry,
    EntryKey,
    LedgerRules,
    OpenState,
    Outcome,
    Run,
    Splice,
    State,
)
from shared.events import EventType

_AT = attrgetter("at")
_COUNT = int(EventType.product_count)
_COLUMNS = (ABSENT, IDLE, WORKING)
"""By the code of a state."""


def splice(runs: Sequence[Run], arrivals: Sequence[Entry], *, rules: LedgerRules, offset: int) -> Splice:
    """Return what the arrivals, in the order of their arrival, change for a worker.

    `runs` ascend and do not overlap; each arrival lies at or before the last event of some run, or the last run has no
    event after it (`is_last`). That one is there also if an arrival is another version of the state in force at the end.
    A stored event with the key of an arrival is in the run. `offset` is where the site's hours begin, in microseconds past
    the full hour.
    """
    outcomes, changed, losers = _judge(runs, arrivals)
    if not changed:
        return Splice(outcomes, changed, losers, {}, None)
    changes = _Changes(rules, offset)
    open_state = None
    end = 0
    for run in runs:
        # Each change is looked at once: a list of late events may fall into as many runs.
        start, end = end, len(changed) if run.is_last else bisect_right(changed, run.events[-1].at, end, key=_AT)
        here = changed[start:end]
        before = _as_changed(run.state, changed) if run.is_last else run.state
        if not here and before == run.state:
            continue
        changed_run = run if before is run.state else run._replace(state=before)
        state, last_at = changes.add(changed_run, _merged(run.events, here), sign=1)
        if run.events:
            changes.add(run, run.events, sign=-1)
        if run.is_last and last_at is not None:
            open_state = OpenState(last_at, state)
    return Splice(outcomes, changed, losers, changes.result(), open_state)


def _judge(
    runs: Sequence[Run], arrivals: Sequence[Entry]
) -> tuple[Sequence[Outcome], Sequence[Entry], Sequence[Entry]]:
    """Return the outcome of each arrival, the entries to write in order, and the versions that lost."""
    if not any(run.events for run in runs) and _ascends(arrivals):  # nearly always: nothing they could meet
        return [Outcome.accepted] * len(arrivals), arrivals, ()
    known = {entry[:3]: entry for run in runs for entry in run.events}
    outcomes: list[Outcome] = []
    survivors: dict[EntryKey, Entry] = {}
    losers: list[Entry] = []
    for arriving in arrivals:
        key = arriving[:3]
        standing = survivors.get(key) or known.get(key)
        if standing is None:
            outcomes.append(Outcome.accepted)
            survivors[key] = arriving
            continue
        survivor, loser = meet(standing, arriving)
        outcomes.append(Outcome.duplicate if loser is None else Outcome.conflict)
        if loser is not None:
            losers.append(loser)
        if survivor != standing:
            survivors[key] = survivor
    return outcomes, [survivors[key] for key in sorted(survivors)], losers


def _as_changed(state: State | None, changed: Sequence[Entry]) -> State | None:
    """Return a state with the camera that its event has from now on."""
    if state is None or changed[0].at > state.at:  # nearly always
        return state
    place = bisect_left(changed, state[:3], key=itemgetter(slice(3)))
    if place < len(changed) and changed[place][:3] == state[:3]:
        return state._replace(camera=changed[place].camera)
    return state


def _ascends(entries: Sequence[Entry]) -> bool:
    instants = [entry[0] for entry in entries]
    return all(map(lt, instants, instants[1:]))


class _Changes:
    """What hours and workstations gain and lose, while runs are gone through."""

    def __init__(self, rules: LedgerRules, offset: int) -> None:
        self._rules = rules
        self._offset = offset
        self._changes: dict[tuple[int, str], Amounts] = {}

    def add(self, run: Run, events: Iterable[Entry], *, sign: int) -> tuple[State | None, int | None]:
        """Add (or, with sign -1, take away) the closed time and units of a run; return where it leaves the worker."""
        state, last_at = run.state, run.last_at
        gap = self._rules.session_gap
        hour_end, here = 0, None  # of the state in force: the hour that is being counted, and what changes in it
        for at, kind, station, count, _, camera in events:
            if state is not None and last_at is not None and at > last_at:
                if here is not None and at <= hour_end and at - last_at <= gap:  # nearly always
                    here[_COLUMNS[state.event_type]] += sign * (at - last_at)
                else:
                    self._close(state, last_at, end=at, sign=sign)
                    hour = hour_of(at, offset=self._offset)
                    hour_end, here = hour + hours.LENGTH, self._change(hour, state.workstation_id)
            last_at = at
            if kind != _COUNT:
                if state is None or station != state.workstation_id:
                    here = None
                state = State(at, kind, station, camera)
            elif count and here is not None and at < hour_end and state is not None and station == state.workstation_id:
                here[UNITS] += sign * count  # nearly always
            elif count:
                self._change(hour_of(at, offset=self._offset), station)[UNITS] += sign * count
        return state, last_at

    def result(self) -> dict[tuple[int, str], Amounts]:
        """Return the changes that are not nothing."""
        return {place: change for place, change in self._changes.items() if any(change)}

    def _close(self, state: State, start: int, *, end: int, sign: int) -> None:
        """Count the time between two sightings, SEMANTICS §4 rules 1 and 2."""
        is_assumed = end - start > self._rules.session_gap
        if is_assumed:
            end = state.at + self._rules.tail
            if end <= start:
                return
        column = _COLUMNS[state.event_type]
        hour = hour_of(start, offset=self._offset)
        if end <= hour + hours.LENGTH:  # nearly always: no need to cut
            self._add_time(hour, state.workstation_id, column=column, time=sign * (end - start), is_assumed=is_assumed)
            return
        for hour, begin, until in hours.by_hour(start, end, offset=self._offset):
            time = sign * (until - begin)
            self._add_time(hour, state.workstation_id, column=column, time=time, is_assumed=is_assumed)

    def _add_time(self, hour: int, station: str, *, column: int, time: int, is_assumed: bool) -> None:
        change = self._change(hour, station)
        change[column] += time
        if is_assumed:
            change[ASSUMED] += time

    def _change(self, hour: int, station: str) -> Amounts:
        change = self._changes.get((hour, station))
        if change is None:
            change = self._changes[hour, station] = [0, 0, 0, 0, 0]
        return change


def _merged(stored: Sequence[Entry], changed: Iterable[Entry]) -> list[Entry]:
    """Return stored events with changed ones in their place and new ones between them, in order."""
    if not stored:
        return list(changed)
    entries = {entry[:3]: entry for entry in stored}
    entries.update((entry[:3], entry) for entry in changed)
    return [entries[key] for key in sorted(entries)]
