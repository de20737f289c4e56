"""Keyed marks of the workers of a site who were erased: enough to know them again, not to name them. No I/O here."""

import hmac
from hashlib import sha256
from typing import NamedTuple


class Marks(NamedTuple):
    """The marks of a site, and the key that makes them."""

    site: int
    key: str
    made: frozenset[str]

    def bears(self, worker_id: str) -> bool:
        """Say whether a worker of the site was erased."""
        # Nearly nowhere anybody was, and then no mark is made.
        return bool(self.made) and mark_of(self.key, self.site, worker_id=worker_id) in self.made


def mark_of(key: str, site: int, *, worker_id: str) -> str:
    """Return the mark of a worker of a site, by the site's number: it tells nothing to whoever has no key of this database.

    >>> mark_of("k", 1, worker_id="W1") == mark_of("k", 2, worker_id="W1")
    False
    """
    return hmac.new(key.encode(), f"{site}/{worker_id}".encode(), sha256).hexdigest()
