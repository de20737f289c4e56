"""What one token, one address, and all senders together, may take: requests a second, requests at once, memory for bodies.

Bounds of one body are in `shared/wire.py` and `shared/http_body.py`, those of connections in `shared/connections.py`; the room for
bodies and for answers is `shared/room.py`.
"""

import asyncio
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from aiohttp import web

from shared.clock import Clock
from shared.errors import TooOften
from shared.room import Room

MOST_BODY_BYTES_AT_ONCE = 32 * 1024 * 1024
"""Of all bodies that are being read or stored, packed and unpacked. What is made of them takes about three times as much."""
MOST_ANSWER_BYTES_AT_ONCE = 64 * 1024 * 1024
"""Of all answers that wait until they are read; asyncio has a copy of what is left of each."""
MOST_RECEIPT_BYTES_AT_ONCE = 16 * 1024 * 1024
"""Likewise of those to cameras, apart from the others: whoever reads at length keeps no receipt back."""
SMALL_ANSWER_BYTES = 16 * 1024
"""Takes no room: a connection has one answer at a time, so a thousand of them have 16 MB."""
MOST_REQUESTS_EACH = 16
"""At once with one token, session or link, also of those whose connection has ended meanwhile. An agent has one, a browser six."""
LEAST_CONNECTIONS_EACH = 16
CONNECTIONS_SHARE = 16
"""The part of all connections that one token, session or link may have, is one of so many: some screens open the same link."""
LARGE_AT_ONCE = 1
BURST_SECONDS = 2.0
MOST_TOKENS = 10_000


def most_connections_each(most: int) -> int:
    """Return how many of all connections may be of one token, session or link."""
    return max(LEAST_CONNECTIONS_EACH, most // CONNECTIONS_SHARE)


class Rates:
    """Requests a second of each token, in bursts of two seconds' worth; takes memory for 10,000 tokens at most."""

    def __init__(self, per_second: int, *, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._free_at: dict[bytes, float] = {}

    def __len__(self) -> int:
        """Return of how many tokens something is remembered."""
        return len(self._free_at)

    def take(self, token: bytes) -> None:
        """Count a request that shows a token, by its digest.

        Raises:
            TooOften: there were too many; this one is not counted.
        """
        now = self._clock.monotonic()
        # When all requests so far would have been due at the permitted rate: far ahead means too often.
        due = max(self._free_at.get(token, now), now)
        if due - now >= BURST_SECONDS:
            raise TooOften(f"more than {self._per_second} requests a second with one token")
        if len(self._free_at) >= MOST_TOKENS:
            self._forget(now)
        self._free_at[token] = due + 1 / self._per_second

    def _forget(self, now: float) -> None:
        """Make room: who was quiet goes, and of ten thousand busy ones those that are nearest to what is permitted."""
        busy = sorted((one for one in self._free_at.items() if one[1] > now), key=lambda one: one[1])
        self._free_at = dict(busy[-MOST_TOKENS // 2 :])


class Allowances:
    """How often the token of a camera, and that of whoever reads, may be shown."""

    def __init__(self, *, camera: int, reader: int, clock: Clock) -> None:
        self._cameras = Rates(camera, clock=clock)
        self._readers = Rates(reader, clock=clock)

    def take(self, token: bytes | None, *, is_camera: bool) -> None:
        """Count a request; without a token, while access is not configured, none is counted.

        Raises:
            TooOften: there were too many.
        """
        if token is not None:
            (self._cameras if is_camera else self._readers).take(token)


class Crowds:
    """Requests that are under way, by who asks: a token, or the address that a stranger's come from behind a proxy.

    The gate counts connections (`shared/gate.py`); those of a proxy are nobody's in particular, and one that has ended leaves
    behind what it asked for: so requests are counted, too.
    """

    def __init__(self, *, of_strangers: int) -> None:
        self._of_strangers = of_strangers
        self._under_way: dict[Hashable, int] = {}

    @contextmanager
    def place(self, who: Hashable | None, *, is_stranger: bool = False) -> Iterator[None]:
        """Count a request while it lasts; None: nobody is told apart.

        Raises:
            TooOften: there are too many.
        """
        if who is None:
            yield
            return
        most = self._of_strangers if is_stranger else MOST_REQUESTS_EACH
        others = self._under_way.get(who, 0)
        if others >= most:
            whose = "from one address that nobody knows" if is_stranger else "with one token"
            raise TooOften(f"more than {most} requests at once {whose}")
        self._under_way[who] = others + 1
        try:
            yield
        finally:
            self._leave(who)

    def _leave(self, who: Hashable) -> None:
        left = self._under_way.pop(who) - 1
        if left:
            self._under_way[who] = left


BODY_ROOM = web.AppKey("body_room", Room)
ANSWER_ROOM = web.AppKey("answer_room", Room)
RECEIPT_ROOM = web.AppKey("receipt_room", Room)
LARGE_TURN = web.AppKey("large_turn", asyncio.Semaphore)
"""For what is made of a large body: whoever sends many of them waits."""
ALLOWANCES = web.AppKey("allowances", Allowances)
CROWDS = web.AppKey("crowds", Crowds)
