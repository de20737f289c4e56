"""What a rebuild of the PostgreSQL store leaves as it is: hours that no event tells any more."""

from collector.storage.nameless import NUMBER as NAMELESS
from collector.storage.postgres import reading
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.reading import Site
from collector.storage.postgres.unfolding import unfold

# The sums of workers begin with the hours that are left.
_SUM_UP = """
    insert into total (site_id, worker, workstation, working, idle, absent, assumed, units)
    select $1, worker, workstation, sum(working), sum(idle), sum(absent), sum(assumed), sum(units)
    from ledger
    where site_id = $1 and worker <> $2
    group by worker, workstation
"""


async def drop_amounts(connection: Connection) -> None:
    """Drop what events can tell: hours from each site's horizon on, but for those of nobody, and what follows from them."""
    await connection.execute("delete from rebuilding")
    for site in await reading.sites(connection):
        await _drop_amounts_of(connection, site)


async def _drop_amounts_of(connection: Connection, site: Site) -> None:
    number, horizon = site.number, site.kept.events
    if horizon is not None:
        await unfold(connection, number, before=horizon)
    await connection.execute("delete from ledger_block where site_id = $1", number)
    await connection.execute("delete from open_state where site_id = $1", number)
    await connection.execute(
        "delete from ledger where site_id = $1 and worker <> $2 and ($3::bigint is null or hour >= $3)",
        number,
        NAMELESS,
        horizon,
    )
    await connection.execute("delete from total where site_id = $1 and worker <> $2", number, NAMELESS)
    await connection.execute(_SUM_UP, number, NAMELESS)
    await connection.execute(
        "update workstation set first_at = erased_first_at, last_at = erased_last_at where site_id = $1", number
    )


async def sites_of_free_hours(connection: Connection) -> list[Site]:
    """Return the sites whose hours may begin elsewhere.

    Hours that no event tells any more stay as they were counted, and so do all others of that site.
    """
    return [
        site
        for site in await reading.sites(connection)
        if site.kept.events is None
        and not await connection.fetchval("select exists (select 1 from station_hour where site_id = $1)", site.number)
        and not await connection.fetchval(
            "select exists (select 1 from total where site_id = $1 and worker = $2)", site.number, NAMELESS
        )
    ]
