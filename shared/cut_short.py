"""An answer that has begun and cannot be ended: its connection ends in a way that no client takes for the end of the answer.

What HTTP/1.0 is told without a length ends with its connection. Closed in the ordinary way, half a file would be a whole one, and an
error told behind it would be its last line. A connection that is reset is an error to every client, and to a proxy before us.
"""

import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import web

_RESET = struct.pack("ii", 1, 0)
"""Linger for no time (socket(7)): whatever closes the socket, be it the end of the process, resets the connection."""
_CLOSE = struct.pack("ii", 0, 0)


def has_begun(request: web.Request) -> bool:
    """Say whether a part of the answer has been sent, if only its head."""
    return request.writer.output_size > 0


@asynccontextmanager
async def reset_unless_whole(request: web.Request) -> AsyncIterator[None]:
    """Have the connection reset wherever it ends before the operating system has all that the block sends, whoever ends it.

    What has not begun when the block fails is refused in words, and its connection ends as any other.

    Raises:
        ConnectionError: the connection has ended before.
    """
    _end_by(_RESET, request)
    try:
        yield
    except BaseException:
        if not has_begun(request):
            _end_by(_CLOSE, request)
        raise
    # The end of what is neither packed nor in chunks is not waited for by the framework: up to 64 KiB of it lie in the program.
    await request.writer.drain()
    line = request.transport
    if line is None or line.is_closing():
        raise ConnectionResetError("the connection ended before all of the answer was handed over")
    _end_by(_CLOSE, request)


def reset(request: web.Request) -> bool:
    """Reset the connection; say whether there still was one."""
    line = request.transport
    if line is None or line.is_closing():
        return False
    _end_by(_RESET, request)
    line.abort()
    return True


def _end_by(how: bytes, request: web.Request) -> None:
    line = request.transport
    opened = None if line is None else line.get_extra_info("socket")
    if opened is not None:
        with suppress(OSError):  # the other side has ended the connection meanwhile
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, how)
