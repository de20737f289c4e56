"""Who was at a workstation last, in the PostgreSQL store, where the hours of its site are also changed by the block.

A row of an hour may hold time there that a block takes away again, so the last row that holds time does not tell the last hour
that has any; `collector/storage/stays_beside_blocks.py` shows what does.
"""

from collector import hours
from collector.records import Run, State
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.outlines import sighting

# Who may have outlasted the last event at a workstation, as far as what came next, and the states in force at it.
_CANDIDATES = """
    with place as materialized (
        select st.number, st.station_id, st.last_at, greatest(
            st.last_at + 1,
            (select max(l.hour) from ledger as l where l.site_id = $1 and l.workstation = st.number) + $2::bigint,
            (select max(b.block) from ledger_block as b where b.site_id = $1 and b.workstation = st.number) + $3::bigint
        ) as until
        from workstation as st
        where st.site_id = $1 and st.last_at is not null
    ), around as materialized (
        select t.worker, p.number, p.station_id, o.last_at,
            (select max(at) from event where site_id = $1 and worker = t.worker and at <= p.last_at and type < 3) as state_at,
            (select min(at) from event where site_id = $1 and worker = t.worker and at > p.last_at and type < 3) as next_at,
            (select min(at) from event where site_id = $1 and worker = t.worker and at >= p.until) as later_at
        from place as p
        join total as t on t.site_id = $1 and t.workstation = p.number and t.working + t.idle + t.absent > 0
        join open_state as o on o.site_id = $1 and o.worker = t.worker and o.last_at > p.last_at
    )
    select a.number, a.station_id, a.worker, a.next_at, a.later_at, a.last_at, e.at, e.type, st.station_id, c.name
    from around as a
    cross join lateral (
        select * from event where site_id = $1 and worker = a.worker and at = a.state_at and type < 3 offset 0
    ) as e
    join workstation as st on st.site_id = $1 and st.number = e.workstation
    left join camera as c on c.site_id = $1 and c.number = e.camera
    order by a.number, a.worker, e.type, st.station_id
"""
# Back from an instant to the last pair of sightings that are no silence, or to the state's own event.
_LAST_PAIR = """
    with recursive back (here, before) as (
        select $3::bigint, (select max(at) from event where site_id = $1 and worker = $2 and at < $3)
        union all
        select before, (select max(at) from event where site_id = $1 and worker = $2 and at < back.before)
        from back
        where here - before > $4::bigint and before > $5
    )
    select min(here), min(before) from back
"""


async def stays_beside_blocks(connection: Connection, site: int, *, gap: int) -> dict[str, list[Run]]:
    """Return what `last_stays` returns."""
    rows = await connection.fetch(_CANDIDATES, site, hours.LENGTH, hours.block_length())
    # Of the states at one instant the last row, which is the last in the order of SEMANTICS §3, stays.
    told = {(row[0], row[2]): row for row in rows}
    stays: dict[str, list[Run]] = {}
    for _, station_id, worker, next_at, later_at, last_at, *before in told.values():
        state = State._make(before)
        if state.workstation_id != station_id:
            continue
        until = min(at for at in (next_at, later_at, last_at) if at is not None)
        here, seen_at = await connection.fetchrow(_LAST_PAIR, site, worker, until, gap, state.at)
        stays.setdefault(station_id, []).append(
            Run(state, seen_at, [*map(sighting, sorted({here, until}))], is_last=False)
        )
    return stays
