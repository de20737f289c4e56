"""What one token, one address, and all senders together, may take: requests a second, requests at once, memory for bodies.

Bounds of one body are in `shared/wire.py` and `shared/http_body.py`, those of connections in `shared/connections.py`; the room for
bodies is `shared/body_room.py`.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from shared.body_room import BodyRoom
from shared.clock import Clock
from shared.errors import TooOften

MOST_BODY_BYTES_AT_ONCE = 32 * 1024 * 1024
"""Of all bodies that are being read or stored, packed and unpacked. What is made of them takes about three times as much."""
LARGE_AT_ONCE = 1
BURST_SECONDS = 2.0
MOST_TOKENS = 10_000


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
    """Requests of strangers that are under way, by the address they come from behind a proxy.

    The gate counts connections (`shared/gate.py`); those of a proxy are nobody's in particular, so there requests are counted.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way: dict[str, int] = {}

    @contextmanager
    def place(self, address: str | None) -> Iterator[None]:
        """Count a request while it lasts; None: it is none of a stranger behind a proxy.

        Raises:
            TooOften: there are too many.
        """
        if address is None:
            yield
            return
        others = self._under_way.get(address, 0)
        if others >= self._most:
            raise TooOften(f"more than {self._most} requests at once from one address that nobody knows")
        self._under_way[address] = others + 1
        try:
            yield
        finally:
            self._leave(address)

    def _leave(self, address: str) -> None:
        left = self._under_way.pop(address) - 1
        if left:
            self._under_way[address] = left


BODY_ROOM = web.AppKey("body_room", BodyRoom)
LARGE_TURN = web.AppKey("large_turn", asyncio.Semaphore)
"""For what is made of a large body: whoever sends many of them waits."""
ALLOWANCES = web.AppKey("allowances", Allowances)
CROWDS = web.AppKey("crowds", Crowds)
