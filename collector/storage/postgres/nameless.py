"""The site's nameless worker in the PostgreSQL store: number 0, to whom hours go that shall name nobody any more.

Whoever moves hours holds the site: nobody stores anything there meanwhile. `collector/storage/nameless.py` says whose they are.
"""

from collections.abc import Mapping

from collector.measures import NAMELESS
from collector.records import Amounts
from collector.storage.nameless import NUMBER
from collector.storage.postgres import columns
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.ledger_rows import ADD_HOURS, ADD_TOTALS
from collector.storage.postgres.unfolding import unfold

_SUMS = ", ".join(f"sum({each})::bigint as {each}" for each in ("working", "idle", "absent", "assumed", "units"))
_THOSE = "hour < $2 and worker > 0 and ($3::integer is null or worker = $3)"
_COUNT = f"select count(*) from ledger where site_id = $1 and {_THOSE}"  # noqa: S608 - texts of ours, as below
_ADD_TO_TOTALS = f"""
    insert into total (site_id, worker, workstation, working, idle, absent, assumed, units)
    select $1, {NUMBER}, workstation, {_SUMS} from ledger where site_id = $1 and {_THOSE} group by workstation
    on conflict (site_id, worker, workstation) do update
    set working = total.working + excluded.working, idle = total.idle + excluded.idle,
        absent = total.absent + excluded.absent, assumed = total.assumed + excluded.assumed,
        units = total.units + excluded.units
"""  # noqa: S608
_ADD_TO_HOURS = f"""
    insert into ledger (site_id, hour, worker, workstation, working, idle, absent, assumed, units)
    select $1, hour, {NUMBER}, workstation, {_SUMS} from ledger where site_id = $1 and {_THOSE} group by hour, workstation
    on conflict (site_id, hour, worker, workstation) do update
    set working = ledger.working + excluded.working, idle = ledger.idle + excluded.idle,
        absent = ledger.absent + excluded.absent, assumed = ledger.assumed + excluded.assumed,
        units = ledger.units + excluded.units
"""  # noqa: S608
_TAKE = """
    update total as t
    set working = t.working - l.working, idle = t.idle - l.idle, absent = t.absent - l.absent,
        assumed = t.assumed - l.assumed, units = t.units - l.units
    from (
        select worker, workstation, {sums}
        from ledger
        where site_id = $1 and {those}
        group by worker, workstation
    ) as l
    where t.site_id = $1 and t.worker = l.worker and t.workstation = l.workstation
"""
_TAKE_FROM_TOTALS = _TAKE.format(sums=_SUMS, those=_THOSE)
_DROP_TOTALS = """
    delete from total where site_id = $1 and working = 0 and idle = 0 and absent = 0 and units = 0
"""
_DROP_HOURS = f"delete from ledger where site_id = $1 and {_THOSE}"  # noqa: S608


async def move_hours(connection: Connection, site: int, *, before: int, worker: int | None = None) -> int:
    """Give hours before an instant, of one worker or of all, to the nameless one; return how many rows it were.

    In the sums over all hours too. What a worker has in no hour stays where it is.
    """
    await unfold(connection, site, before=before, worker=worker)
    those = (site, before, worker)
    rows = int(await connection.fetchval(_COUNT, *those))
    if not rows:
        return 0
    await register(connection, site)
    await connection.execute(_ADD_TO_TOTALS, *those)
    await connection.execute(_TAKE_FROM_TOTALS, *those)
    await connection.execute(_DROP_TOTALS, site)
    await connection.execute(_ADD_TO_HOURS, *those)
    await connection.execute(_DROP_HOURS, *those)
    return rows


async def drop_hours(connection: Connection, site: int, *, before: int) -> int:
    """Let all hours before an instant go, from the sums over all hours too; return how many rows it were."""
    await unfold(connection, site, before=before)
    await connection.execute(_TAKE.format(sums=_SUMS, those="hour < $2"), site, before)
    await connection.execute(_DROP_TOTALS, site)
    rows = await connection.fetchval("select count(*) from ledger where site_id = $1 and hour < $2", site, before)
    await connection.execute("delete from ledger where site_id = $1 and hour < $2", site, before)
    await connection.execute("delete from station_hour where site_id = $1 and hour < $2", site, before)
    return int(rows)


async def add_hours(connection: Connection, site: int, *, amounts: Mapping[tuple[int, str], Amounts]) -> None:
    """Give the nameless worker time at (hour, workstation), in the sums over all hours too."""
    await register(connection, site)
    # Which workstation an id is.
    rows = await connection.fetch("select station_id, number from workstation where site_id = $1", site)
    numbers = dict(map(tuple, rows))
    totals: dict[int, Amounts] = {}
    for (_, station_id), of_hour in amounts.items():
        before = totals.get(numbers[station_id], [0] * len(of_hour))
        totals[numbers[station_id]] = [a + b for a, b in zip(before, of_hour, strict=True)]
    of_hours = [(hour, NUMBER, numbers[station_id], *of_hour) for (hour, station_id), of_hour in amounts.items()]
    await columns.execute(connection, ADD_HOURS, site=site, rows=of_hours)
    of_totals = [(NUMBER, station, *sums) for station, sums in totals.items()]
    await columns.execute(connection, ADD_TOTALS, site=site, rows=of_totals)


async def register(connection: Connection, site: int) -> None:
    """Let the site have its nameless worker."""
    await connection.execute(
        "insert into worker (site_id, number, worker_id) values ($1, $2, $3) on conflict do nothing",
        site,
        NUMBER,
        NAMELESS,
    )
