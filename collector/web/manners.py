"""What every answer has in common: headers that keep browsers careful, a name to find it by in the log, compression."""

import asyncio
import gzip
import re

from aiohttp import web
from aiohttp.typedefs import Handler

from collector.web.peers import PEERS
from shared.http_body import request_id

COMPRESSED_FROM_BYTES = 1024
"""What fits into one packet is not sent faster for being smaller."""
_AT_ONCE_BYTES = 32 * 1024
"""Packed within a millisecond; more is packed in a thread of its own."""
_GZIP_LEVEL = 1
_COMPRESSIBLE = ("application/json", "text/csv", "text/html")
_NOT_AT_ALL = re.compile(r"\s*q=0(\.0*)?\s*")


async def add_manners(request: web.Request, answer: web.StreamResponse) -> None:
    """Say on every answer that its type is meant, that it belongs to no cache, that no frame may hold it, its name, and to stay with TLS."""
    answer.headers["Server"] = "lineside"  # and not of which versions
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Request-Id"] = request_id(request)
    if request.app[PEERS].is_secure(request):  # also where a trusted proxy speaks it for us
        answer.headers["Strict-Transport-Security"] = "max-age=31536000"
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")


@web.middleware
async def compress_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Pack the answers that are worth it for clients that unpack gzip."""
    answer = await handler(request)
    if not isinstance(answer, web.Response) or answer.prepared or answer.content_type not in _COMPRESSIBLE:
        return answer
    answer.headers["Vary"] = "Accept-Encoding"
    body = answer.body
    if not isinstance(body, bytes) or len(body) < COMPRESSED_FROM_BYTES or "Content-Encoding" in answer.headers:
        return answer
    if takes_gzip(request):
        small = len(body) <= _AT_ONCE_BYTES
        answer.body = _packed(body) if small else await asyncio.to_thread(_packed, body)
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def takes_gzip(request: web.Request) -> bool:
    """Say whether the client says that it unpacks gzip (RFC 9110 §12.5.3)."""
    weights: dict[str, str] = {}
    for choice in request.headers.get("Accept-Encoding", "").lower().split(","):
        coding, _, weight = choice.partition(";")
        weights[coding.strip()] = weight
    weight = weights.get("gzip", weights.get("*", "q=0"))
    return _NOT_AT_ALL.fullmatch(weight) is None


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, _GZIP_LEVEL, mtime=0)
