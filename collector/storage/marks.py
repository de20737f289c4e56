"""Keyed marks of the workers who were erased from the SQLite store: enough to know them again, not to name them."""

import hmac
from hashlib import sha256

from sqlite_utils.utils import sqlite3


def is_forgotten(connection: sqlite3.Connection, site: int, *, worker_id: str) -> bool:
    """Say whether a worker of a site was erased."""
    # Nearly nowhere anybody was, and then no mark is made.
    if connection.execute("select 1 from forgotten where site = ? limit 1", (site,)).fetchone() is None:
        return False
    bound = (site, mark(connection, site, worker_id=worker_id))
    return connection.execute("select 1 from forgotten where site = ? and mark = ?", bound).fetchone() is not None


def mark(connection: sqlite3.Connection, site: int, *, worker_id: str) -> str:
    """Return the keyed mark of a worker of a site: it tells nothing to whoever has no key of this database."""
    (key,) = connection.execute("select key from secret").fetchone()
    return hmac.new(key.encode(), f"{site}/{worker_id}".encode(), sha256).hexdigest()
