"""What stands around arriving events in the SQLite store: the runs that `decide` works on (DESIGN §4).

Around each arrival: the state in force and the last sighting before it, and after it

* nothing, if its key stands already: another version moves no time;
* the next event, for a new count;
* what tells the time up to and including the next state, for a new state. Between two events that are at most `session_gap`
  apart there is no silence, whatever else lies between: the counts there are left out, and of the others it matters only
  that they were. So a state costs two look-ups for each `session_gap` of the time that it may move, all in one statement.

Look-ups go by whole instants, so ties are never cut in two; overlapping neighbourhoods become one run; what lies between two
runs is never read.

    stored     S    c c c c c c c c c            c c c  s2         a new state X after S
    read       S  X c               c            c   c  s2
                    |= at most gap =|== longer ==|
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from sqlite_utils.utils import sqlite3

from collector.records import Entry, EntryKey, OpenState, Run, State
from shared.events import EventType

_COUNT = int(EventType.product_count)
_ORDER = itemgetter(0, 1, 2)
Worker = tuple[int, int]
"""The numbers of a site and a worker."""

_EVENTS_WITHIN = """
    select e.worker, e.at, e.type, st.station_id, e.count, e.confidence, c.name
    from json_each(:workers) as w
    join event as e on e.site = :site and e.worker = w.value and e.at >= :start and e.at <= coalesce(
        (select min(at) from event where site = :site and worker = w.value and at >= :end), :end
    )
    join workstation as st on st.site = e.site and st.number = e.workstation
    left join camera as c on c.site = e.site and c.number = e.camera
    order by e.worker, e.at, e.type, st.station_id
"""
_BEFORE = """
    with known as materialized (
        select w.value as worker,
            (select min(at) from event where site = :site and worker = w.value and at >= :end) as following,
            (select max(at) from event where site = :site and worker = w.value and at < :start) as last_at,
            (select max(at) from event where site = :site and worker = w.value and at < :start and type < 3) as state_at
        from json_each(:workers) as w
    )
    select k.worker, k.following, k.last_at, e.at, e.type, st.station_id, c.name
    from known as k
    left join event as e on e.site = :site and e.worker = k.worker and e.at = k.state_at and e.type < 3
    left join workstation as st on st.site = e.site and st.number = e.workstation
    left join camera as c on c.site = e.site and c.number = e.camera
    order by k.worker, e.type, st.station_id
"""
# In turn the next event, and the last one that no silence can part from it; where both are one, it is there twice.
_TELLING_TIME = """
    with recursive hop (at, is_next) as (
        select :start, false
        union all
        select iif(
            is_next,
            (select max(at) from event where site = :site and worker = :worker and at <= min(hop.at + :gap, :end)),
            (select min(at) from event where site = :site and worker = :worker and at > hop.at)
        ), not is_next
        from hop
        where is_next or at < :end
    )
    select at from hop
"""
_new = tuple.__new__
"""Makes an `Entry` from its fields in a third of the time that calling the class takes."""


@dataclass(slots=True)
class _Stretch:
    """A neighbourhood while it grows: `[start, end]`, the instants in it that are read, and what tells the time between."""

    start: int
    end: int
    read: list[int]
    sightings: list[Entry]
    ends_in_state: bool = False
    """No state stands between the start and the end."""


def runs_around(
    connection: sqlite3.Connection, worker: Worker, *, arrivals: Sequence[Entry], stands: OpenState | None, gap: int
) -> list[Run]:
    """Return the runs that cover the arrivals of a worker, whose time stands at `stands` (None: no event yet).

    `gap` is the `session_gap` that the stored amounts are made with.
    """
    if stands is None:
        return [Run(None, None, (), is_last=True)]
    last_at = stands.last_at
    late = sorted([entry[:3] for entry in arrivals if entry[0] <= last_at])
    if not late:  # nearly always
        return [Run(stands.state, last_at, (), is_last=True)]
    runs = [
        _read_run(connection, worker, stretch=stretch, is_last=stretch.end >= last_at)
        for stretch in _stretches(connection, worker, late=late, last_at=last_at, gap=gap)
    ]
    # Another camera of the state in force tells how long it goes on, however many counts follow it.
    reaches_end = len(late) < len(arrivals) or (stands.state is not None and stands.state[:3] in late)
    if reaches_end and not (runs and runs[-1].is_last):
        runs.append(Run(stands.state, last_at, (), is_last=True))
    return runs


def _stretches(
    connection: sqlite3.Connection, worker: Worker, *, late: Sequence[EntryKey], last_at: int, gap: int
) -> list[_Stretch]:
    standing = _standing(connection, worker, late=late)
    instants = {at for at, _, _ in standing}
    stretches: list[_Stretch] = []
    for key in late:
        at, is_state = key[0], key[1] != EventType.product_count
        if not stretches or at > stretches[-1].end:
            stretches.append(_Stretch(at, at, [], []))
        stretch = stretches[-1]
        if at in instants:
            stretch.read.append(at)
        # Before the end of an earlier one's neighbourhood there is nothing that it does not hold already.
        if key in standing or (at < stretch.end and (not is_state or stretch.ends_in_state)):
            continue
        found = _end_of_neighbourhood(connection, worker, at=at, is_state=is_state)
        end = last_at if found is None else found
        stretch.ends_in_state = is_state
        if end <= stretch.end:
            continue
        if is_state:
            between = (stretch.end, end)
            stretch.sightings += _sightings_telling_time(connection, worker, stretch=between, gap=gap)
        stretch.read.append(end)
        stretch.end = end
    return stretches


def _standing(connection: sqlite3.Connection, worker: Worker, *, late: Sequence[EntryKey]) -> set[EntryKey]:
    # Keys that are stored, of all at those instants.
    return set(
        connection.execute(
            """
            select e.at, e.type, st.station_id
            from (select distinct value as at from json_each(?)) as k
            cross join event as e on e.site = ? and e.worker = ? and e.at = k.at
            join workstation as st on st.site = e.site and st.number = e.workstation
            """,
            (json.dumps([key[0] for key in late]), *worker),
        ).fetchall()
    )


def _sightings_telling_time(
    connection: sqlite3.Connection, worker: Worker, *, stretch: tuple[int, int], gap: int
) -> list[Entry]:
    """Return bare sightings after the start of a stretch, without those that lie in an unbroken time of others."""
    place = {"site": worker[0], "worker": worker[1], "start": stretch[0], "end": stretch[1], "gap": gap}
    rows = connection.execute(_TELLING_TIME, place)
    rows.fetchone()  # the start
    return [_new(Entry, (at, _COUNT, "", 0, None, None)) for (at,) in rows]


def run_within(connection: sqlite3.Connection, worker: Worker, *, start: int, end: int) -> Run:
    """Return the run that tells a worker's time in `[start, end)`: up to and including the first instant after it."""
    site, number = worker
    return runs_within(connection, site, workers=[number], stretch=(start, end))[number]


def runs_within(
    connection: sqlite3.Connection, site: int, *, workers: Sequence[int], stretch: tuple[int, int]
) -> dict[int, Run]:
    """Return such a run of each of these workers of a site; two statements for all of them."""
    bound = {"site": site, "workers": json.dumps(workers), "start": stretch[0], "end": stretch[1]}
    events: dict[int, list[Entry]] = {worker: [] for worker in workers}
    for worker, *event in connection.execute(_EVENTS_WITHIN, bound).fetchall():
        events[worker].append(Entry._make(event))
    # Of the states at one instant the last row, which is the last in the order of SEMANTICS §3, stays.
    return {
        worker: Run(
            None if state[0] is None else State._make(state), last_at, events[worker], is_last=following is None
        )
        for worker, following, last_at, *state in connection.execute(_BEFORE, bound).fetchall()
    }


def _end_of_neighbourhood(connection: sqlite3.Connection, worker: Worker, *, at: int, is_state: bool) -> int | None:
    # The instant of the next state (which ends what a new state changes), or of the next event.
    only_states = "and type < 3" if is_state else ""
    (end,) = connection.execute(
        f"select min(at) from event where site = ? and worker = ? and at > ? {only_states}",  # noqa: S608 - one of two
        (*worker, at),
    ).fetchone()
    return None if end is None else int(end)


def _read_run(connection: sqlite3.Connection, worker: Worker, *, stretch: _Stretch, is_last: bool) -> Run:
    # The events at the instants that are read.
    rows = connection.execute(
        """
        select e.at, e.type, st.station_id, e.count, e.confidence, c.name
        from (select distinct value as at from json_each(?)) as k
        cross join event as e on e.site = ? and e.worker = ? and e.at = k.at
        join workstation as st on st.site = e.site and st.number = e.workstation
        left join camera as c on c.site = e.site and c.number = e.camera
        """,
        (json.dumps(stretch.read), *worker),
    ).fetchall()
    # In the order of SEMANTICS §3; a bare sighting beside an event of the same instant tells nothing more.
    events = sorted([*map(Entry._make, rows), *stretch.sightings], key=_ORDER)
    state, last_at = _before(connection, worker, at=stretch.start)
    return Run(state, last_at, events, is_last)


def _before(connection: sqlite3.Connection, worker: Worker, *, at: int) -> tuple[State | None, int | None]:
    (last_at,) = connection.execute(
        "select max(at) from event where site = ? and worker = ? and at < ?", (*worker, at)
    ).fetchone()
    if last_at is None:
        return None, None
    # Of the states at the latest instant that has one, the last in the order of SEMANTICS §3.
    row = connection.execute(
        """
        select e.at, e.type, st.station_id, c.name
        from event as e
        join workstation as st on st.site = e.site and st.number = e.workstation
        left join camera as c on c.site = e.site and c.number = e.camera
        where e.site = ?1 and e.worker = ?2 and e.type < 3
          and e.at = (select max(at) from event where site = ?1 and worker = ?2 and at < ?3 and type < 3)
        order by e.type desc, st.station_id desc
        limit 1
        """,
        (*worker, at),
    ).fetchone()
    return (None if row is None else State._make(row)), last_at
