"""How often somebody may try a password: ten wrong ones a minute for a name, and for an address that people come from.

Bounded by construction: names and addresses fall into a fixed number of places by a keyed hash, so whoever makes up a
million of them fills nothing. That two share a place and wait for each other is rare, and passes within a minute.
"""

import hashlib
from collections import deque

from shared.clock import Clock, new_secret
from shared.errors import TooManyAttempts

MOST = 10
WITHIN_SECONDS = 60.0
_PLACES = 4_096


class Attempts:
    """Counts attempts as they begin; one that succeeds is taken back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = new_secret().encode()
        self._begun: dict[int, deque[float]] = {}

    def begin(self, *whose: str) -> None:
        """Count an attempt on each of these.

        Raises:
            TooManyAttempts: one of them had too many within the last minute; nothing is counted.
        """
        now = self._clock.monotonic()
        places = [self._place(one) for one in whose]
        for place in places:
            begun = self._begun.get(place, deque())
            while begun and begun[0] <= now - WITHIN_SECONDS:
                begun.popleft()
            if len(begun) >= MOST:
                raise TooManyAttempts
        for place in places:
            self._begun.setdefault(place, deque()).append(now)

    def succeed(self, *whose: str) -> None:
        """Take back the last attempt on each of these."""
        for one in whose:
            if begun := self._begun.get(self._place(one)):
                begun.pop()

    def _place(self, whose: str) -> int:
        digest = hashlib.sha256(self._key + whose.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:4]) % _PLACES
