"""Blocks of hours in the SQLite store: read, counted, and unfolded into rows of hours for whoever goes row by row.

What arrives is written in `ledger_rows.py`, `blocks.py` says what a block is to a reader.
"""

from sqlite_utils.utils import sqlite3

from collector import hours
from collector.storage.blocks import ALWAYS, Block

IS_NOTHING = "working = 0 and idle = 0 and absent = 0 and assumed = 0 and units = 0"
_THOSE = """
    b.site = :site and b.block > :start - :block_length and b.block < :end and (:worker is null or b.worker = :worker)
"""
# Blocks of which an hour begins in a window.
_WITHIN = f"""
    select b.block, b.worker, w.worker_id, b.workstation, st.station_id, b.working, b.idle, b.absent, b.assumed
    from ledger_block as b
    join worker as w on w.site = b.site and w.number = b.worker
    join workstation as st on st.site = b.site and st.number = b.workstation
    where {_THOSE}
    order by b.block, b.worker, b.workstation
"""  # noqa: S608 - texts of ours, as below
# All hours of blocks.
_EVERY_HOUR = f"""
    with recursive every (site, hour, worker, workstation, working, idle, absent, assumed, left) as (
        select b.site, b.block, b.worker, b.workstation, b.working, b.idle, b.absent, b.assumed, :hours - 1
        from ledger_block as b
        where {_THOSE}
        union all
        select site, hour + :length, worker, workstation, working, idle, absent, assumed, left - 1
        from every
        where left > 0
    )
"""  # noqa: S608
_UNFOLD = f"""
    insert into ledger (site, hour, worker, workstation, working, idle, absent, assumed, units)
    {_EVERY_HOUR}
    select site, hour, worker, workstation, working, idle, absent, assumed, 0 from every where true
    on conflict (site, hour, worker, workstation) do update
    set working = working + excluded.working, idle = idle + excluded.idle, absent = absent + excluded.absent,
        assumed = assumed + excluded.assumed
"""  # noqa: S608
_CLEAR = f"""
    delete from ledger
    where site = :site and hour >= (select min(b.block) from ledger_block as b where {_THOSE})
        and hour < :end + :block_length and {IS_NOTHING}
"""  # noqa: S608
_DROP = f"delete from ledger_block as b where {_THOSE}"  # noqa: S608
# An hour of a block that has no row is one more, a row that is nothing together with its block one less.
_MORE = f"""
    {_EVERY_HOUR}
    select coalesce(sum(case
        when l.hour is null then 1
        when l.working = -e.working and l.idle = -e.idle and l.absent = -e.absent and l.assumed = -e.assumed
            and l.units = 0 then -1
        else 0
    end), 0)
    from every as e
    left join ledger as l on l.site = e.site and l.hour = e.hour and l.worker = e.worker and l.workstation = e.workstation
    where e.hour < :end
"""  # noqa: S608


def there_are(connection: sqlite3.Connection) -> bool:
    """Say whether the store has any."""
    return connection.execute("select 1 from ledger_block limit 1").fetchone() is not None


def blocks_within(
    connection: sqlite3.Connection, site: int, *, window: tuple[int, int] = ALWAYS, worker: int | None = None
) -> list[Block]:
    """Return the blocks of a site, or of one worker, of which hours begin in `[start, end)`; in order."""
    return [*map(Block._make, connection.execute(_WITHIN, _bound(site, window=window, worker=worker)).fetchall())]


def first_hour(connection: sqlite3.Connection, site: int, *, since: int) -> int | None:
    """Return the first hour at or after a full one that lies in a block; None if there is none."""
    # The first block that does not end before it.
    (block,) = connection.execute(
        "select min(block) from ledger_block where site = ? and block > ?", (site, since - hours.block_length())
    ).fetchone()
    return None if block is None else max(since, block)


def unfold(connection: sqlite3.Connection, site: int, *, before: int, worker: int | None = None) -> None:
    """Make rows of hours of all blocks, or of those of one worker, that begin before an instant."""
    bound = _bound(site, window=(ALWAYS[0], before), worker=worker)
    if not connection.execute(f"select exists (select 1 from ledger_block as b where {_THOSE})", bound).fetchone()[0]:  # noqa: S608
        return  # nearly always
    for statement in (_UNFOLD, _CLEAR, _DROP):
        connection.execute(statement, bound)


def more_hours(connection: sqlite3.Connection, site: int, *, before: int, worker: int | None = None) -> int:
    """Return how many rows more there would be before a full hour if there were no blocks."""
    bound = _bound(site, window=(ALWAYS[0], before), worker=worker)
    return int(connection.execute(_MORE, bound).fetchone()[0])


def _bound(site: int, *, window: tuple[int, int], worker: int | None) -> dict[str, int | None]:
    return {
        "site": site,
        "start": window[0],
        "end": window[1],
        "worker": worker,
        "block_length": hours.block_length(),
        "hours": hours.BLOCK,
        "length": hours.LENGTH,
    }
