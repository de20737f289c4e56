"""From when on each site of a PostgreSQL store still has what."""

from collector.measures import Kept
from collector.storage.postgres import reading
from collector.storage.postgres.connecting import Connection


async def kept(connection: Connection) -> dict[str, Kept]:
    """Return what each site still has; sites that have everything are there too."""
    return {site.name: site.kept for site in await reading.sites(connection)}
