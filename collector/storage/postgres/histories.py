"""How workers spent a stretch of time, as read from the PostgreSQL store: one in every detail, or all in outline."""

from collections.abc import Sequence

from collector.measures import Histories, Person, Stretch
from collector.records import Run
from collector.storage.postgres import reading
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.neighbourhood import runs_within
from collector.storage.postgres.outlines import outlines_of_site
from collector.storage.postgres.watching import watched
from collector.storage.watching import WatchKnown, by_site

_BEGINNING, _END = -(2**62), 2**62


def closed(stretch: Stretch) -> tuple[int, int]:
    """Return a stretch with its open ends beyond every instant."""
    start, end = stretch
    return (_BEGINNING if start is None else start, _END if end is None else end)


async def of_worker(
    connection: Connection, of: Sequence[str] | None, *, worker_id: str, stretch: Stretch, most: int
) -> Histories | None:
    """Return how everybody of that id spent a stretch; None if that takes more than `most` events of one."""
    sites = await reading.sites(connection, of)
    runs: dict[Person, Run] = {}
    watches: dict[str, WatchKnown] = {}
    for site in sites:
        # The worker, if there is any event, and whether there are more of them than it takes, and no further.
        row = await connection.fetchrow(
            """
            select w.number, (
                select count(*) from (
                    select 1
                    from event
                    where site_id = $1 and worker = w.number and at >= $3 and at < $4
                    limit $5::bigint + 1
                ) as few
            )
            from worker as w
            join open_state as o on o.site_id = $1 and o.worker = w.number
            where w.site_id = $1 and w.worker_id = $2
            """,
            site.number,
            worker_id,
            *closed(stretch),
            most,
        )
        if row is None:
            continue
        if row[1] > most:
            return None
        found = await runs_within(connection, site.number, workers=[row[0]], stretch=closed(stretch))
        runs[site.name, worker_id] = found[row[0]]
        watches[site.name] = await watched(connection, site.number, stretch=closed(stretch))
    kept = {site.name: site.kept for site in sites}
    workers = [worker for worker in await reading.workers(connection, sites) if worker.id == worker_id]
    return Histories(workers, await reading.cameras(connection, sites), runs, kept, *by_site(watches))


async def of_all(
    connection: Connection, of: Sequence[str] | None, *, stretch: Stretch, gap: int, most: int
) -> Histories | None:
    """Return how all workers spent a stretch, in outline; None if they have more than `most` states in it."""
    sites = await reading.sites(connection, of)
    runs: dict[Person, Run] = {}
    left = most
    for site in sites:
        found = await outlines_of_site(connection, site, stretch=closed(stretch), gap=gap, most=left)
        if found is None:
            return None
        of_site, states = found
        runs.update(of_site)
        left -= states
    kept = {site.name: site.kept for site in sites}
    return Histories(await reading.workers(connection, sites), await reading.cameras(connection, sites), runs, kept)
