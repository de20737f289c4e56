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
from collector.hours import Moved, hour_of
from collector.metrics.hour_sums import HourSums
from collector.metrics.identity import meet
from collector.metrics.moving import Window, windows
from collector.records import (
    ABSENT,
    ASSUMED,
    IDLE,
    UNITS,
    WORKING,
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
_KEY = itemgetter(0, 1, 2)
_COUNT = int(EventType.product_count)
_COLUMNS = (ABSENT, IDLE, WORKING)
"""By the code of a state."""


def splice(runs: Sequence[Run], arrivals: Sequence[Entry], *, rules: LedgerRules, offset: int) -> Splice:
    """Return what the arrivals, in the order of their arrival, change for a worker.

    `runs` ascend and do not overlap; each arrival lies at or before the last event of some run, or the last run has no
    event after it (`is_last`). That one is there also if an arrival is another version of the state in force at the end.
    A stored event with the key of an arrival is in the run; others of which it matters only that they were are counts of nothing
    at no workstation. `offset` is where the site's hours begin, in microseconds past
    the full hour.
    """
    outcomes, changed, losers = _judge(runs, arrivals)
    if not changed:
        return Splice(outcomes, changed, losers, {}, (), None)
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
        merged = _merged(run.events, here)
        changes.leave_out(windows(run, here, merged=merged, rules=rules, offset=offset))
        state, last_at = changes.add(changed_run, merged, sign=1)
        if run.events:
            changes.add(run, run.events, sign=-1)
        if run.is_last and last_at is not None:
            open_state = OpenState(last_at, state)
    return Splice(outcomes, changed, losers, *changes.sums.result(), open_state, changes.moved())


def _judge(
    runs: Sequence[Run], arrivals: Sequence[Entry]
) -> tuple[Sequence[Outcome], Sequence[Entry], Sequence[Entry]]:
    """Return the outcome of each arrival, the entries to write in order, and the versions that lost."""
    if not any(run.events for run in runs) and _ascends(arrivals):  # nearly always: nothing they could meet
        return [Outcome.accepted] * len(arrivals), arrivals, ()
    known = {entry[:3]: entry for run in runs for entry in run.events if entry[2]}  # nothing meets a bare sighting
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
        self.sums = HourSums(offset)
        self._left_out: list[Window] = []
        self._times: list[int] = []

    def leave_out(self, windows: Sequence[Window]) -> None:
        """Leave out what these hold of the runs that are added from now on, which lie behind those before."""
        self._left_out += windows
        self._times += [0] * len(windows)

    def moved(self) -> Sequence[Moved]:
        """Return what was left out, where it is another state's afterwards."""
        return [
            Moved(window.first, window.end, *window.labels, time)
            for window, time in zip(self._left_out, self._times, strict=True)
            if window.labels[0] != window.labels[1]
        ]

    def add(self, run: Run, events: Iterable[Entry], *, sign: int) -> tuple[State | None, int | None]:
        """Add (or, with sign -1, take away) the closed time and units of a run; return where it leaves the worker."""
        state, last_at = run.state, run.last_at
        begun = last_at  # of the state in force: from where on it is not counted yet
        gap, offset, length, sums_of = self._rules.session_gap, self._offset, hours.LENGTH, self.sums.of
        hour_end, here = 0, None  # the hour in which it began, and what changes in that hour at its station
        for at, kind, station, count, _, camera in events:
            if last_at is not None and at - last_at > gap and state is not None:
                self._close(state, begun, end=last_at, sign=sign)
                self._assume(state, last_at, sign=sign)
                begun, here = at, None
            if kind != _COUNT:
                if state is not None and here is not None and begun is not None and at <= hour_end:  # nearly always
                    here[_COLUMNS[state.event_type]] += sign * (at - begun)
                else:
                    self._close(state, begun, end=at, sign=sign)
                if here is None or at >= hour_end or state is None or station != state.workstation_id:
                    hour = hour_of(at, offset=offset)
                    hour_end, here = hour + length, sums_of(hour, station)
                state, begun = State(at, kind, station, camera), at
            elif count:
                is_here = here is not None and at < hour_end and state is not None and station == state.workstation_id
                sums = here if is_here and here is not None else sums_of(hour_of(at, offset=offset), station)
                sums[UNITS] += sign * count
            last_at = at
        self._close(state, begun, end=last_at, sign=sign)
        return state, last_at

    def _close(self, state: State | None, start: int | None, *, end: int | None, sign: int) -> None:
        """Count the unbroken time from one sighting to another, SEMANTICS §4 rule 1."""
        if state is None or start is None or end is None or start >= end:
            return
        for place in range(
            bisect_right(self._left_out, start, key=attrgetter("end")), len(self._left_out)
        ):  # hardly any
            window = self._left_out[place]
            if window.first >= end:
                break
            self._times[place] += (min(end, window.end) - max(start, window.first)) if sign > 0 else 0
            self._count(state, start, end=window.first, sign=sign)
            start = window.end
        self._count(state, start, end=end, sign=sign)

    def _count(self, state: State, start: int, *, end: int, sign: int) -> None:
        if start >= end:
            return
        station, column = state.workstation_id, _COLUMNS[state.event_type]
        hour = hour_of(start, offset=self._offset)
        if end <= hour + hours.LENGTH:  # nearly always: no need to cut
            self.sums.of(hour, station)[column] += sign * (end - start)
        else:
            self.sums.add_time(start, end, station=station, columns=(column,), sign=sign)

    def _assume(self, state: State, last_at: int, *, sign: int) -> None:
        """Count what is taken for granted of the silence after a sighting, SEMANTICS §4 rule 2."""
        columns = (_COLUMNS[state.event_type], ASSUMED)
        end = state.at + self._rules.tail
        self.sums.add_time(last_at, end, station=state.workstation_id, columns=columns, sign=sign)


def _merged(stored: Sequence[Entry], changed: Sequence[Entry]) -> list[Entry]:
    """Return stored events with changed ones in their place and new ones between them, in order."""
    if not stored:
        return list(changed)
    keys, instants = {entry[:3] for entry in changed}, {entry[0] for entry in changed}
    # Few are changed, and stored there may be fifty thousand.
    staying = [entry for entry in stored if entry[0] not in instants or entry[:3] not in keys]
    return sorted([*staying, *changed], key=_KEY)
