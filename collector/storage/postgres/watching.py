"""When cameras watched, as read from the PostgreSQL store; what counts as watching is judged in `storage/watching.py`."""

from collector.measures import Stretch, Watched
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.histories import closed


async def watched(connection: Connection, site: int, *, stretch: Stretch) -> Watched:
    """Return when each camera of a site watched within a stretch."""
    # Two look-ups a camera: the first stretch that may reach in, and the first that begins after it.
    rows = await connection.fetch(
        """
        select c.name, greatest(w.start, $2), least(w.until, $3)
        from camera as c
        join watched as w on w.site_id = $1 and w.camera = c.number and w.start < $3 and w.start >= coalesce(
            (select max(start) from watched where site_id = $1 and camera = c.number and start <= $2), $2
        )
        where c.site_id = $1 and w.until > $2
        order by c.name, w.start
        """,
        site,
        *closed(stretch),
    )
    found: dict[str, list[tuple[int, int]]] = {}
    for name, start, until in rows:
        found.setdefault(name, []).append((start, until))
    return found
