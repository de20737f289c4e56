"""From when on each site of a PostgreSQL store still has what: everything, for nothing is taken away there yet."""

from collector.measures import EVERYTHING, Kept
from collector.storage.postgres import reading
from collector.storage.postgres.connecting import Connection


async def kept(connection: Connection) -> dict[str, Kept]:
    """Return what each site still has."""
    return {site.name: EVERYTHING for site in await reading.sites(connection)}
