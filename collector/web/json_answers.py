"""Answers as JSON, made away from the loop: while a large one is put together, the others are answered."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from collector.metrics.written import written
from collector.web.unchanged import is_known

Made = Callable[[], Mapping[str, Any] | Sequence[Any]]


async def json_answer(make: Made, *, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return as JSON what a function makes, which is called in a thread of its own."""
    body = await asyncio.to_thread(lambda: written(make()))
    return web.Response(body=body, content_type="application/json", charset="utf-8", headers=headers)


async def json_unless_known(
    request: web.Request, make: Made, *, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return the same with the tag of just these bytes, or 304 to whoever names it.

    It spares the way and not the work: what is asked is worked out each time. Browsers keep nothing of it (`no-store`, as of
    every answer that may be about persons), so it is for programs that ask again and again.
    """

    def tagged() -> tuple[bytes, str]:
        body = written(make())
        return body, hashlib.sha256(body).hexdigest()[:16]

    body, etag = await asyncio.to_thread(tagged)
    told = {"ETag": f'W/"{etag}"', "Vary": "Accept-Encoding", **(headers or {})}  # weak: it may be plain or compressed
    if is_known(request, etag):
        return web.Response(status=304, headers=told)
    return web.Response(body=body, content_type="application/json", charset="utf-8", headers=told)
