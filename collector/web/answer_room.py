"""Memory for the answers that wait until they are read, shared by all who are known; strangers have bounds of their own.

Invariant: what a whole answer takes, packed or not, is taken from the room before the first byte of it is sent, and given back once
the operating system has all of it. What does not fit is refused instead. A file that is streamed takes as much as a piece of it may have,
for one piece at a time is held. Two steps: that which takes a place is inside of what counts answers, so
that a refusal is counted as one; that which sends is outside, so that how long an answer is made is not how long it is read.
"""

from contextlib import ExitStack, suppress

from aiohttp import web
from aiohttp.typedefs import Handler

from collector.web.limits import ANSWER_ROOM

_WHO = web.RequestKey("who", object)
_HELD = web.RequestKey("held", ExitStack)


def keep_place_for(request: web.Request, who: bytes | None) -> None:
    """Note whose the answer will be, of those who are known (None: they are not told apart)."""
    request[_WHO] = who


@web.middleware
async def send_in_its_place(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send the answer, and give its place back then."""
    with ExitStack() as held:
        request[_HELD] = held
        answer = await handler(request)
        if _WHO in request:
            with suppress(ConnectionError):  # the connection finds out by itself that it has ended
                await answer.prepare(request)
                await answer.write_eof()
        return answer


@web.middleware
async def take_place(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Take a place for an answer that is whole; what is streamed has taken one."""
    answer = await handler(request)
    body = answer.body if isinstance(answer, web.Response) else None
    if isinstance(body, bytes) and request.method != "HEAD":
        hold_place(request, len(body))
    return answer


def hold_place(request: web.Request, size_bytes: int) -> None:
    """Take so much of the room, until the answer is sent; strangers have none.

    Raises:
        TooOften: what whoever asks has not read yet takes a share of the room.
        Busy: there is no room left.
    """
    if _WHO in request:
        place = request[_HELD].enter_context(request.app[ANSWER_ROOM].place(request[_WHO]))
        place.grow(size_bytes)
