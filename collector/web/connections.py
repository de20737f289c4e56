"""Connections of strangers: how many there may be, how long a request's head may take, and what a malformed one is told.

Invariants: at most so many connections are open; when one more comes, the one that has waited longest without a request
makes room, so that whoever opens many and says nothing keeps nobody out. A head has 10 s to arrive, the first on a connection
too; one that begins in the packet in which the request before ended has 75 s, and so has a connection that is not used. One
connection carries one request at a time, so there are never more requests than connections.
"""

import asyncio
import logging
import ssl
from collections import OrderedDict

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from shared.clock import Clock
from shared.http_body import problem

HEAD_SECONDS = 10.0
IDLE_SECONDS = 75.0
"""Longer than proxies keep theirs: who closes first is not the one that is about to be sent something."""
MOST_WAITING_TO_BE_ACCEPTED = 1_024
TOLD_EVERY_SECONDS = 60.0
ANSWER_SECONDS = 300.0
"""For whoever reads an answer: 4 MB at 110 kbit/s."""
FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

_log = logging.getLogger(__name__)


class Gate:
    """Counts connections and malformed requests."""

    def __init__(self, most: int, *, clock: Clock) -> None:
        self._most = most
        self._clock = clock
        self._idle: OrderedDict[Connection, None] = OrderedDict()
        self._busy: set[Connection] = set()
        self._malformed = 0
        self._told_at: float | None = None

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._idle) + len(self._busy)

    def enter(self, connection: "Connection") -> bool:
        """Let a connection in, if need be instead of the one that has waited longest; say whether it is in."""
        if self.connections >= self._most:
            if not self._idle:
                return False
            longest, _ = self._idle.popitem(last=False)
            longest.force_close()
        self._idle[connection] = None
        return True

    def leave(self, connection: "Connection") -> None:
        """Forget a connection that has ended."""
        self._idle.pop(connection, None)
        self._busy.discard(connection)

    def begin(self, connection: "Connection") -> None:
        """Note that a request is being answered."""
        self._idle.pop(connection, None)
        self._busy.add(connection)

    def end(self, connection: "Connection") -> None:
        """Note that it is answered."""
        if connection in self._busy:
            self._busy.discard(connection)
            self._idle[connection] = None

    def note_malformed(self, reason: str) -> None:
        """Count a request that could not be read; the log has a line a minute, however many there are."""
        self._malformed += 1
        now = self._clock.monotonic()
        if self._told_at is None or now - self._told_at >= TOLD_EVERY_SECONDS:
            _log.warning("requests could not be read", extra={"requests": self._malformed, "reason": reason[:200]})
            self._told_at, self._malformed = now, 0


class Connection(web.RequestHandler):
    """A connection with a bound on how long a head takes."""

    __slots__ = ("_gate", "_is_answering", "_timer")

    def __init__(self, manager: web.Server, gate: Gate, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(manager, loop=loop, auto_decompress=False, access_log=None, keepalive_timeout=IDLE_SECONDS)  # type: ignore[arg-type]
        self._gate = gate
        self._is_answering = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let a connection in, or tell it that there are too many."""
        super().connection_made(transport)
        if self._gate.enter(self):
            self._await_head()
        elif isinstance(transport, asyncio.Transport):
            transport.write(FULL)
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        self._gate.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what arrives; from the first byte of a head on its time runs."""
        if data and not self._is_answering:
            self._await_head()
        super().data_received(data)

    def begin(self) -> None:
        """Note that a head is whole and is being answered."""
        self._is_answering = True
        self._stop_waiting()
        self._gate.begin(self)

    async def finish_response(  # noqa: PLR0917 - the base class's
        self,
        request: web.BaseRequest,
        resp: web.StreamResponse,
        start_time: float | None,
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer, unless whoever asked does not read it; then the next request may come."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await super().finish_response(request, resp, start_time)
        except TimeoutError:
            self.force_close()
            raise ConnectionResetError("the answer is not read") from None
        finally:
            self._is_answering = False
            self._gate.end(self)

    def handle_error(  # noqa: PLR0917 - the base class's
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return a short problem: what could not be read is told, and no line of our code with it."""
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer is sent already")
        if not isinstance(exc, HttpProcessingError):
            _log.error("request failed before it reached the collector", exc_info=exc)
        # Its kind and not its words: they quote the address that was asked for, and a worker's id may stand in it.
        told = type(exc).__name__ if isinstance(exc, HttpProcessingError) else f"status {status}"
        self._gate.note_malformed(told)
        answer = problem(
            status, "the request is not HTTP that can be read" if status < 500 else "the request failed here"
        )
        answer.force_close()
        return answer

    def _await_head(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if not self._is_answering:
            self.force_close()


class Site(web.TCPSite):
    """A place to listen at, behind a gate."""

    def __init__(
        self, runner: web.AppRunner, address: tuple[str, int], *, gate: Gate, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(runner, *address, ssl_context=tls, backlog=MOST_WAITING_TO_BE_ACCEPTED)
        self._gate = gate

    async def start(self) -> None:
        """Listen."""
        await web.BaseSite.start(self)
        server, loop = self._runner.server, asyncio.get_running_loop()
        assert server is not None  # noqa: S101 - the base class has made sure
        self._server = await loop.create_server(
            lambda: Connection(server, self._gate, loop=loop),
            self._host,
            self._port,
            ssl=self._ssl_context,
            backlog=self._backlog,
            ssl_handshake_timeout=None if self._ssl_context is None else HEAD_SECONDS,
        )


@web.middleware
async def note_answering(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the connection that its request is being answered; the outermost step of all."""
    if isinstance(request.protocol, Connection):
        request.protocol.begin()
    return await handler(request)
