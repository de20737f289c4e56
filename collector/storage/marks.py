"""Keyed marks of the workers who were erased from the SQLite store: enough to know them again, not to name them."""

from sqlite_utils.utils import sqlite3

from collector.storage.keyed_mark import Marks, mark_of


def marks_of(connection: sqlite3.Connection, site: int) -> Marks:
    """Return the marks of a site."""
    made = frozenset(mark for (mark,) in connection.execute("select mark from forgotten where site = ?", (site,)))
    return Marks(site, _key(connection) if made else "", made)


def mark(connection: sqlite3.Connection, site: int, *, worker_id: str) -> str:
    """Return the keyed mark of a worker of a site: it tells nothing to whoever has no key of this database."""
    return mark_of(_key(connection), site, worker_id=worker_id)


def _key(connection: sqlite3.Connection) -> str:
    (key,) = connection.execute("select key from secret").fetchone()
    return str(key)
