"""The body of a POST and the form of an error, the same at the edge agent and at the collector.

Decompression is ours: aiohttp takes a gzip stream that was cut short as a short body, passes an unknown encoding through
undecoded, and never ends a body that drips. Servers therefore run with `auto_decompress=False`.
"""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from shared import cut_short
from shared.clock import new_token
from shared.errors import BadRequest, BodyTooLarge, BodyTooSlow, LinesideError, UnsupportedBody
from shared.events import Rejection
from shared.unpacking import gunzip
from shared.wire import MAX_BODY_BYTES

BODY_SECONDS = 30
"""4 MiB in 30 s is 140 kB/s: slower senders shall send smaller batches."""
STALL_SECONDS = 5
PIECE_BYTES = 4 * 1024
"""Of a body so much comes within `STALL_SECONDS`, or it is given up: that is 0.8 kB/s. A line of 2 kB/s carries it, and who says
nothing more does not hold for long what others need."""

_REQUEST_ID = web.RequestKey("request_id", str)
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_log = logging.getLogger(__name__)


def request_id(request: web.BaseRequest) -> str:
    """Return the name of a request in answers and in the log: the `X-Request-Id` of a proxy before us, or one of our own."""
    if _REQUEST_ID not in request:
        given = request.headers.get("X-Request-Id", "")
        request[_REQUEST_ID] = given if _GIVEN_ID.fullmatch(given) else new_token()
    return request[_REQUEST_ID]


async def read_post(
    request: web.Request,
    *,
    content_types: tuple[str, ...],
    most: int = MAX_BODY_BYTES,
    grow: Callable[[int], None] = lambda _: None,
    seconds: float | None = None,
) -> bytes:
    """Return the whole body, unpacked; `grow` is told of every byte that is held and may refuse it.

    Raises:
        UnsupportedBody: another Content-Type, or a Content-Encoding other than gzip.
        BodyTooLarge: over `most` bytes, before or after unpacking.
        BodyTooSlow: not whole after so many `seconds`, by default 30; or another 4 KiB took longer than 5 s.
        BadRequest: broken or truncated gzip.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise UnsupportedBody("the body may be plain or gzip, nothing else", hint="send Content-Encoding: gzip or none")
    body = await _read_bounded(request, most=most, grow=grow, seconds=seconds or BODY_SECONDS)
    if body and request.content_type not in content_types:
        raise UnsupportedBody(
            "the body must be declared as " + " or ".join(content_types), hint=f"send Content-Type: {content_types[0]}"
        )
    if encoding != "gzip" or not body:
        return body
    return await gunzip(body, most=most, grow=grow)


def problem(status: int, message: str, *, retry_after_seconds: int | None = None, **members: object) -> web.Response:
    """Return an error answer: problem+json (RFC 9457) with the message as `detail` and, for simple clients, `error`."""
    content = {"type": "about:blank", "title": _title(status), "status": status, "detail": message, "error": message}
    headers = {} if retry_after_seconds is None else {"Retry-After": str(retry_after_seconds)}
    if status == HTTPStatus.UNAUTHORIZED:  # RFC 9110 §15.5.2 wants it
        headers["WWW-Authenticate"] = 'Bearer realm="lineside"'
    return web.Response(
        status=status,
        text=json.dumps(content | members, ensure_ascii=True),
        content_type="application/problem+json",
        headers=headers,
    )


def refusal(rejection: Rejection) -> web.Response:
    """Return the error answer to one object that is no event."""
    members = rejection.told()
    return problem(400, members.pop("error"), retry_after_seconds=None, **members)


@web.middleware
async def answer_problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turn errors into problem+json: ours with their status, aiohttp's own too, anything else into a bare 500.

    Where an answer has begun already, its connection is reset, and nobody gets the problem; it is counted and logged all the same.
    """
    try:
        return await _whole(request, handler)
    except LinesideError as error:
        return problem(error.http_status, str(error), retry_after_seconds=error.retry_after_seconds, **error.members())
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _plainer(error, method=request.method)
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception:  # noqa: BLE001 - the top of a request: log it all, tell the stranger nothing
        named = request_id(request)
        _log.exception(
            "request failed", extra={"method": request.method, "route": _route_of(request), "request_id": named}
        )
        return problem(500, f"the request failed here; the log says why, under {named}")


async def _whole(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Return the answer of a handler; what it began and cannot end is broken off."""
    try:
        return await handler(request)
    except BaseException as error:
        if cut_short.has_begun(request) and cut_short.reset(request):
            # The error's kind and not its words: they may hold a worker's id.
            told = {"method": request.method, "route": _route_of(request), "error": type(error).__name__}
            _log.warning("an answer was broken off", extra=told | {"request_id": request_id(request)})
        raise


def _route_of(request: web.Request) -> str:
    """Return the address as it was declared: what somebody put into it may be a worker's id."""
    resource = request.match_info.route.resource
    return "none" if resource is None else resource.canonical


def _plainer(error: web.HTTPException, *, method: str) -> web.Response:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = error.headers["Allow"]
        if method == "OPTIONS":
            return web.Response(status=204, headers={"Allow": f"{allowed},OPTIONS"})
        answer = problem(error.status, f"{method} is not possible at this address; possible: {allowed}")
        answer.headers["Allow"] = allowed
        return answer
    message = "there is nothing at this address" if isinstance(error, web.HTTPNotFound) else error.reason
    return problem(error.status, message)


class Pace:
    """How long the next of a body may take, given what has come."""

    def __init__(self, began: float, *, seconds: float) -> None:
        self._end = began + seconds
        self._piece = 0
        self.due = min(self._end, began + STALL_SECONDS)

    def came(self, size_bytes: int, *, now: float) -> float:
        """Return when the body is given up unless more of it comes: every whole piece of it buys time, nothing less does."""
        self._piece += size_bytes
        if self._piece >= PIECE_BYTES:
            self._piece = 0
            self.due = min(self._end, now + STALL_SECONDS)
        return self.due


async def _read_bounded(request: web.Request, *, most: int, grow: Callable[[int], None], seconds: float) -> bytes:
    if (request.content_length or 0) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    pace = Pace(asyncio.get_running_loop().time(), seconds=seconds)
    try:
        async with asyncio.timeout_at(pace.due) as limit:
            async for part in request.content.iter_any():
                limit.reschedule(pace.came(len(part), now=asyncio.get_running_loop().time()))
                size += len(part)
                if size > most:
                    raise _too_large(most)
                grow(len(part))
                parts.append(part)
    except TimeoutError as error:
        raise BodyTooSlow(
            f"the body did not arrive within {seconds:g} s, and each 4 KiB of it within {STALL_SECONDS} s",
            hint="send fewer events a request",
        ) from error
    except web.RequestPayloadError as error:
        raise BadRequest("the body ended before its time") from error
    return b"".join(parts)


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body has more than {most:,} bytes", hint="send fewer events a request")


def _title(status: int) -> str:
    return HTTPStatus(status).phrase
