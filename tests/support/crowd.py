"""A crowd of strangers at a server: each holds on to a connection in its way, and comes again once it is thrown out.

Nothing here waits for anything, so one task keeps up with thousands of them. They come from many addresses of loopback.
"""

import asyncio
import contextlib
import errno
import resource
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.support.flaky_collector import until

PRESS_SECONDS = 0.2
ROUNDS = 10
"""Until a crowd is there."""
ADDRESSES = 20
_UNDER_WAY = (0, errno.EINPROGRESS, errno.EAGAIN)


@dataclass(frozen=True)
class Kind:
    """What one stranger does: what it sends as soon as it is connected, and then again and again; none reads anything."""

    name: str
    opening: bytes
    drip: bytes = b""
    most: int = 0
    """It sends the drip as often as it goes, this many bytes in all; 0: once each time."""


def head(first_line: str, *lines: str) -> bytes:
    """Return the lines of a head, without its end."""
    return "".join(f"{line}\r\n" for line in (f"{first_line} HTTP/1.1", "Host: 127.0.0.1", *lines)).encode()


def post(path: str, content_type: str, *lines: str) -> bytes:
    """Return the head of a POST of a thousand bytes."""
    return head(f"POST {path}", f"Content-Type: {content_type}", "Content-Length: 1000", *lines) + b"\r\n"


FORM = "application/x-www-form-urlencoded"
KINDS = (
    Kind("says nothing", b""),
    Kind("drips a head", head("GET /healthz"), b"X: a\r\n"),
    Kind("sends a long head", head("GET /healthz", *(f"X-{n}: {'a' * 8_000}" for n in range(100)))),
    Kind("drips a form", post("/login", FORM), b"a"),
    Kind(
        "drips with a token that is none", post("/api/app/", "application/json", "Authorization: Bearer lsc_no"), b" "
    ),
    Kind("asks ahead for a page", b"", head("GET /login") + b"\r\n", most=512 * 1024),
    Kind("asks ahead for the description", b"", head("GET /api/openapi.json") + b"\r\n", most=512 * 1024),
)


class Stranger:
    """One of them."""

    def __init__(self, kind: Kind, *, url: str, address: str) -> None:
        self.kind = kind
        host, _, port = url.removeprefix("http://").partition(":")
        self._target = (host, int(port))
        self._address = address
        self._socket: socket.socket | None = None
        self._is_open = False
        self._sent = 0
        self.times = 0
        """How often it had to come."""
        self.pressed = 0

    def press(self) -> None:
        """Connect, go on, or come again."""
        self.pressed += 1
        try:
            if self._socket is None:
                self._connect()
            elif not self._is_open:
                self._socket.sendall(self.kind.opening)
                self._is_open = True
            self._go_on()
            self._see_whether_it_ended()
        except BlockingIOError:
            pass
        except OSError:
            self.close()

    def close(self) -> None:
        """Go away."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._is_open, self._sent = None, False, 0

    def _connect(self) -> None:
        self._socket = socket.socket()
        self._socket.settimeout(0)
        self._socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096
        )  # so that little of an answer lies in the system
        self._socket.bind((self._address, 0))
        self.times += 1
        found = self._socket.connect_ex(self._target)
        if found not in _UNDER_WAY:
            raise OSError(found, "no connection")

    def _go_on(self) -> None:
        if self._socket is None or not self._is_open or not self.kind.drip:
            return
        if self.kind.most == 0:
            self._socket.sendall(self.kind.drip)
            return
        ahead = self.kind.drip * (16_384 // len(self.kind.drip))
        while self._sent < self.kind.most:
            self._sent += self._socket.send(
                ahead
            )  # where it stops is in the middle of a request, which is all the same

    def _see_whether_it_ended(self) -> None:
        if self._socket is not None and self.kind.most == 0 and self._socket.recv(4_096) == b"":
            self.close()


@asynccontextmanager
async def crowd(url: str, *, strangers: int, kinds: Sequence[Kind] = KINDS) -> AsyncIterator[list[Stranger]]:
    """Have so many strangers of all kinds press while the block lasts; it begins once each has come and pressed for a while."""
    _have_files(strangers + 500)
    everybody = [
        Stranger(kinds[number % len(kinds)], url=url, address=f"127.0.1.{1 + number % ADDRESSES}")
        for number in range(strangers)
    ]
    pressing = asyncio.create_task(_press(everybody))
    try:
        await until(lambda: min(one.pressed for one in everybody) >= ROUNDS)
        yield everybody
    finally:
        pressing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pressing
        for one in everybody:
            one.close()


async def _press(everybody: Sequence[Stranger]) -> None:
    while True:
        for number, one in enumerate(everybody):
            one.press()
            if number % 50 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(PRESS_SECONDS)


def _have_files(number: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
