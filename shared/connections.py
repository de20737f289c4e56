"""A connection of whoever comes: how long a head may take, how much may be sent ahead, and how long an answer may lie unread.

Invariants: a head has 10 s to arrive, the first on a connection too, and 16 KiB; one that begins in the packet in which the
request before ended has 75 s, and so has a connection that is not used. One connection carries one request at a time, so there
are never more requests than connections: what is sent ahead lies unread until the answer before has been handed to the operating
system, all of it; after a stranger's answer the connection ends instead, for no browser and no program of ours sends ahead. Whoever
does not read an answer for 300 s, a stranger for 10 s, is let go. Places are the gate's matter (`gate.py`).
"""

import asyncio
import logging
from collections.abc import Hashable
from typing import cast

from aiohttp import web
from aiohttp.http import HttpRequestParser, RawRequestMessage
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from shared.clock import Clock
from shared.gate import Gate
from shared.http_body import problem, request_id

HEAD_SECONDS = 10.0
MOST_HEAD_BYTES = 16 * 1024
"""Twice the longest line; of an agent's or a browser's head there is a tenth of that."""
MOST_LINE_BYTES = 8_190
MOST_HEADERS = 128
IDLE_SECONDS = 75.0
"""Longer than proxies keep theirs: who closes first is not the one that is about to be sent something."""
PIECE_BYTES = 16 * 1024
"""Read at once from strangers; asyncio's own 256 KiB would lie in memory for each of a thousand who send ahead."""
PIECE_BYTES_OF_THE_KNOWN = 256 * 1024
TOLD_EVERY_SECONDS = 60.0
ANSWER_SECONDS = 300.0
"""For whoever reads an answer: 4 MB at 110 kbit/s."""
STRANGERS_ANSWER_SECONDS = 10.0
"""They are shown a page to log in, and the description of the interface, 60 kB."""
FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
MANNERS = {"Server": "lineside", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
"""Of every answer; which versions it is made with is nobody's business."""
TOO_LONG = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

_log = logging.getLogger(__name__)


class Malformed:
    """Counts requests that could not be read."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._requests = 0
        self._told_at: float | None = None

    def note(self, reason: str) -> None:
        """Count one; the log has a line a minute, however many there are."""
        self._requests += 1
        now = self._clock.monotonic()
        if self._told_at is None or now - self._told_at >= TOLD_EVERY_SECONDS:
            _log.warning("requests could not be read", extra={"requests": self._requests, "reason": reason[:200]})
            self._told_at, self._requests = now, 0


class Connection(web.RequestHandler):
    """A connection with bounds."""

    __slots__ = (
        "_gate",
        "_has_asked",
        "_head_bytes",
        "_is_answering",
        "_is_known",
        "_line",
        "_malformed",
        "_patience",
        "_timer",
        "_who",
    )

    def __init__(
        self, manager: web.Server, gate: Gate, *, malformed: Malformed, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(manager, loop=loop, auto_decompress=False, access_log=None, keepalive_timeout=IDLE_SECONDS)  # type: ignore[arg-type]
        self._take_one_request_at_a_time(loop)
        self._gate = gate
        self._malformed = malformed
        self._line: asyncio.Transport | None = None
        self._has_asked = False
        self._is_answering = False
        self._is_known = False
        self._who: Hashable | None = None
        self._head_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let a connection in, or tell it that there are too many."""
        self._line = cast(asyncio.Transport, transport)
        self._line.set_write_buffer_limits(high=1)
        super().connection_made(transport)
        if self._gate.enter(self, address=address_of(self._line)):
            self._read_at_most(PIECE_BYTES)
            self._await_head()
        else:
            self._line.write(FULL)
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        self._stop_bearing()
        self._gate.leave(self)
        super().connection_lost(exc)

    def let_go(self) -> None:
        """End at once, also where somebody is in the middle of something or has not read what was sent."""
        if self._line is not None:
            self._line.abort()

    def data_received(self, data: bytes) -> None:
        """Take what arrives; from the first byte of a head on its time runs."""
        if data and not self._is_answering:
            self._await_head()
        super().data_received(data)
        self._give_up_a_broken_body()
        if not self._is_awaiting_a_head():
            self._head_bytes = 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > MOST_HEAD_BYTES and self._line is not None:
            self._malformed.note(f"a head of more than {MOST_HEAD_BYTES:,} bytes")
            self._line.write(TOO_LONG)
            self.force_close()

    def begin(self) -> None:
        """Note that a head is whole and is being answered."""
        self._is_answering = True
        self._stop_waiting()
        self._gate.begin(self, is_first=not self._has_asked)
        self._has_asked = True
        self._give_up_a_broken_body()

    def find(self, *, is_known: bool, who: Hashable | None) -> None:
        """Note whether whoever asks is known, and who that is."""
        if (is_known, who) == (self._is_known, self._who):
            return
        self._is_known, self._who = is_known, who
        if is_known:
            self._gate.know(self, who)
        else:
            self._gate.disown(self)
        self._read_at_most(PIECE_BYTES_OF_THE_KNOWN if is_known else PIECE_BYTES)

    async def finish_response(  # noqa: PLR0917 - the base class's
        self,
        request: web.BaseRequest,
        resp: web.StreamResponse,
        start_time: float | None,
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer; then the next request may come, but none that a stranger has sent ahead."""
        if isinstance(resp, web.HTTPExpectationFailed):  # the one answer that aiohttp gives before any step of ours
            resp = problem(resp.status, "nothing but 100-continue can be expected here")
        if self._messages and not self._is_known:
            resp.force_close()
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            self._is_answering = False
            self._gate.end(self)
            super().data_received(b"")  # a request that came in one packet with the end of this one's body

    def pause_writing(self) -> None:
        """Bear for a while that an answer is not read, or a part of a long one."""
        super().pause_writing()
        seconds = ANSWER_SECONDS if self._is_known else STRANGERS_ANSWER_SECONDS
        self._patience = asyncio.get_running_loop().call_later(seconds, self.let_go)

    def resume_writing(self) -> None:
        """Note that all of it was read."""
        self._stop_bearing()
        super().resume_writing()

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
        named = request_id(request)
        if not isinstance(exc, HttpProcessingError):
            _log.error("request failed before it reached the collector", exc_info=exc, extra={"request_id": named})
        # Its kind and not its words: they quote the address that was asked for, and a worker's id may stand in it.
        told = type(exc).__name__ if isinstance(exc, HttpProcessingError) else f"status {status}"
        self._malformed.note(told)
        answer = problem(
            status, "the request is not HTTP that can be read" if status < 500 else "the request failed here"
        )
        answer.headers.update(
            MANNERS | {"X-Request-Id": named}
        )  # it has come to no address, and to nothing that sets them
        answer.force_close()
        return answer

    def _take_one_request_at_a_time(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have what follows a request lie unread; the base class would take apart thirty-two, at two kilobytes each."""
        self._max_msg_queue_size, self._msg_queue_resume_size = 1, 0
        self._parser = HttpRequestParser(
            self,
            loop,
            self._read_bufsize,
            max_line_size=MOST_LINE_BYTES,
            max_field_size=MOST_LINE_BYTES,
            max_headers=MOST_HEADERS,
            payload_exception=web.RequestPayloadError,
            auto_decompress=False,
            max_msg_queue_size=1,
        )

    def _give_up_a_broken_body(self) -> None:
        """Let nobody wait for the rest of a body that cannot be read: the base class only tells that after the answer."""
        request = self._current_request
        is_broken = bool(self._messages) and not isinstance(self._messages[-1][0], RawRequestMessage)
        if is_broken and request is not None and not request.content.is_eof():
            request.content.set_exception(web.RequestPayloadError("the body is not HTTP that can be read"))
            request.content.feed_eof()  # and after the answer nobody waits for it either
            self.close()

    def _read_at_most(self, size_bytes: int) -> None:
        # Of asyncio's plain transports; one of TLS has no use for it (see `hosting.read_in_pieces`).
        self._line.max_size = size_bytes  # type: ignore[union-attr]

    def _is_awaiting_a_head(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    def _await_head(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_bearing(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._timer = None
        if not self._is_answering:
            self.let_go()


def address_of(line: asyncio.BaseTransport) -> str:
    """Return the address at the other end."""
    name = line.get_extra_info("peername")
    return str(name[0]) if name else ""


@web.middleware
async def note_answering(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the connection that its request is being answered; the outermost step of all."""
    if isinstance(request.protocol, Connection):
        request.protocol.begin()
    return await handler(request)


def note_who_asks(request: web.Request, *, is_known: bool, who: Hashable | None = None) -> None:
    """Tell the connection whether whoever asks is known, and who that is (None: they are not told apart)."""
    if isinstance(request.protocol, Connection):
        request.protocol.find(is_known=is_known, who=who)
