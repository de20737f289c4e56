"""Who was at a workstation last, in the SQLite store, where the hours of its site are also changed by the block.

A row of an hour may hold time there that a block takes away again, and so may any number of rows before it: the last row that
holds time does not tell the last hour that has any. So everybody is looked at who ever had time at the workstation: whose
state was in force there at its last event, and where the last pair of sightings lies before what came next, that are no
silence. Going back from there costs a look-up for each sighting that stands alone; beyond the station's last row and block
nobody was there.

    at S1      working@S1 ...... c .. c |............| c |...........| working@S2
                          last event    a silence      stands alone    next state: from here back
"""

from sqlite_utils.utils import sqlite3

from collector import hours
from collector.records import Entry, Run, State
from shared.events import EventType

# Who may have outlasted the last event at a workstation, as far as what came next, and the states in force at it.
_CANDIDATES = """
    with place as materialized (
        select st.number, st.station_id, st.last_at, max(
            st.last_at + 1,
            coalesce((
                select max(l.hour)
                from ledger as l indexed by ledger_of_workstation
                where l.site = :site and l.workstation = st.number
            ) + :length, 0),
            coalesce((
                select max(block) from ledger_block where site = :site and workstation = st.number
            ) + :block_length, 0)
        ) as until
        from workstation as st
        where st.site = :site and st.last_at is not null
    ), around as materialized (
        select t.worker, p.number, p.station_id, o.last_at,
            (select max(at) from event where site = :site and worker = t.worker and at <= p.last_at and type < 3) as state_at,
            (select min(at) from event where site = :site and worker = t.worker and at > p.last_at and type < 3) as next_at,
            (select min(at) from event where site = :site and worker = t.worker and at >= p.until) as later_at
        from place as p
        cross join total as t on t.site = :site and t.workstation = p.number and t.working + t.idle + t.absent > 0
        join open_state as o on o.site = :site and o.worker = t.worker and o.last_at > p.last_at
    )
    select a.number, a.station_id, a.worker, a.next_at, a.later_at, a.last_at, e.at, e.type, st.station_id, c.name
    from around as a
    cross join event as e on e.site = :site and e.worker = a.worker and e.at = a.state_at and e.type < 3
    join workstation as st on st.site = e.site and st.number = e.workstation
    left join camera as c on c.site = e.site and c.number = e.camera
    order by a.number, a.worker, e.type, st.station_id
"""
# Back from an instant to the last pair of sightings that are no silence, or to the state's own event.
_LAST_PAIR = """
    with recursive back (here, before) as (
        select :end, (select max(at) from event where site = :site and worker = :worker and at < :end)
        union all
        select before, (select max(at) from event where site = :site and worker = :worker and at < back.before)
        from back
        where here - before > :gap and before > :state_at
    )
    select min(here), min(before) from back
"""
_COUNT = int(EventType.product_count)


def has_blocks(connection: sqlite3.Connection, site: int) -> bool:
    """Say whether hours of a site are changed by the block."""
    return connection.execute("select 1 from ledger_block where site = ? limit 1", (site,)).fetchone() is not None


def stays_beside_blocks(connection: sqlite3.Connection, site: int, *, gap: int) -> dict[str, list[Run]]:
    """Return what `last_stays` returns."""
    bound = {"site": site, "length": hours.LENGTH, "block_length": hours.block_length()}
    rows = connection.execute(_CANDIDATES, bound).fetchall()
    # Of the states at one instant the last row, which is the last in the order of SEMANTICS §3, stays.
    told = {(row[0], row[2]): row for row in rows}
    stays: dict[str, list[Run]] = {}
    for _, station_id, worker, next_at, later_at, last_at, *before in told.values():
        state = State._make(before)
        if state.workstation_id != station_id:
            continue
        end = min(at for at in (next_at, later_at, last_at) if at is not None)
        place = {"site": site, "worker": worker, "end": end, "gap": gap, "state_at": state.at}
        here, seen_at = connection.execute(_LAST_PAIR, place).fetchone()
        events = [Entry(at, _COUNT, "", 0, None, None) for at in sorted({here, end})]
        stays.setdefault(station_id, []).append(Run(state, seen_at, events, is_last=False))
    return stays
