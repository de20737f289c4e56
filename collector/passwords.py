"""Passwords as argon2id hashes: slow by design, with bounds on how much memory and time that may take.

Each hash takes 19 MiB and two passes (the least that OWASP's Password Storage Cheat Sheet recommends): some 30 ms, and one
is made at a time (`collector/web/login.py`), so that a flood of attempts costs the collector no more than that.
"""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.clock import new_secret

SHORTEST, LONGEST = 10, 200
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def why_not(password: str) -> str | None:
    """Return why a text cannot be a password; None if it can."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"a password has {SHORTEST} to {LONGEST} characters"
    return None


def hashed(password: str) -> str:
    """Return what is stored of a password."""
    return _HASHER.hash(_normal(password))


def fits(password: str, *, stored: str | None) -> bool:
    """Say whether a password is the one that was stored; with None, that of nobody, it takes as long and is not."""
    try:
        _HASHER.verify(stored or _of_nobody(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@cache
def _of_nobody() -> str:
    return hashed(new_secret())


def _normal(password: str) -> bytes:
    """Return the same bytes for the same letters, whichever keyboard they were typed on."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
