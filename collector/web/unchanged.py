"""Answers that stay the same for long: whoever has one already is told 304 and nothing else."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Lasting:
    """A text that is the same until the next upgrade, as it is sent."""

    content: bytes
    content_type: str
    etag: str


def lasting(text: str, *, content_type: str) -> Lasting:
    """Return a text with the tag of just this text."""
    content = text.encode()
    return Lasting(content, content_type, hashlib.sha256(content).hexdigest()[:16])


def sent(request: web.Request, one: Lasting, *, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return it, or 304 to whoever has it."""
    told = {
        "ETag": f'W/"{one.etag}"',  # weak: it may be plain or compressed
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
        **(headers or {}),
    }
    if is_known(request, one.etag):
        return web.Response(status=304, headers=told)
    return web.Response(body=one.content, content_type=one.content_type, charset="utf-8", headers=told)


def is_known(request: web.Request, etag: str) -> bool:
    """Say whether the client has an answer of this tag, which no other text in the header can contain."""
    known = request.headers.get("If-None-Match", "")
    return etag in known or known.strip() == "*"
