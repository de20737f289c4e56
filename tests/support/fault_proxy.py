"""A TCP proxy between agent and collector that lies in every way networks and servers have lied before.

It reads whole requests, so a fault can be exact: before the collector saw anything, or after it has committed. A
request is spared or suffers one fault, by chance from a seed; `heal` ends all of that. It speaks as much HTTP/1.1 as the
two programs use: bodies with a `Content-Length`, on connections that stay open until a fault closes them.
"""

import asyncio
import contextlib
import random
import socket
import struct
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum, auto
from typing import NamedTuple

REFUSED_SECONDS = 0.3
"""So long nobody listens when connections are refused."""
LATE_SECONDS = 1.5
"""So long a late request is on its way: the agents of these tests wait for one second, and have asked again by then."""
_DRIP_BYTES, _DRIP_SECONDS = 16, 0.02
_MOST_HEAD = 64 * 1024
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends RST."""


class Fault(StrEnum):
    """What can happen to a request."""

    refuse = auto()
    reset_in_body = auto()
    black_hole = auto()
    drop_answer = auto()
    slow_drip = auto()
    truncated = auto()
    twice = auto()
    late = auto()
    error_500 = auto()
    error_500_after_commit = auto()
    busy_503 = auto()
    too_many_429 = auto()
    html_200 = auto()
    html_400 = auto()
    moved_301 = auto()


_PAGE = b"<html><body>Welcome! Please accept the terms.</body></html>"
_STATUS = {
    Fault.error_500: (500, b"", b"oops"),
    Fault.error_500_after_commit: (500, b"", b"oops"),
    Fault.busy_503: (503, b"Retry-After: 1\r\n", b"busy"),
    Fault.too_many_429: (429, b"Retry-After: 1\r\n", b"slow down"),
    Fault.html_200: (200, b"Content-Type: text/html\r\n", _PAGE),
    Fault.html_400: (400, b"Content-Type: text/html\r\n", _PAGE),
    Fault.moved_301: (301, b"Location: http://127.0.0.1:9/\r\n", b""),
}
_REACHES_COLLECTOR = frozenset(
    {Fault.drop_answer, Fault.slow_drip, Fault.truncated, Fault.twice, Fault.late, Fault.error_500_after_commit}
)


class Message(NamedTuple):
    """A request or an answer: everything up to the blank line, and the body."""

    head: bytes
    body: bytes

    @property
    def whole(self) -> bytes:
        """All of it."""
        return self.head + self.body


class FaultProxy:
    """One listening port before one collector; of all requests `share` suffer one of `faults`."""

    def __init__(self, *, seed: int, share: float = 0.6, faults: tuple[Fault, ...] = tuple(Fault)) -> None:
        self.share = share
        self.faults = faults
        self.upstream = ("127.0.0.1", 9)
        """Where the collector listens now."""
        self.seen: Counter[Fault] = Counter()
        self.passed = 0
        """Requests that were spared, and answered."""
        self.on_request: Callable[[bytes], None] = lambda _: None
        """Called with the body of each request."""
        self.passed_since_healed = asyncio.Event()
        self.passed_at = 0.0
        """When the first request after `heal` was answered, by the monotonic clock."""
        self.port = 0
        self._chance = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._reopening: set[asyncio.Task[None]] = set()

    @property
    def requests(self) -> int:
        """How many requests it has dealt with."""
        return self.passed + self.seen.total()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def heal(self) -> None:
        """Let everything pass from now on; what is being held back is let go of."""
        self.share = 0.0
        self.passed_since_healed.clear()
        for talk in self._talks:
            talk.cancel()

    async def start(self) -> None:
        """Listen, again on the same port if it did before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=_MOST_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def talks(self) -> frozenset[asyncio.Task[None]]:
        """The connections that are open."""
        return frozenset(self._talks)

    async def listening(self) -> None:
        """Return once it listens again after a refusal."""
        await asyncio.gather(*self._reopening)

    async def stop(self) -> None:
        """Listen no more and end all connections."""
        for task in (*self._talks, *self._reopening):
            task.cancel()
        await asyncio.gather(*self._talks, *self._reopening, return_exceptions=True)
        self._close()

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _refuse_for_a_while(self) -> None:
        async def reopen() -> None:
            await asyncio.sleep(REFUSED_SECONDS)
            await self.start()

        self._close()
        if not self._reopening:
            task = asyncio.create_task(reopen())
            self._reopening.add(task)
            task.add_done_callback(self._reopening.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # either side has gone, or the test ends: the other side is told by a reset
        finally:
            self._talks.discard(task)
            _reset(writer)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Treat one request; False ends the connection."""
        head = await _head(reader)
        fault = self._chance.choice(self.faults) if self._chance.random() < self.share else None
        if fault is not None:
            self.seen[fault] += 1
        length = _length(head)
        if fault is Fault.reset_in_body:
            await reader.readexactly(length // 2)
            return False
        request = Message(head, await reader.readexactly(length))
        self.on_request(request.body)
        if fault is not None and fault not in _REACHES_COLLECTOR:
            return await self._keep_from_collector(fault, writer)
        if fault is Fault.late:
            await asyncio.sleep(LATE_SECONDS)
        answer = await self._ask(request)
        if fault is Fault.twice:
            answer = await self._ask(request)
        return await self._tell(fault, answer, writer=writer)

    async def _keep_from_collector(self, fault: Fault, writer: asyncio.StreamWriter) -> bool:
        match fault:
            case Fault.black_hole:
                await asyncio.get_running_loop().create_future()  # until whoever waits gives up, or the test ends
            case Fault.refuse:
                self._refuse_for_a_while()
            case _:
                writer.write(_answer(fault))
                await writer.drain()
                return True
        return False

    async def _tell(self, fault: Fault | None, answer: Message, *, writer: asyncio.StreamWriter) -> bool:
        match fault:
            case Fault.drop_answer | Fault.late:
                return False
            case Fault.error_500_after_commit:
                writer.write(_answer(fault))
            case Fault.truncated:
                writer.write(answer.whole[: len(answer.head) + len(answer.body) // 2])
                await writer.drain()
                return False
            case Fault.slow_drip:
                for begin in range(0, len(answer.whole), _DRIP_BYTES):
                    writer.write(answer.whole[begin : begin + _DRIP_BYTES])
                    await writer.drain()
                    await asyncio.sleep(_DRIP_SECONDS)
            case _:
                writer.write(answer.whole)
        await writer.drain()
        self._note_passed(fault)
        return True

    def _note_passed(self, fault: Fault | None) -> None:
        if fault is not None and fault not in (Fault.slow_drip, Fault.twice):
            return
        self.passed += fault is None
        if not self.share and not self.passed_since_healed.is_set():
            self.passed_at = time.monotonic()
            self.passed_since_healed.set()

    async def _ask(self, request: Message) -> Message:
        """Return the collector's answer; it gets a connection of its own, which the agent cannot know."""
        reader, writer = await asyncio.open_connection(*self.upstream, limit=_MOST_HEAD)
        try:
            writer.write(request.whole)
            await writer.drain()
            head = await _head(reader)
            return Message(head, await reader.readexactly(_length(head)))
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def fault_proxy(
    *, seed: int, share: float = 0.6, faults: tuple[Fault, ...] = tuple(Fault)
) -> AsyncIterator[FaultProxy]:
    """Run a proxy on a free loopback port while the block lasts."""
    proxy = FaultProxy(seed=seed, share=share, faults=faults)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()


async def _head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def _answer(fault: Fault) -> bytes:
    code, more, body = _STATUS[fault]
    return b"HTTP/1.1 %d Fault\r\n%sContent-Length: %d\r\n\r\n%s" % (code, more, len(body), body)


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
