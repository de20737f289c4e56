"""What stands around arriving events in the SQLite store: the runs that `decide` works on (DESIGN §4).

Around each arrival: the state in force and the last sighting before it, and after it the next event (for a count) or all up
to and including the next state (for a state). Look-ups go by whole instants, so ties are never cut in two; overlapping
neighbourhoods become one run; what lies between two runs is never read.
"""

import json
from collections.abc import Sequence

from sqlite_utils.utils import sqlite3

from collector.records import Entry, OpenState, Run, State
from shared.events import EventType

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


def runs_around(
    connection: sqlite3.Connection, worker: Worker, *, arrivals: Sequence[Entry], stands: OpenState | None
) -> list[Run]:
    """Return the runs that cover the arrivals of a worker, whose time stands at `stands` (None: no event yet)."""
    if stands is None:
        return [Run(None, None, (), is_last=True)]
    late = sorted(
        (entry.at, entry.event_type != EventType.product_count) for entry in arrivals if entry.at <= stands.last_at
    )
    stretches: list[list[int]] = []
    for at, is_state in late:
        if not stretches or at > stretches[-1][1]:
            stretches.append([at, at])
        end = _end_of_neighbourhood(connection, worker, at=at, is_state=is_state)
        stretches[-1][1] = max(stretches[-1][1], stands.last_at if end is None else end)
    runs = [
        _read_run(connection, worker, stretch=(start, end), is_last=end >= stands.last_at) for start, end in stretches
    ]
    if len(late) < len(arrivals) and not (runs and runs[-1].is_last):
        runs.append(Run(stands.state, stands.last_at, (), is_last=True))
    return runs


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


def _read_run(connection: sqlite3.Connection, worker: Worker, *, stretch: tuple[int, int], is_last: bool) -> Run:
    start, end = stretch
    # All events of the stretch, in the order of SEMANTICS §3.
    events = connection.execute(
        """
        select e.at, e.type, st.station_id, e.count, e.confidence, c.name
        from event as e
        join workstation as st on st.site = e.site and st.number = e.workstation
        left join camera as c on c.site = e.site and c.number = e.camera
        where e.site = ? and e.worker = ? and e.at between ? and ?
        order by e.at, e.type, st.station_id
        """,
        (*worker, start, end),
    ).fetchall()
    state, last_at = _before(connection, worker, at=start)
    return Run(state, last_at, [Entry._make(row) for row in events], is_last)


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
