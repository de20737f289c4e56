"""How workers spent a stretch of time, as read from the SQLite store: one in every detail, or all in outline."""

from collections.abc import Sequence

from sqlite_utils.utils import sqlite3

from collector.measures import Histories, Person, Stretch
from collector.records import Run
from collector.storage import sqlite_read
from collector.storage.kept import kept
from collector.storage.neighbourhood import run_within
from collector.storage.outlines import outlines_of_site
from collector.storage.watching import WatchKnown, by_site, watched

Sites = Sequence[str] | None
_BEGINNING, _END = -(2**62), 2**62


def of_worker(
    connection: sqlite3.Connection, of: Sites, *, worker_id: str, stretch: Stretch, most: int
) -> Histories | None:
    """Return how everybody of that id spent a stretch; None if that takes more than `most` events of one."""
    start, end = _closed(stretch)
    # Where the worker has an event at all.
    rows = connection.execute(
        """
        select s.name, o.site, o.worker
        from worker as w
        join site as s on s.number = w.site
        join open_state as o on o.site = w.site and o.worker = w.number
        where w.worker_id = ?
        order by s.name
        """,
        (worker_id,),
    ).fetchall()
    runs: dict[Person, Run] = {}
    watches: dict[str, WatchKnown] = {}
    for site, *worker in rows:
        if of is not None and site not in of:
            continue
        # Whether there are more than it takes, and no further.
        (events,) = connection.execute(
            """
            select count(*) from (
                select 1 from event where site = ? and worker = ? and at >= ? and at < ? limit ? + 1
            )
            """,
            (*worker, start, end, most),
        ).fetchone()
        if events > most:
            return None
        runs[site, worker_id] = run_within(connection, (worker[0], worker[1]), start=start, end=end)
        watches[site] = watched(connection, worker[0], stretch=(start, end))
    workers = [worker for worker in sqlite_read.workers(connection, of) if worker.id == worker_id]
    return Histories(workers, sqlite_read.cameras(connection, of), runs, kept(connection), *by_site(watches))


def of_all(connection: sqlite3.Connection, of: Sites, *, stretch: Stretch, gap: int, most: int) -> Histories | None:
    """Return how all workers spent a stretch, in outline; None if they have more than `most` states in it."""
    sites = connection.execute("select name, number from site order by name").fetchall()
    has = kept(connection)
    runs: dict[Person, Run] = {}
    left = most
    for name, number in sites:
        if of is not None and name not in of:
            continue
        found = outlines_of_site(connection, (name, number), stretch=_closed(stretch), gap=gap, most=left)
        if found is None:
            return None
        of_site, states = found
        runs.update(of_site)
        left -= states
    return Histories(sqlite_read.workers(connection, of), sqlite_read.cameras(connection, of), runs, has)


def _closed(stretch: Stretch) -> tuple[int, int]:
    start, end = stretch
    return (_BEGINNING if start is None else start, _END if end is None else end)
