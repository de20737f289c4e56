"""Whom an id means in the SQLite store: a worker who is registered, one who was erased, or one of whom only refused items tell.

So that a person can be erased again: from a copy of what came since, or before any event of the person was ever taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlite_utils.utils import sqlite3

from collector.records import Refusal
from collector.storage import purging
from collector.storage.marks import marks_of
from collector.storage.named_in_items import names
from shared.errors import BadRequest, NotFound

Places = list[tuple[str, int | None]]
"""Sites by name, each with the number of a worker; None: of nobody who is registered."""


@dataclass(frozen=True, slots=True)
class Person:
    """A worker of a site, by numbers and by id."""

    site: purging.Place
    number: int | None
    """None: not, or no more, registered; known by a mark, or by refused items."""
    worker_id: str


def person_of(connection: sqlite3.Connection, site: str | None, *, worker_id: str) -> Person:
    """Return a worker of a site, or the only one of that id; also one who was erased, or of whom only refused items tell.

    Raises:
        NotFound: there is none of that id, or no such site.
        BadRequest: several sites have one.
    """
    if site is not None:
        purging.place_of(connection, site)
    for places in (_registered, _erased, _refused):
        found = only_one(places(connection, worker_id), worker_id=worker_id, site=site)
        if found is not None:
            return Person(purging.place_of(connection, found[0]), found[1], worker_id)
    raise nobody(worker_id, site=site)


def only_one(places: Places, *, worker_id: str, site: str | None) -> tuple[str, int | None] | None:
    """Return which of these places is meant; None if none is.

    Raises:
        BadRequest: several may be.
    """
    found = [place for place in places if site in (None, place[0])]
    if len(found) > 1:
        known = ", ".join(name for name, _ in found)
        raise BadRequest(f"worker {worker_id} is known at {known}", hint="name the --site")
    return found[0] if found else None


def nobody(worker_id: str, *, site: str | None) -> NotFound:
    """Return what is told whoever asks for somebody unknown."""
    return NotFound(f"there is no worker {worker_id}" + ("" if site is None else f" at site {site}"))


def refused_items(connection: sqlite3.Connection) -> Iterator[tuple[int, int, Refusal]]:
    """Yield the refused items of all sites: number, number of the site, what is kept."""
    rows = connection.execute("select number, site, code, error, item from rejected")
    return ((number, site, Refusal(*kept)) for number, site, *kept in rows)


def _registered(connection: sqlite3.Connection, worker_id: str) -> Places:
    # Everybody of that id, by site.
    return connection.execute(
        """
        select s.name, w.number
        from worker as w
        join site as s on s.number = w.site
        where w.worker_id = ? and w.number > 0
        order by s.name
        """,
        (worker_id,),
    ).fetchall()


def _erased(connection: sqlite3.Connection, worker_id: str) -> Places:
    return [(name, None) for name, site in _sites(connection) if marks_of(connection, site).bears(worker_id)]


def _refused(connection: sqlite3.Connection, worker_id: str) -> Places:
    telling = {site for _, site, kept in refused_items(connection) if names(kept, worker_id)}
    return [(name, None) for name, site in _sites(connection) if site in telling]


def _sites(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    return connection.execute("select name, number from site order by name").fetchall()
