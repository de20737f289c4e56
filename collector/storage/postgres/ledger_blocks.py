"""Blocks of hours in the PostgreSQL store; `collector/storage/blocks.py` says what a block is to a reader."""

from collector import hours
from collector.storage.blocks import ALWAYS, Block
from collector.storage.postgres.connecting import Connection

# Blocks of which an hour begins in a window.
_WITHIN = """
    select b.block, b.worker, w.worker_id, b.workstation, st.station_id, b.working, b.idle, b.absent, b.assumed
    from ledger_block as b
    join worker as w on w.site_id = $1 and w.number = b.worker
    join workstation as st on st.site_id = $1 and st.number = b.workstation
    where b.site_id = $1 and b.block > $2::bigint and b.block < $3 and ($4::integer is null or b.worker = $4)
    order by b.block, b.worker, b.workstation
"""


async def there_are(connection: Connection, site: int) -> bool:
    """Say whether a site has any."""
    return await connection.fetchval("select exists (select 1 from ledger_block where site_id = $1)", site) is True


async def blocks_within(
    connection: Connection, site: int, *, window: tuple[int, int] = ALWAYS, worker: int | None = None
) -> list[Block]:
    """Return the blocks of a site, or of one worker, of which hours begin in `[start, end)`; in order."""
    start, end = window
    rows = await connection.fetch(_WITHIN, site, start - hours.block_length(), end, worker)
    return [*map(Block._make, rows)]
