"""Whom an id means in the PostgreSQL store: a worker who is registered, one who was erased, or one of whom only refused items tell.

`collector/storage/found_person.py` says why all three.
"""

from collections.abc import Sequence

from collector.records import Refusal
from collector.storage.found_person import Person, Places, nobody, only_one
from collector.storage.named_in_items import names
from collector.storage.postgres import reading
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.holding import place_of
from collector.storage.postgres.marks import marks_of
from collector.storage.postgres.reading import Site


async def person_of(connection: Connection, site: str | None, *, worker_id: str) -> Person:
    """Return a worker of a site, or the only one of that id; also one who was erased, or of whom only refused items tell.

    Raises:
        NotFound: there is none of that id, or no such site.
        BadRequest: several sites have one.
    """
    if site is not None:
        await place_of(connection, site)
    sites = await reading.sites(connection)
    for places in (_registered, _erased, _refused):
        found = only_one(await places(connection, sites, worker_id=worker_id), worker_id=worker_id, site=site)
        if found is not None:
            return Person(await place_of(connection, found[0]), found[1], worker_id)
    raise nobody(worker_id, site=site)


async def refused_items(connection: Connection, sites: Sequence[Site]) -> list[tuple[int, int, Refusal]]:
    """Return the refused items of these sites: number, number of the site, what is kept."""
    rows = await reading.fetch_of(
        connection,
        "select number, site_id, code, error, item from rejected where site_id {of}",
        of=reading.numbers(sites),
    )
    return [(number, site, Refusal(*kept)) for number, site, *kept in rows]


async def _registered(connection: Connection, sites: Sequence[Site], *, worker_id: str) -> Places:
    # Everybody of that id; each has a number of a site's own.
    rows = await reading.fetch_of(
        connection,
        "select site_id, number from worker where site_id {of} and worker_id = $2 and number > 0",
        worker_id,
        of=reading.numbers(sites),
    )
    numbers = dict(map(tuple, rows))
    return [(site.name, numbers[site.number]) for site in sites if site.number in numbers]


async def _erased(connection: Connection, sites: Sequence[Site], *, worker_id: str) -> Places:
    return [(site.name, None) for site in sites if (await marks_of(connection, site.number)).bears(worker_id)]


async def _refused(connection: Connection, sites: Sequence[Site], *, worker_id: str) -> Places:
    found = await refused_items(connection, sites)
    telling = {site for _, site, kept in found if names(kept, worker_id)}
    return [(site.name, None) for site in sites if site.number in telling]
