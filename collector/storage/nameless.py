"""The site's nameless worker in the SQLite store: number 0, to whom hours go that shall name nobody any more.

In the sums of the factory and of workstations, in no list of workers and in no mean.
"""

from collections.abc import Mapping

from sqlite_utils.utils import sqlite3

from collector.measures import NAMELESS
from collector.records import Amounts
from collector.storage.ledger_blocks import unfold

NUMBER = 0
MOVED_TOGETHER = 24
"""Hours a transaction: a thousand workers have some 50,000 rows in a day."""
_SUMS = "sum(working), sum(idle), sum(absent), sum(assumed), sum(units)"
_ADD = """
    set working = working + excluded.working, idle = idle + excluded.idle, absent = absent + excluded.absent,
        assumed = assumed + excluded.assumed, units = units + excluded.units
"""
_TAKE = """
    set working = total.working - l.working, idle = total.idle - l.idle, absent = total.absent - l.absent,
        assumed = total.assumed - l.assumed, units = total.units - l.units
"""


def move_hours(connection: sqlite3.Connection, site: int, *, before: int, worker: int | None = None) -> int:
    """Give hours before an instant, of one worker or of all, to the nameless one; return how many rows it were.

    In the sums over all hours too. What a worker has in no hour stays where it is.
    """
    unfold(connection, site, before=before, worker=worker)
    bound = {"site": site, "before": before, "worker": worker}
    those = "site = :site and hour < :before and worker > 0 and (:worker is null or worker = :worker)"
    (rows,) = connection.execute(f"select count(*) from ledger where {those}", bound).fetchone()  # noqa: S608
    if not rows:
        return 0
    register(connection, site)
    connection.execute(
        f"""
        insert into total (site, worker, workstation, working, idle, absent, assumed, units)
        select site, {NUMBER}, workstation, {_SUMS} from ledger where {those} group by workstation
        on conflict (site, worker, workstation) do update {_ADD}
        """,  # noqa: S608 - texts of ours
        bound,
    )
    connection.execute(
        f"""
        update total {_TAKE}
        from (
            select worker, workstation, sum(working) as working, sum(idle) as idle, sum(absent) as absent,
                sum(assumed) as assumed, sum(units) as units
            from ledger
            where {those}
            group by worker, workstation
        ) as l
        where total.site = :site and total.worker = l.worker and total.workstation = l.workstation
        """,  # noqa: S608 - texts of ours
        bound,
    )
    connection.execute(
        "delete from total where site = :site and working = 0 and idle = 0 and absent = 0 and units = 0", bound
    )
    connection.execute(
        f"""
        insert into ledger (site, hour, worker, workstation, working, idle, absent, assumed, units)
        select site, hour, {NUMBER}, workstation, {_SUMS} from ledger where {those} group by hour, workstation
        on conflict (site, hour, worker, workstation) do update {_ADD}
        """,  # noqa: S608 - texts of ours
        bound,
    )
    connection.execute(f"delete from ledger where {those}", bound)  # noqa: S608 - texts of ours
    return int(rows)


def add_hours(connection: sqlite3.Connection, site: int, *, amounts: Mapping[tuple[int, str], Amounts]) -> None:
    """Give the nameless worker time at (hour, workstation), in the sums over all hours too."""
    register(connection, site)
    numbers = dict(connection.execute("select station_id, number from workstation where site = ?", (site,)).fetchall())
    for (hour, station_id), of_hour in amounts.items():
        place = (site, NUMBER, numbers[station_id], *of_hour)
        connection.execute(
            f"""
            insert into total (site, worker, workstation, working, idle, absent, assumed, units)
            values (?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (site, worker, workstation) do update {_ADD}
            """,  # noqa: S608 - texts of ours
            place,
        )
        connection.execute(
            f"""
            insert into ledger (site, worker, workstation, working, idle, absent, assumed, units, hour)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (site, hour, worker, workstation) do update {_ADD}
            """,  # noqa: S608 - texts of ours
            (*place, hour),
        )


def register(connection: sqlite3.Connection, site: int) -> None:
    """Let the site have its nameless worker."""
    connection.execute(
        "insert into worker (site, number, worker_id) values (?, ?, ?) on conflict do nothing",
        (site, NUMBER, NAMELESS),
    )
