"""How many versions of events have lost against another: the size of the table of conflicts, within a stretch of time."""

from collections.abc import Sequence

from collector.measures import Stretch
from collector.storage.postgres import reading
from collector.storage.postgres.connecting import Connection
from shared.instants import LAST_INSTANT


async def lost_versions(connection: Connection, of: Sequence[str] | None, *, stretch: Stretch, most: int) -> int:
    """Return how many there are within a stretch, counted up to so many."""
    found = 0
    for site in await reading.sites(connection, of):
        found += await _of_site(connection, site.number, stretch=stretch, most=most - found)
        if found >= most:
            break
    return found


async def _of_site(connection: Connection, site: int, *, stretch: Stretch, most: int) -> int:
    start, end = stretch
    # Worker by worker, so that a stretch costs its own conflicts and no others: that is what the subquery is for.
    number = await connection.fetchval(
        """
        select count(*)
        from (
            select 1
            from worker as w
            cross join lateral (
                select 1
                from conflict as k
                where k.site_id = w.site_id and k.worker = w.number and k.at >= $2 and k.at < $3
                limit $4
            ) as lost
            where w.site_id = $1
            limit $4
        ) as counted
        """,
        site,
        start or 0,
        LAST_INSTANT + 1 if end is None else end,
        most,
    )
    return int(number)
