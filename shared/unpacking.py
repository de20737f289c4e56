"""Gzip unpacked step by step, with bounds before and after each, so that whoever unpacks can do something else in between.

Ours and not aiohttp's, which takes a stream that was cut short as a short body. A bomb costs what it unpacks to up to the
bound, never what it would.
"""

import zlib
from collections.abc import Callable, Iterator

from shared.clock import give_way
from shared.errors import BadRequest, BodyTooLarge

STEP_BYTES = 64 * 1024
"""Of what goes in and of what comes out: either takes some 0.2 ms."""


def unpacked(body: bytes, *, most: int) -> Iterator[bytes]:
    """Yield what a gzip body holds, at most 64 KiB at a time, and no more than that is read for it.

    Raises:
        BadRequest: broken, cut short, or followed by something else.
        BodyTooLarge: more than `most` bytes; no more than that is ever unpacked.
    """
    reader = zlib.decompressobj(wbits=31)
    place = size_bytes = 0
    waiting = b""
    while not reader.eof:
        if not waiting:
            waiting = body[place : place + STEP_BYTES]
            place += STEP_BYTES
        is_all = not waiting
        part = _step(reader, waiting, most=min(STEP_BYTES, most + 1 - size_bytes))
        size_bytes += len(part)
        if size_bytes > most:
            raise BodyTooLarge(
                f"the body has more than {most:,} bytes when unpacked", hint="send fewer events a request"
            )
        if is_all and not part and not reader.eof:
            raise BadRequest("the gzip body is cut short")
        waiting = reader.unconsumed_tail
        yield part
    if reader.unused_data or body[place:]:
        raise BadRequest("the gzip body is followed by something else")


async def gunzip(body: bytes, *, most: int, grow: Callable[[int], None]) -> bytes:
    """Return what a gzip body holds, while others get their turn between the steps.

    `grow` is told of every byte that is held, and may refuse it; raises as `unpacked` does.
    """
    parts: list[bytes] = []
    for part in unpacked(body, most=most):
        grow(len(part))
        parts.append(part)
        await give_way()
    return b"".join(parts)


def _step(reader: "zlib._Decompress", packed: bytes, *, most: int) -> bytes:
    try:
        return reader.decompress(packed, most)
    except zlib.error as error:
        raise BadRequest("the body is not gzip") from error
