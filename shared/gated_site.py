"""Where a program listens: connections come through the gate, and where there is TLS they shake hands behind it.

Invariant: a connection has its place from the moment it is taken, so whoever begins a handshake and says nothing more holds a
place like any other stranger, for 10 s at most.
"""

import asyncio
import ssl
from typing import cast

from aiohttp import web

from shared.connections import HEAD_SECONDS, Connection, Malformed, address_of
from shared.gate import MOST_ACCEPTED_AT_ONCE, Gate

MOST_WAITING_TO_BE_ACCEPTED = 1_024


class Doorstep(asyncio.Protocol):
    """A connection that shakes hands; afterwards another protocol has it."""

    def __init__(self, connection: Connection, *, gate: Gate, tls: ssl.SSLContext) -> None:
        self._connection = connection
        self._gate = gate
        self._tls = tls
        self._line: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._shaking: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let a connection in, or end it: what could be said in the clear nobody would understand."""
        self._line = cast(asyncio.Transport, transport)
        self._line.pause_reading()  # what comes is for the handshake
        self._line.set_write_buffer_limits(high=1)
        if self._gate.enter(self, address=address_of(transport)):
            self._shaking = asyncio.get_running_loop().create_task(self._shake_hands(self._line))
        else:
            self._line.abort()

    def data_received(self, data: bytes) -> None:
        """Keep what comes with the end of the handshake."""
        self._early.append(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._gate.leave(self)
        if self._shaking is not None:
            self._shaking.cancel()

    def let_go(self) -> None:
        """End at once."""
        if self._line is not None:
            self._line.abort()
        if self._shaking is not None:
            self._shaking.cancel()

    async def _shake_hands(self, line: asyncio.Transport) -> None:
        try:
            secured = await asyncio.get_running_loop().start_tls(
                line,
                self,
                self._tls,
                server_side=True,
                ssl_handshake_timeout=HEAD_SECONDS,
                ssl_shutdown_timeout=HEAD_SECONDS,
            )
        except OSError:  # no TLS, or none that we speak; or nothing came in time
            secured = None
        self._gate.leave(self)
        if secured is None:
            line.abort()
            return
        secured.set_protocol(self._connection)
        self._connection.connection_made(secured)
        for data in self._early:
            self._connection.data_received(data)


class Site(web.TCPSite):
    """A place to listen at, behind a gate."""

    def __init__(
        self,
        runner: web.AppRunner,
        address: tuple[str, int],
        *,
        gate: Gate,
        malformed: Malformed,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(runner, *address, ssl_context=tls, backlog=MOST_WAITING_TO_BE_ACCEPTED)
        self._gate = gate
        self._malformed = malformed

    async def start(self) -> None:
        """Listen."""
        await web.BaseSite.start(self)
        loop = asyncio.get_running_loop()
        self._server = listening = await loop.create_server(
            self._protocol, self._host, self._port, backlog=MOST_ACCEPTED_AT_ONCE
        )
        for taken in listening.sockets:  # asyncio takes as many at once as may wait, unless they are told apart
            with taken.dup() as same:
                same.listen(MOST_WAITING_TO_BE_ACCEPTED)

    def _protocol(self) -> asyncio.BaseProtocol:
        server = self._runner.server
        assert server is not None  # noqa: S101 - the base class has made sure
        loop = asyncio.get_running_loop()
        connection = Connection(server, self._gate, malformed=self._malformed, loop=loop)
        tls = self._ssl_context
        return connection if tls is None else Doorstep(connection, gate=self._gate, tls=tls)
