"""A TCP gate that stands for a link: open, it passes bytes on to a port of this machine; cut, it refuses connections.

Loopback only. While cut the port stays reserved: a second socket is bound to it that never listens.
"""

import asyncio
import contextlib
import socket
from typing import Self

HOST = "127.0.0.1"
CHUNK_BYTES = 64 * 1024


class Gate:
    """A link to `127.0.0.1:target`, cut at first. Leaving its `async with` cuts it and gives up its port."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._reserved = _bound(0)
        self.port: int = self._reserved.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The address to use in place of the target's."""
        return f"http://{HOST}:{self.port}"

    async def open(self) -> None:
        """Let connections through from now on."""
        self._server = await asyncio.start_server(self._pass_on, sock=_bound(self.port))

    async def cut(self) -> None:
        """Refuse connections from now on and break those that are open, in the middle of a request too."""
        if self._server:
            self._server.close()
            self._server = None
        passing = tuple(self._passing)
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.cut()
        self._reserved.close()

    async def _pass_on(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        """Serve one connection until both its ends are done or the link is cut."""
        writers = [near_out]
        task = asyncio.current_task()
        if not task or not self._server:
            near_out.transport.abort()  # accepted in the moment of the cut
            return
        self._passing.add(task)
        try:
            far_in, far_out = await asyncio.open_connection(HOST, self._target)
            writers.append(far_out)
            await asyncio.gather(_copy(near_in, far_out), _copy(far_in, near_out))
            for writer in writers:
                writer.close()
        except (OSError, asyncio.CancelledError):
            for writer in writers:
                writer.transport.abort()
        finally:
            self._passing.discard(task)
            await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Copy until the source ends, then end the sink."""
    while chunk := await source.read(CHUNK_BYTES):
        sink.write(chunk)
        await sink.drain()
    with contextlib.suppress(OSError):
        sink.write_eof()


def _bound(port: int) -> socket.socket:
    """Return a socket bound, not listening; SO_REUSEPORT lets the gate hold its port with one and listen with another."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((HOST, port))
    return bound
