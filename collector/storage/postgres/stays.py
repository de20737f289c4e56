"""Who was at a workstation last, from the ledger of the PostgreSQL store: what tells when the last state there ended.

A state that began before the last event at a workstation and outlasts it was in force at that event. So only workers
with closed time there in the last hour that has any can have stayed longest, and of each only what came next counts: the
next state, or where a silence began. `collector/storage/stays.py` shows it.
"""

from collector import hours
from collector.records import Entry, Run, State
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.ledger_blocks import there_are
from collector.storage.postgres.outlines import filled, sighting
from collector.storage.postgres.stays_beside_blocks import stays_beside_blocks

_STAYS = """
    with last as materialized (
        select st.number, st.last_at, (
            select max(l.hour)
            from ledger as l
            where l.site_id = $1 and l.workstation = st.number and l.hour > st.last_at - $2::bigint
                and l.working + l.idle + l.absent > 0
        ) as hour
        from workstation as st
        where st.site_id = $1
    ), stay as materialized (
        select last.number, l.worker, greatest(last.last_at + 1, last.hour) as start, last.hour + $2::bigint as until
        from last
        join ledger as l on l.site_id = $1 and l.workstation = last.number and l.hour = last.hour
            and l.working + l.idle + l.absent > 0
    ), around as materialized (
        select s.number, s.worker,
            (select max(at) from event where site_id = $1 and worker = s.worker and at < s.start and type < 3) as state_at,
            (select max(at) from event where site_id = $1 and worker = s.worker and at < s.start) as seen_at,
            (select min(at) from event where site_id = $1 and worker = s.worker and at >= s.start and type < 3) as next_at,
            (select min(at) from event where site_id = $1 and worker = s.worker and at >= s.until) as later_at
        from stay as s
    )
    select a.number, here.station_id, a.worker, a.seen_at, a.next_at, a.later_at, o.last_at,
        e.at, e.type, st.station_id, c.name
    from around as a
    join workstation as here on here.site_id = $1 and here.number = a.number
    join open_state as o on o.site_id = $1 and o.worker = a.worker
    cross join lateral (
        select * from event where site_id = $1 and worker = a.worker and at = a.state_at and type < 3 offset 0
    ) as e
    join workstation as st on st.site_id = $1 and st.number = e.workstation
    left join camera as c on c.site_id = $1 and c.number = e.camera
    order by a.number, a.worker, e.type, st.station_id
"""


async def last_stays(connection: Connection, site: int, *, gap: int) -> dict[str, list[Run]]:
    """Return for each workstation of a site the runs that tell when the states in force at its last event ended.

    Workstations where no state outlasts the last event within closed time are left out. Of a run only the end of its time
    counts: it begins somewhere in the stay.
    """
    if await there_are(connection, site):
        return await stays_beside_blocks(connection, site, gap=gap)
    rows = await connection.fetch(_STAYS, site, hours.LENGTH)
    # Of the states at one instant the last row, which is the last in the order of SEMANTICS §3, stays.
    told = {(row[0], row[2]): row for row in rows}
    stays: dict[str, list[Run]] = {}
    for _, station_id, worker, seen_at, next_at, later_at, last_at, *before in told.values():
        state = State._make(before)
        until = min(at for at in (next_at, later_at, last_at) if at is not None)
        if state.workstation_id != station_id or until <= seen_at:
            continue
        ended_by: dict[int, list[Entry]] = {worker: [sighting(until)]}
        events = await filled(connection, site, events=ended_by, seen={worker: seen_at}, gap=gap)
        stays.setdefault(station_id, []).append(Run(state, seen_at, events[worker], is_last=False))
    return stays
