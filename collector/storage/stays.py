"""Who was at a workstation last, from the ledger of the SQLite store: what tells when the last state there ended.

A state that began before the last event at a workstation and outlasts it was in force at that event. So only workers
with closed time there in the last hour that has any can have stayed longest, and of each only what came next counts: the
next state, or where a silence began. That is a row of the ledger and a few look-ups a worker, whatever lies in the hour.

    at S1      working@S1 ... working@S1 |..................| working@S2
                               last event of S1              |next state: here the stay ends
    the run                              [- - counts left out - - W]
"""

from sqlite_utils.utils import sqlite3

from collector import hours
from collector.records import Entry, Run, State
from collector.storage.outlines import filled
from collector.storage.stays_beside_blocks import has_blocks, stays_beside_blocks
from shared.events import EventType

_STAYS = """
    with last as materialized (
        select st.number, st.last_at, (
            select max(l.hour)
            from ledger as l indexed by ledger_of_workstation
            where l.site = st.site and l.workstation = st.number and l.hour > st.last_at - :length
                and l.working + l.idle + l.absent > 0
        ) as hour
        from workstation as st
        where st.site = :site
    ), stay as materialized (
        select last.number, l.worker, max(last.last_at + 1, last.hour) as start, last.hour + :length as end
        from last
        cross join ledger as l indexed by ledger_of_workstation on l.site = :site and l.workstation = last.number
            and l.hour = last.hour and l.working + l.idle + l.absent > 0
    ), around as materialized (
        select s.number, s.worker,
            (select max(at) from event where site = :site and worker = s.worker and at < s.start and type < 3) as state_at,
            (select max(at) from event where site = :site and worker = s.worker and at < s.start) as seen_at,
            (select min(at) from event where site = :site and worker = s.worker and at >= s.start and type < 3) as next_at,
            (select min(at) from event where site = :site and worker = s.worker and at >= s.end) as later_at
        from stay as s
    )
    select a.number, here.station_id, a.worker, a.seen_at, a.next_at, a.later_at, o.last_at,
        e.at, e.type, st.station_id, c.name
    from around as a
    join workstation as here on here.site = :site and here.number = a.number
    join open_state as o on o.site = :site and o.worker = a.worker
    join event as e on e.site = :site and e.worker = a.worker and e.at = a.state_at and e.type < 3
    join workstation as st on st.site = e.site and st.number = e.workstation
    left join camera as c on c.site = e.site and c.number = e.camera
    order by a.number, a.worker, e.type, st.station_id
"""
_COUNT = int(EventType.product_count)


def last_stays(connection: sqlite3.Connection, site: int, *, gap: int) -> dict[str, list[Run]]:
    """Return for each workstation of a site the runs that tell when the states in force at its last event ended.

    Workstations where no state outlasts the last event within closed time are left out. Of a run only the end of its time
    counts: it begins somewhere in the stay.
    """
    if has_blocks(connection, site):
        return stays_beside_blocks(connection, site, gap=gap)
    rows = connection.execute(_STAYS, {"site": site, "length": hours.LENGTH}).fetchall()
    # Of the states at one instant the last row, which is the last in the order of SEMANTICS §3, stays.
    told = {(row[0], row[2]): row for row in rows}
    stays: dict[str, list[Run]] = {}
    for _, station_id, worker, seen_at, next_at, later_at, last_at, *before in told.values():
        state = State._make(before)
        end = min(at for at in (next_at, later_at, last_at) if at is not None)
        if state.workstation_id != station_id or end <= seen_at:
            continue
        ended_by = [Entry(end, _COUNT, "", 0, None, None)]
        events = filled(connection, (site, worker), seen_at=seen_at, events=ended_by, gap=gap)
        stays.setdefault(station_id, []).append(Run(state, seen_at, events, is_last=False))
    return stays
