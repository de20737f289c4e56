"""When cameras watched, as read from the PostgreSQL store; what counts as watching is judged in `storage/watching.py`."""

from collector.storage.postgres.connecting import Connection
from collector.storage.watching import WatchKnown, watch_known


async def watched(connection: Connection, site: int, *, stretch: tuple[int, int]) -> WatchKnown:
    """Return when each camera of a site watched within a stretch, and which had watched before."""
    # Two look-ups a camera: the last stretch that began before, and the first that begins after it.
    rows = await connection.fetch(
        """
        select c.name, w.start, w.until
        from camera as c
        join watched as w on w.site_id = $1 and w.camera = c.number and w.start < $3 and w.start >= coalesce(
            (select max(start) from watched where site_id = $1 and camera = c.number and start <= $2), $2
        )
        where c.site_id = $1
        order by c.name, w.start
        """,
        site,
        *stretch,
    )
    return watch_known(rows, stretch=stretch)


async def let_go(connection: Connection, site: int, *, before: int) -> None:
    """Forget when cameras of a site watched before an instant, but for the last stretch of each that began until then."""
    # It says that a camera watched before, so that what it did not watch afterwards is known as such.
    await connection.execute(
        """
        delete from watched as w
        where w.site_id = $1 and w.start < $2 and w.start < (
            select max(start) from watched where site_id = $1 and camera = w.camera and start < $2
        )
        """,
        site,
        before,
    )
