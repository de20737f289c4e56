"""Blocks of hours in the PostgreSQL store; `collector/storage/blocks.py` says what a block is to a reader."""

from collections.abc import Sequence

from collector import hours
from collector.hours import Moved
from collector.storage.block_changes import Shares
from collector.storage.blocks import ALWAYS, Block, Blocks
from collector.storage.postgres import reading
from collector.storage.postgres.connecting import Connection

# Blocks of which an hour begins in a window.
_WITHIN = """
    select b.block, b.worker, w.worker_id, b.workstation, st.station_id, b.working, b.idle, b.absent, b.assumed,
        b.of_working, b.of_idle, b.of_absent
    from ledger_block as b
    join worker as w on w.site_id = $1 and w.number = b.worker
    join workstation as st on st.site_id = $1 and st.number = b.workstation
    where b.site_id = $1 and b.block > $2::bigint and b.block < $3 and ($4::integer is null or b.worker = $4)
    order by b.block, b.worker, b.workstation
"""
# How much time rows hold of hours of workers.
_TIMES = """
    select worker, hour, sum(working + idle + absent)::bigint
    from ledger
    where site_id = $1 and hour >= $2 and hour < $3 and worker = any($4::integer[])
    group by worker, hour
"""


async def there_are(connection: Connection, site: int) -> bool:
    """Say whether a site has any."""
    return await connection.fetchval("select exists (select 1 from ledger_block where site_id = $1)", site) is True


async def those_with_any(connection: Connection, sites: Sequence[int]) -> set[int]:
    """Return which of these sites have any."""
    rows = await reading.fetch_of(connection, "select distinct site_id from ledger_block where site_id {of}", of=sites)
    return {row[0] for row in rows}


async def blocks_within(
    connection: Connection, site: int, *, window: tuple[int, int] = ALWAYS, worker: int | None = None
) -> Blocks:
    """Return the blocks of a site, or of one worker, of which hours begin in `[start, end)`; in order."""
    start, end = window
    rows = await connection.fetch(_WITHIN, site, start - hours.block_length(), end, worker)
    blocks = [*map(Block._make, rows)]
    sharing = {each.worker for each in blocks if each.has_shares}
    if not sharing:
        return Blocks(blocks)
    rows = await connection.fetch(_TIMES, site, start, end, [*sharing])
    return Blocks(blocks, {(number, hour): time for number, hour, time in rows})


async def shares(connection: Connection, site: int, *, blocks: set[int]) -> Shares:
    """Return what part workers have in these blocks of what rows hold."""
    rows = await connection.fetch(
        """
        select block, worker, workstation, of_working, of_idle, of_absent
        from ledger_block
        where site_id = $1 and block = any($2::bigint[]) and (of_working <> 0 or of_idle <> 0 or of_absent <> 0)
        """,
        site,
        [*blocks],
    )
    found: dict[tuple[int, int], list[tuple[int, int, int, int]]] = {}
    for block, worker, *share in rows:
        found.setdefault((block, worker), []).append((share[0], share[1], share[2], share[3]))
    return found


async def times(connection: Connection, worker: tuple[int, int], *, moved: Moved) -> dict[int, int]:
    """Return how much time blocks that move hold themselves of each of their hours."""
    rows = await connection.fetch(
        """
        select block, sum(working + idle + absent)::bigint
        from ledger_block
        where site_id = $1 and worker = $2 and block >= $3 and block < $4
        group by block
        """,
        *worker,
        moved.first,
        moved.end,
    )
    return dict(map(tuple, rows))
