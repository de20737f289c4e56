"""Who looked at whose data, in the SQLite store: once an hour for each who looks at the same, for a year.

Workers are kept by number, so that a worker who is erased is erased here too.
"""

from sqlite_utils.utils import sqlite3

from collector.measures import Look
from shared.instants import HOUR

KEPT = 365 * 24 * HOUR
"""As long as somebody may ask who looked; longer would itself be monitoring."""
ALL_SITES = 0
ALL_WORKERS = -1
ERASED = 0
MOST = 100_000
"""Of those that are asked for at once; of a worker, who has a right to all of them, a year has as many as there are."""


def note(connection: sqlite3.Connection, look: Look) -> bool:
    """Write down a look, and let go of those that are too old; False where nobody is there to be seen."""
    hour = look.at // HOUR * HOUR
    places = _places(connection, look)
    connection.executemany(
        """
        insert into look (hour, site, worker, who, what, role, first_at)
        values (?, ?, ?, ?, ?, ?, ?)
        on conflict do nothing
        """,
        [(hour, *place, look.who, look.what, look.role, look.at) for place in places],
    )
    connection.execute("delete from look where hour < ?", (hour - KEPT,))
    return bool(places)


def _places(connection: sqlite3.Connection, look: Look) -> list[tuple[int, int]]:
    if look.worker_id is not None:
        # Everybody of that id, where it was looked.
        rows = connection.execute(
            """
            select w.site, w.number
            from worker as w
            join site as s on s.number = w.site
            where w.worker_id = ?1 and (?2 is null or s.name = ?2)
            """,
            (look.worker_id, look.site),
        ).fetchall()
        return [(site, worker) for site, worker in rows]
    if look.site is None:
        return [(ALL_SITES, ALL_WORKERS)]
    rows = connection.execute("select number from site where name = ?", (look.site,)).fetchall()
    return [(number, ALL_WORKERS) for (number,) in rows]


def looks(connection: sqlite3.Connection, *, worker_id: str | None, site: str | None) -> list[Look]:
    """Return the newest looks first: all, or those that saw a worker (lists of all workers too) or a site."""
    rows = connection.execute(
        """
        select l.first_at, l.who, l.role, l.what, s.name,
            case l.worker when :all_workers then null when :erased then '' else w.worker_id end
        from look as l
        left join site as s on s.number = l.site
        left join worker as w on w.site = l.site and w.number = l.worker
        where (:worker_id is null or l.worker = :all_workers or w.worker_id = :worker_id)
          and (:site is null or l.site = :all_sites or s.name = :site)
        order by l.first_at desc, l.who, l.what, l.site, l.worker
        limit :most
        """,
        {
            "all_workers": ALL_WORKERS,
            "all_sites": ALL_SITES,
            "erased": ERASED,
            "worker_id": worker_id,
            "site": site,
            "most": MOST if worker_id is None else -1,
        },
    ).fetchall()
    return [Look(*row) for row in rows]


def erase(connection: sqlite3.Connection, worker: tuple[int, int]) -> None:
    """Let looks at a worker, by the numbers of the site and the worker, be looks at somebody."""
    connection.execute(f"update or ignore look set worker = {ERASED} where site = ? and worker = ?", worker)  # noqa: S608
    connection.execute("delete from look where site = ? and worker = ?", worker)
