"""Keyed marks of the workers who were erased from the PostgreSQL store: enough to know them again, not to name them."""

from collector.storage.keyed_mark import Marks, mark_of
from collector.storage.postgres.connecting import Connection


async def marks_of(connection: Connection, site: int) -> Marks:
    """Return the marks of a site."""
    rows = await connection.fetch("select mark from forgotten where site_id = $1", site)
    key = await connection.fetchval("select key from secret") if rows else None
    return Marks(site, key or "", frozenset(row[0] for row in rows))


async def leave_mark(connection: Connection, site: int, *, worker_id: str, key: str, now: int) -> None:
    """Leave the mark of a worker; `key` is taken where there is none yet."""
    await connection.execute("insert into secret (one, key) values (true, $1) on conflict do nothing", key)
    key = await connection.fetchval("select key from secret")
    await connection.execute(
        "insert into forgotten (site_id, mark, forgotten_at) values ($1, $2, $3) on conflict do nothing",
        site,
        mark_of(key, site, worker_id=worker_id),
        now,
    )
