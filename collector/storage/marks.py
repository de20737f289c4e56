"""Keyed marks of the workers who were erased from the SQLite store: enough to know them again, not to name them."""

import hmac
from hashlib import sha256
from typing import NamedTuple

from sqlite_utils.utils import sqlite3


class Marks(NamedTuple):
    """The marks of a site, and the key that makes them."""

    site: int
    key: str
    made: frozenset[str]

    def bears(self, worker_id: str) -> bool:
        """Say whether a worker of the site was erased."""
        # Nearly nowhere anybody was, and then no mark is made.
        return bool(self.made) and _mark(self.key, self.site, worker_id=worker_id) in self.made


def marks_of(connection: sqlite3.Connection, site: int) -> Marks:
    """Return the marks of a site."""
    made = frozenset(mark for (mark,) in connection.execute("select mark from forgotten where site = ?", (site,)))
    return Marks(site, _key(connection) if made else "", made)


def mark(connection: sqlite3.Connection, site: int, *, worker_id: str) -> str:
    """Return the keyed mark of a worker of a site: it tells nothing to whoever has no key of this database."""
    return _mark(_key(connection), site, worker_id=worker_id)


def _key(connection: sqlite3.Connection) -> str:
    (key,) = connection.execute("select key from secret").fetchone()
    return str(key)


def _mark(key: str, site: int, *, worker_id: str) -> str:
    return hmac.new(key.encode(), f"{site}/{worker_id}".encode(), sha256).hexdigest()
