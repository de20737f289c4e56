"""A site that a transaction has for itself in the PostgreSQL store: nobody else stores anything there until it is committed.

Nobody can be registered there, and everybody who is registered is held, in order (`locks.py`). Other sites go on.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from asyncpg import LockNotAvailableError

from collector.held_sites import NamesHeld, SiteHeld
from collector.measures import Kept
from collector.storage.postgres import locks, reading
from collector.storage.postgres.connecting import Connection
from collector.storage.purge_plan import Place
from shared.errors import NotFound


async def hold_site(connection: Connection, name: str) -> Place:
    """Wait until nobody stores anything at a site, and return it as it then is.

    Raises:
        NotFound: there is none of that name.
        SiteHeld: somebody stores there, or holds a row, for longer than this transaction waits.
    """
    place = await place_of(connection, name)
    with held_is_told(name, number=place.number):
        await locks.take(connection, locks.ids_of(place.number))
        await connection.execute(
            "select number from worker where site_id = $1 order by number for no key update", place.number
        )
    return await place_of(connection, name)


@contextmanager
def held_is_told(name: str, *, number: int, of: Collection[int] = ()) -> Iterator[None]:
    """Name the site at which somebody else holds what is waited for, and which deliveries of a transaction belong to it."""
    try:
        yield
    except LockNotAvailableError as error:
        raise SiteHeld(name, of=of, number=number) from error


@contextmanager
def held_names_are_told(of: Callable[[], Collection[int]]) -> Iterator[None]:
    """Name the deliveries that cannot be placed as long as somebody else holds what is waited for."""
    try:
        yield
    except LockNotAvailableError as error:
        raise NamesHeld(of=of()) from error


async def place_of(connection: Connection, name: str) -> Place:
    """Return a site.

    Raises:
        NotFound: there is none of that name.
    """
    found = await reading.sites(connection, [name])
    if not found:
        raise NotFound(f"there is no site {name}")
    return Place(found[0].name, found[0].number, found[0].hour_offset, found[0].kept)


async def note_kept(connection: Connection, site: int, *, kept: Kept) -> None:
    """Write down from when on a site still has what."""
    await connection.execute(
        "update site set events_from = $2, persons_from = $3, hours_from = $4 where site_id = $1", site, *kept
    )
