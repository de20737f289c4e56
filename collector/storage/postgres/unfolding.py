"""Blocks of hours of the PostgreSQL store for whoever goes row by row: unfolded into rows of hours, and counted as such."""

from itertools import groupby
from operator import itemgetter

from collector import hours
from collector.storage.blocks import ALWAYS, with_hours_of
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.ledger_blocks import blocks_within

_BEFORE = "b.block < $2 and ($3::integer is null or b.worker = $3)"
_ARE_THERE = f"select exists (select 1 from ledger_block as b where b.site_id = $1 and {_BEFORE})"  # noqa: S608
# Of blocks that take a part in what rows hold: before rows are made of what they hold themselves.
_UNFOLD_SHARES = f"""
    insert into ledger (site_id, hour, worker, workstation, working, idle, absent, assumed, units)
    select $1, t.hour, t.worker, b.workstation, b.of_working * t.time, b.of_idle * t.time, b.of_absent * t.time, 0, 0
    from (
        select hour, worker, sum(working + idle + absent)::bigint as time
        from ledger
        where site_id = $1 and hour < $2 + $4::bigint and ($3::integer is null or worker = $3)
            and hour >= (select min(b.block) from ledger_block as b where b.site_id = $1 and {_BEFORE})
        group by hour, worker
    ) as t
    join ledger_block as b on b.worker = t.worker and b.block > t.hour - $4::bigint and b.block <= t.hour
    where b.site_id = $1 and {_BEFORE} and (b.of_working <> 0 or b.of_idle <> 0 or b.of_absent <> 0)
    on conflict (site_id, hour, worker, workstation) do update
    set working = ledger.working + excluded.working, idle = ledger.idle + excluded.idle,
        absent = ledger.absent + excluded.absent
"""  # noqa: S608 - texts of ours, as below
# All hours of blocks.
_UNFOLD = f"""
    insert into ledger (site_id, hour, worker, workstation, working, idle, absent, assumed, units)
    select $1, every.hour, b.worker, b.workstation, b.working, b.idle, b.absent, b.assumed, 0
    from ledger_block as b
    cross join lateral generate_series(b.block, b.block + $4::bigint - $5::bigint, $5::bigint) as every (hour)
    where b.site_id = $1 and {_BEFORE} and (b.working <> 0 or b.idle <> 0 or b.absent <> 0 or b.assumed <> 0)
    on conflict (site_id, hour, worker, workstation) do update
    set working = ledger.working + excluded.working, idle = ledger.idle + excluded.idle,
        absent = ledger.absent + excluded.absent, assumed = ledger.assumed + excluded.assumed
"""  # noqa: S608
_CLEAR = f"""
    delete from ledger as l
    where l.site_id = $1 and l.hour >= (select min(b.block) from ledger_block as b where b.site_id = $1 and {_BEFORE})
        and l.hour < $2 + $4::bigint
        and l.working = 0 and l.idle = 0 and l.absent = 0 and l.assumed = 0 and l.units = 0
"""  # noqa: S608
_DROP = f"delete from ledger_block as b where b.site_id = $1 and {_BEFORE}"  # noqa: S608


async def unfold(connection: Connection, site: int, *, before: int, worker: int | None = None) -> None:
    """Make rows of hours of all blocks, or of those of one worker, that begin before an instant."""
    those = (site, before, worker)
    if not await connection.fetchval(_ARE_THERE, *those):
        return  # nearly always
    block = hours.block_length()
    await connection.execute(_UNFOLD_SHARES, *those, block)
    await connection.execute(_UNFOLD, *those, block, hours.LENGTH)
    await connection.execute(_CLEAR, *those, block)
    await connection.execute(_DROP, *those)


async def first_hour(connection: Connection, site: int, *, since: int) -> int | None:
    """Return the first hour at or after a full one that lies in a block; None if there is none."""
    # The first block that does not end before it.
    block = await connection.fetchval(
        "select min(block) from ledger_block where site_id = $1 and block > $2", site, since - hours.block_length()
    )
    return None if block is None else max(since, block)


async def more_hours(connection: Connection, site: int, *, before: int, worker: int | None = None) -> int:
    """Return how many rows more there would be before a full hour if there were no blocks."""
    found = await blocks_within(connection, site, window=(ALWAYS[0], before), worker=worker)
    if not found.all:  # nearly always
        return 0
    rows = await connection.fetch(
        """
        select l.worker, l.hour, st.station_id, l.working, l.idle, l.absent, l.assumed, l.units
        from ledger as l
        join workstation as st on st.site_id = $1 and st.number = l.workstation
        where l.site_id = $1 and l.worker = any($2::integer[])
        order by l.worker
        """,
        site,
        [*{each.worker for each in found.all}],
    )
    of_worker = {number: [tuple(row)[1:] for row in group] for number, group in groupby(rows, itemgetter(0))}
    more = 0
    for number in {each.worker for each in found.all}:
        there = of_worker.get(number, [])
        told = with_hours_of([each for each in found.all if each.worker == number], there)
        more += sum(row[0] < before for row in told) - sum(row[0] < before for row in there)
    return more
