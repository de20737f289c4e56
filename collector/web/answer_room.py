"""Memory for the answers that wait until they are read, shared by all who are known; strangers have bounds of their own.

Invariants:

* What an answer takes, packed or not, is taken from the room before the first byte of it is sent, and given back once the operating
  system has all of it. What does not fit is refused instead. A file that is streamed takes what its piece has, one at a time.
* Receipts have a room apart, for what they tell of is stored: nobody who reads at length keeps them back.
* What is small takes no room, however full it is: connections bound how many of these there are.
* Shares are those of persons, boards and cameras, whatever number of sessions or tokens they have; of addresses, where nobody is told apart.

Two steps: that which takes a place is inside of what counts answers, so that a refusal is counted as one; that which sends is
outside, so that how long an answer is made is not how long it is read.
"""

from collections.abc import Hashable
from contextlib import ExitStack, suppress
from typing import NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler

from collector.web.limits import ANSWER_ROOM, RECEIPT_ROOM, SMALL_ANSWER_BYTES
from shared.room import Place, Room


class _Whose(NamedTuple):
    who: Hashable
    room: Room


_WHOSE = web.RequestKey("whose", _Whose)
_HELD = web.RequestKey("held", ExitStack)


def keep_place_for(request: web.Request, who: Hashable, *, is_receipt: bool) -> None:
    """Note whose the answer will be, of those who are known, and of which room."""
    request[_WHOSE] = _Whose(who, request.app[RECEIPT_ROOM if is_receipt else ANSWER_ROOM])


@web.middleware
async def send_in_its_place(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send the answer, and give its place back then."""
    with ExitStack() as held:
        request[_HELD] = held
        answer = await handler(request)
        if _WHOSE in request:
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
        AnswerPlace(request).hold(len(body), has_begun=False)
    return answer


class AnswerPlace:
    """What an answer, or its piece, takes of the room, until the answer is sent; strangers have none."""

    def __init__(self, request: web.Request) -> None:
        self._place: Place | None = None
        if _WHOSE in request:
            who, room = request[_WHOSE]
            self._place = request[_HELD].enter_context(room.place(who))

    def hold(self, size_bytes: int, *, has_begun: bool) -> None:
        """Take so much, in place of what was taken before.

        Raises:
            TooOften: what whoever asks has not read yet takes a share of the room.
            Busy: there is no room left. Neither is raised of an answer that has begun.
        """
        if self._place is not None:
            self._place.become(size_bytes if size_bytes > SMALL_ANSWER_BYTES else 0, has_begun=has_begun)
