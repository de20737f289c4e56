"""Blocks of hours in the SQLite store: read, counted, and unfolded into rows of hours for whoever goes row by row.

What arrives is written in `ledger_rows.py`, `blocks.py` says what a block is to a reader.
"""

import json
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlite_utils.utils import sqlite3

from collector import hours
from collector.hours import Moved
from collector.storage.block_changes import Shares
from collector.storage.blocks import ALWAYS, Block, Blocks, with_hours_of

IS_NOTHING = "working = 0 and idle = 0 and absent = 0 and assumed = 0 and units = 0"
_THOSE = """
    b.site = :site and b.block > :start - :block_length and b.block < :end and (:worker is null or b.worker = :worker)
"""
# Blocks of which an hour begins in a window.
_WITHIN = f"""
    select b.block, b.worker, w.worker_id, b.workstation, st.station_id, b.working, b.idle, b.absent, b.assumed,
        b.of_working, b.of_idle, b.of_absent
    from ledger_block as b
    join worker as w on w.site = b.site and w.number = b.worker
    join workstation as st on st.site = b.site and st.number = b.workstation
    where {_THOSE}
    order by b.block, b.worker, b.workstation
"""  # noqa: S608 - texts of ours, as below
# How much time rows hold of hours of workers.
_TIMES = """
    select worker, hour, sum(working + idle + absent)
    from ledger
    where site = :site and hour >= :start and hour < :end and worker in (select value from json_each(:workers))
    group by worker, hour
"""
# Of blocks that take a part in what rows hold: before rows are made of what they hold themselves.
_UNFOLD_SHARES = f"""
    insert into ledger (site, hour, worker, workstation, working, idle, absent, assumed, units)
    select t.site, t.hour, t.worker, b.workstation, b.of_working * t.time, b.of_idle * t.time, b.of_absent * t.time, 0, 0
    from (
        select site, hour, worker, sum(working + idle + absent) as time
        from ledger
        where site = :site and hour < :end + :block_length and (:worker is null or worker = :worker)
            and hour >= (select min(b.block) from ledger_block as b where {_THOSE})
        group by hour, worker
    ) as t
    join ledger_block as b on b.worker = t.worker and b.block > t.hour - :block_length and b.block <= t.hour
    where {_THOSE} and (b.of_working <> 0 or b.of_idle <> 0 or b.of_absent <> 0)
    on conflict (site, hour, worker, workstation) do update
    set working = working + excluded.working, idle = idle + excluded.idle, absent = absent + excluded.absent
"""  # noqa: S608
# All hours of blocks.
_EVERY_HOUR = f"""
    with recursive every (site, hour, worker, workstation, working, idle, absent, assumed, left) as (
        select b.site, b.block, b.worker, b.workstation, b.working, b.idle, b.absent, b.assumed, :hours - 1
        from ledger_block as b
        where {_THOSE} and (b.working <> 0 or b.idle <> 0 or b.absent <> 0 or b.assumed <> 0)
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
# Rows of hours of workers that have blocks.
_ROWS = f"""
    select l.worker, l.hour, st.station_id, l.working, l.idle, l.absent, l.assumed, l.units
    from ledger as l
    join workstation as st on st.site = l.site and st.number = l.workstation
    where l.site = :site and l.worker in (select b.worker from ledger_block as b where {_THOSE})
    order by l.worker
"""  # noqa: S608


def there_are(connection: sqlite3.Connection) -> bool:
    """Say whether the store has any."""
    return connection.execute("select 1 from ledger_block limit 1").fetchone() is not None


def blocks_within(
    connection: sqlite3.Connection, site: int, *, window: tuple[int, int] = ALWAYS, worker: int | None = None
) -> Blocks:
    """Return the blocks of a site, or of one worker, of which hours begin in `[start, end)`; in order."""
    bound = _bound(site, window=window, worker=worker)
    blocks = [*map(Block._make, connection.execute(_WITHIN, bound).fetchall())]
    sharing = {each.worker for each in blocks if each.has_shares}
    if not sharing:
        return Blocks(blocks)
    rows = connection.execute(_TIMES, bound | {"workers": json.dumps([*sharing])})
    return Blocks(blocks, {(worker, hour): time for worker, hour, time in rows})


def first_hour(connection: sqlite3.Connection, site: int, *, since: int) -> int | None:
    """Return the first hour at or after a full one that lies in a block; None if there is none."""
    # The first block that does not end before it.
    (block,) = connection.execute(
        "select min(block) from ledger_block where site = ? and block > ?", (site, since - hours.block_length())
    ).fetchone()
    return None if block is None else max(since, block)


def shares(connection: sqlite3.Connection, site: int, *, blocks: set[int]) -> Shares:
    """Return what part workers have in these blocks of what rows hold."""
    rows = connection.execute(
        """
        select b.block, b.worker, b.workstation, b.of_working, b.of_idle, b.of_absent
        from json_each(?) as k
        cross join ledger_block as b on b.site = ? and b.block = k.value
        where b.of_working <> 0 or b.of_idle <> 0 or b.of_absent <> 0
        """,
        (json.dumps([*blocks]), site),
    )
    found: dict[tuple[int, int], list[tuple[int, int, int, int]]] = {}
    for block, worker, *share in rows:
        found.setdefault((block, worker), []).append((share[0], share[1], share[2], share[3]))
    return found


def times(connection: sqlite3.Connection, worker: tuple[int, int], *, moved: Moved) -> dict[int, int]:
    """Return how much time blocks that move hold themselves of each of their hours."""
    return dict(
        connection.execute(
            """
            select block, sum(working + idle + absent)
            from ledger_block
            where site = ? and worker = ? and block >= ? and block < ?
            group by block
            """,
            (*worker, moved.first, moved.end),
        ).fetchall()
    )


def unfold(connection: sqlite3.Connection, site: int, *, before: int, worker: int | None = None) -> None:
    """Make rows of hours of all blocks, or of those of one worker, that begin before an instant."""
    bound = _bound(site, window=(ALWAYS[0], before), worker=worker)
    if not connection.execute(f"select exists (select 1 from ledger_block as b where {_THOSE})", bound).fetchone()[0]:  # noqa: S608
        return  # nearly always
    for statement in (_UNFOLD_SHARES, _UNFOLD, _CLEAR, _DROP):
        connection.execute(statement, bound)


def more_hours(connection: sqlite3.Connection, site: int, *, before: int, worker: int | None = None) -> int:
    """Return how many rows more there would be before a full hour if there were no blocks."""
    blocks = blocks_within(connection, site, window=(ALWAYS[0], before), worker=worker).all
    if not blocks:  # nearly always
        return 0
    rows = connection.execute(_ROWS, _bound(site, window=(ALWAYS[0], before), worker=worker)).fetchall()
    of_worker = {number: [row[1:] for row in group] for number, group in groupby(rows, itemgetter(0))}
    more = 0
    for number in {each.worker for each in blocks}:
        there = of_worker.get(number, [])
        told = with_hours_of([each for each in blocks if each.worker == number], there)
        more += sum(row[0] < before for row in told) - sum(row[0] < before for row in there)
    return more


def _bound(site: int, *, window: tuple[int, int], worker: int | None) -> dict[str, Any]:
    return {
        "site": site,
        "start": window[0],
        "end": window[1],
        "worker": worker,
        "block_length": hours.block_length(),
        "hours": hours.BLOCK,
        "length": hours.LENGTH,
    }
