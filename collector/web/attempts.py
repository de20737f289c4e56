"""How often somebody may try a password, without a stranger's attempts keeping those out who know theirs.

Counted within a minute, and refused beyond:

* ten wrong ones from an address, whichever names;
* fifty for a name, from wherever: one address alone cannot reach that, so nobody pauses a name by themselves;
* where somebody has logged in within 30 days, only ten wrong ones of that name at that address: neither count of strangers
  matters there.

Bounded by construction: names and addresses of strangers fall into a fixed number of places by a keyed hash, so whoever makes
up a million of them fills nothing. That two share a place and wait for each other is rare, and passes within a minute. Where
somebody has logged in is known of the newest `MOST_KNOWN`, and until the collector ends.
"""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.clock import Clock, new_secret
from shared.errors import TooManyAttempts

MOST = 10
MOST_FOR_A_NAME = 50
WITHIN_SECONDS = 60.0
KNOWN_FOR_SECONDS = 30 * 24 * 3600.0
MOST_KNOWN = 4_096
_PLACES = 4_096

Begun = deque[float]
"""When the attempts began that are counted together, oldest first."""


@dataclass(slots=True)
class _Known:
    """Somebody has logged in as this name from this address."""

    until: float
    begun: Begun = field(default_factory=deque)


class Attempts:
    """Counts attempts as they begin; one that succeeds is taken back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = new_secret().encode()
        self._begun: dict[int, Begun] = {}
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()

    def begin(self, name: str, *, address: str) -> Sequence[Begun]:
        """Count an attempt, and return where.

        Raises:
            TooManyAttempts: there were too many within the last minute; nothing is counted.
        """
        now = self._clock.monotonic()
        known = self._known.get((name, address))
        if known is not None and now < known.until:
            counted = [(known.begun, MOST)]
        else:
            counted = [(self._at(f"name {name}"), MOST_FOR_A_NAME), (self._at(f"address {address}"), MOST)]
        for begun, most in counted:
            while begun and begun[0] <= now - WITHIN_SECONDS:
                begun.popleft()
            if len(begun) >= most:
                raise TooManyAttempts
        for begun, _ in counted:
            begun.append(now)
        return [begun for begun, _ in counted]

    def succeed(self, name: str, *, address: str, counted: Sequence[Begun]) -> None:
        """Take back an attempt where it was counted, and know the name at this address from now on."""
        for begun in counted:
            if begun:
                begun.pop()
        known = self._known.setdefault((name, address), _Known(0.0))
        known.until = self._clock.monotonic() + KNOWN_FOR_SECONDS
        self._known.move_to_end((name, address))
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def _at(self, whose: str) -> Begun:
        digest = hashlib.sha256(self._key + whose.encode("utf-8", "surrogatepass")).digest()
        return self._begun.setdefault(int.from_bytes(digest[:4]) % _PLACES, deque())
