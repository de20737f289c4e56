"""From when on each site of a PostgreSQL store still has what, and what time it is there."""

from collector.measures import Kept
from collector.storage.postgres import reading
from collector.storage.postgres.connecting import Connection


async def kept(connection: Connection) -> dict[str, Kept]:
    """Return what each site still has; sites that have everything are there too."""
    return {site.name: site.kept for site in await reading.sites(connection)}


async def server_now(connection: Connection) -> int:
    """Return what time it is by the server's clock."""
    return int(await connection.fetchval("select (extract(epoch from clock_timestamp()) * 1000000)::bigint"))
