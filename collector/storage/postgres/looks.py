"""Who looked at whose data, in the PostgreSQL store: once an hour for each who looks at the same, for a year."""

from collections.abc import Sequence

from collector.measures import NAMELESS, Look
from collector.storage.looks import ALL_SITES, ALL_WORKERS, ERASED, KEPT, MOST
from collector.storage.postgres import columns, reading
from collector.storage.postgres.connecting import Connection
from shared.instants import HOUR

_NOTE = """
    insert into look (site_id, hour, worker, who, what, role, first_at)
    select $1, * from unnest($2::bigint[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::bigint[])
    on conflict do nothing
"""


async def note(connection: Connection, look: Look) -> bool:
    """Write down a look, and let go of those that are too old; False where nobody is there to be seen."""
    hour = look.at // HOUR * HOUR
    places = await _places(connection, look)
    for site, worker in places:
        row = (hour, worker, look.who, look.what, look.role, look.at)
        await columns.execute(connection, _NOTE, site=site, rows=[row])
        await connection.execute("delete from look where site_id = $1 and hour < $2", site, hour - KEPT)
    return bool(places)


async def _places(connection: Connection, look: Look) -> Sequence[tuple[int, int]]:
    if look.worker_id is None and look.site is None:
        return [(ALL_SITES, ALL_WORKERS)]
    sites = reading.numbers(await reading.sites(connection, None if look.site is None else [look.site]))
    if look.worker_id is None:
        return [(number, ALL_WORKERS) for number in sites]
    rows = await reading.fetch_of(
        connection,
        "select site_id, number from worker where site_id {of} and worker_id = $2 order by 1",
        look.worker_id,
        of=sites,
    )
    return [(site, worker) for site, worker in rows]


async def looks(connection: Connection, *, worker_id: str | None, site: str | None) -> list[Look]:
    """Return the newest looks first: all, or those that saw a worker (lists of all workers too) or a site."""
    there = await reading.sites(connection, None if site is None else [site])
    rows = await reading.fetch_of(
        connection,
        """
        select l.first_at, l.who, l.role, l.what, s.name,
            case l.worker when $3 then null when $4 then $5 else w.worker_id end
        from look as l
        left join site as s on s.site_id = l.site_id
        left join worker as w on w.site_id = l.site_id and w.number = l.worker
        where l.site_id {of} and ($2::text is null or l.worker = $3 or w.worker_id = $2)
        order by l.first_at desc, l.who, l.what, l.site_id, l.worker
        limit $6
        """,
        worker_id,
        ALL_WORKERS,
        ERASED,
        NAMELESS,
        MOST if worker_id is None else None,
        of=[ALL_SITES, *reading.numbers(there)],
    )
    return [Look(*row) for row in rows]


async def erase(connection: Connection, site: int, *, worker: int) -> None:
    """Let looks at a worker be looks at somebody."""
    await connection.execute(
        """
        insert into look (site_id, hour, worker, who, what, role, first_at)
        select $1, hour, $3, who, what, role, first_at
        from look
        where site_id = $1 and worker = $2
        on conflict do nothing
        """,
        site,
        worker,
        ERASED,
    )
    await connection.execute("delete from look where site_id = $1 and worker = $2", site, worker)
