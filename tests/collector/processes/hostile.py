"""Hundreds of requests that nobody means well with: bodies, heads, frames and paths; values are in `hostile_values.py`."""

import gzip
import json
import zlib
from collections.abc import Iterator

from tests.collector.processes.hostile_requests import TIMES, Hostile, get, post
from tests.collector.processes.hostile_values import forms, headers_of_envelopes, logouts, queries, tokens, values

GIB = 1024**3


def all_of_them(*, agent: str, supervisor: str) -> list[Hostile]:
    """Return the attempts of a stranger who has stolen both a camera's token and a supervisor's."""
    return [
        *_bodies(agent),
        *_nested(agent),
        *values(agent),
        *headers_of_envelopes(agent),
        *forms(),
        *logouts(),
        *_heads(supervisor),
        *_frames(agent),
        *_paths(supervisor),
        *queries(supervisor),
        *tokens(),
    ]


def full_batch(token: str) -> Hostile:
    """Return an honest request of 10,000 events."""
    events = [TIMES | {"timestamp": f"2026-01-15T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z"} for n in range(10_000)]
    return Hostile("honest", post(token, json.dumps(events).encode()), 200)


def bomb(piece: bytes, *, unpacked: int = GIB) -> bytes:
    """Return gzip of a piece over and over, made from one block that is repeated as it is."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(piece * (1024**2 // len(piece))) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block * (unpacked // 1024**2) + b"\x03\0" + b"\0" * 8


def _bodies(token: str) -> Iterator[Hostile]:
    for piece in (b"\0", b" ", b"[", b"0,", b'{"a":', b'"', b"\\", b"[],"):
        yield Hostile(f"a bomb of {piece!r}", post(token, bomb(piece), Content_Encoding="gzip"), 413)
    small = gzip.compress(b"[]")
    for name, packed in {
        "cut short": small[:-4],
        "no end": small[:12],
        "followed by rubbish": small + b"rubbish",
        "two members": small * 2,
        "ten thousand empty members": gzip.compress(b"") * 10_000,
        "a wrong sum": small[:-8] + b"\0" * 8,
        "not gzip": b"[]",
        "gzip in gzip": gzip.compress(gzip.compress(b"[]")),
    }.items():
        yield Hostile(f"gzip: {name}", post(token, packed, Content_Encoding="gzip"), 400)
    for encoding in ("br", "deflate", "zstd", "compress", "gzip, gzip", "x" * 500):
        yield Hostile(f"encoding {encoding[:9]}", post(token, b"[]", Content_Encoding=encoding), 415)
    for kind in (
        "text/html",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=a",
        "a/b;" * 900,
    ):
        yield Hostile(f"type {kind[:20]}", post(token, b"[]", Content_Type=kind), 415)
    for name, piece in {
        "arrays": b"[],",
        "objects": b'{"a":1},',
        "numbers": b"0,",
        "texts": b'"",',
        "strings": b'"ab",',
    }.items():
        body = b"[" + piece * (4_190_000 // len(piece)) + b"0]"
        yield Hostile(f"a million {name}", post(token, body), 413)
    # As much as one request may hold: it is read, and each item is refused by itself.
    full = b"[" + b",".join([b'{"a": [%s]}' % b",".join([b"[1]"] * 12)] * 10_000) + b"]"
    yield Hostile("ten thousand full items", post(token, full), 200)
    long = b"[" + b",".join([b'"%s"' % (b"\\u0000" * 60)] * 9_990) + b"]"
    yield Hostile("ten thousand long texts", post(token, long), 200)
    keys = b"{" + b",".join(b'"%d":0' % number for number in range(195_000)) + b"}"
    yield Hostile("a wide object", post(token, keys), 400)
    yield Hostile("too many events", post(token, b"[" + b"{}," * 10_000 + b"{}]"), 413)
    yield Hostile("too long", post(token, b" " * (4 * 1024**2 + 1)), 413)
    for body in (
        b"",
        b"\xff\xfe",
        b"[\xc0\xaf]",
        b"\xef\xbb\xbf[",
        b"nul",
        b"[1,]",
        b"{'a':1}",
        b"[01]",
        b"\0",
        b"]",
        b"[" + b"9" * 10**6,
    ):
        yield Hostile(f"no JSON: {body[:8]!r}", post(token, body), 400)


def _nested(token: str) -> Iterator[Hostile]:
    for opening, closing, status in (
        (b"[", b"]", 400),
        (b'{"a":', b"1}", 400),
        (b"[", b"", 400),
        (b'[{"events":', b"}]", 413),  # of so many brackets nobody asks how they lie
        (b"[[", b"", 413),
    ):
        body = opening * 100_000 + closing * 100_000
        for form in (b"%s", b'[{"timestamp":%s}]', b'{"agent":%s,"events":[]}', b'{"agent":{},"events":%s}'):
            yield Hostile(f"{opening + closing!r} nested in {form[:12]!r}", post(token, form % body), status)


def _heads(token: str) -> Iterator[Hostile]:
    yield Hostile("five hundred headers", get(token, "/healthz", b"".join(b"X-%d: a\r\n" % n for n in range(500))), 400)
    yield Hostile("a header of 9 kB", get(token, "/healthz", b"X-Long: " + b"a" * 9_000 + b"\r\n"), 400)
    yield Hostile("a header of 1 MB", get(token, "/healthz", b"X-Long: " + b"a" * 10**6 + b"\r\n"), 400)
    yield Hostile("a cookie of 8 kB", get("no", "/healthz", b"Cookie: lineside=" + b"a" * 8_000 + b"\r\n"), 401)
    yield Hostile("a thousand cookies", get("no", "/healthz", b"Cookie: " + b"a=b; " * 1_000 + b"\r\n"), 401)
    for line in (b"X: \0", b"X : a", b" X: a", b"X\0: a", b": a", b"X: a\rY: b", b"\xff: a"):
        yield Hostile(f"a header {line!r}", get(token, "/healthz", line + b"\r\n"), 400)
    for method, status in (
        (b"TRACE", 405),
        (b"CONNECT", 403),  # to a host that is not ours
        (b"PUT", 405),
        (b"DELETE", 405),
        (b"PROPFIND", 405),
        (b"get", 400),
        (b"G" * 5_000, 400),
        (b"\x16\x03\x01\x02\0", 400),  # TLS
    ):
        request = method + b" /api/app/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        yield Hostile(f"method {method[:8]!r}", request, status)
    for version in (b"HTTP/9.9", b"HTTP/1", b"HTP/1.1", b""):
        yield Hostile(f"version {version!r}", b"GET / " + version + b"\r\nHost: a\r\n\r\n", 400)
    yield Hostile("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400)


def _frames(token: str) -> Iterator[Hostile]:
    """Smuggling: two ways to see where a request ends, with a second request inside."""
    inner = b"GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    head = (
        b"POST /api/app/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer "
        + token.encode()
    )
    for lines in (
        b"Content-Length: 4\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4",
        b"Content-Length: 2\r\nContent-Length: 44",
        b"Content-Length: 2, 44",
        b"Content-Length: -5",
        b"Content-Length: +5",
        b"Content-Length: 0x10",
        b"Content-Length: 5 5",
        b"Content-Length: 99999999999999999999",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: identity, chunked, chunked",
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding: \x0bchunked",
    ):
        content = head + b"\r\n" + lines + b"\r\n\r\n0\r\n\r\n" + inner
        yield Hostile(f"frame {lines[:40]!r}", content, 400)
    for chunk in (
        b"-1\r\n",
        b"zz\r\n",
        b"5\r\nabc\r\n",
        b"ffffffffffffffffff\r\n",
        b"2\n[]\n0\n\n",
        b"2;" + b"a" * 10**5 + b"\r\n[]\r\n",
    ):
        content = head + b"\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunk + b"\r\n0\r\n\r\n"
        yield Hostile(f"chunk {chunk[:9]!r}", content, 400)
    yield Hostile("two hosts", b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400)
    yield Hostile("bare line feeds", b"GET /healthz HTTP/1.1\nHost: 127.0.0.1\n\n", 400)


def _paths(token: str) -> Iterator[Hostile]:
    for path, status in (
        ("/dashboard/../../../etc/passwd", 404),
        ("/dashboard/%2e%2e/%2e%2e/etc/passwd", 404),
        ("/dashboard/..%2f..%2fetc%2fpasswd", 404),
        ("/dashboard/..%5c..%5cetc%5cpasswd", 404),
        ("/dashboard/%252e%252e%252fetc%252fpasswd", 404),
        ("/dashboard//etc/passwd", 404),
        ("/dashboard/%2fetc%2fpasswd", 404),
        ("/dashboard/style.css%00.html", 404),
        ("/dashboard/....//....//etc/passwd", 404),
        ("/dashboard/..;/..;/etc/passwd", 404),
        ("/dashboard/__init__.py", 404),
        ("/dashboard/%c0%ae%c0%ae/", 404),
        ("/board/../../etc/passwd", 404),
        ("/board/%00", 404),
        ("/api/metrics/../../etc/passwd.csv", 404),
        ("/" + "a" * 7_000, 404),
        ("/" + "a" * 9_000, 400),
        ("//evil.example/%2f..", 404),
        ("http://evil.example/dashboard/../etc", 403),
        ("*", 400),
    ):
        yield Hostile(f"path {path[:40]} of {len(path)}", get(token, path), status)
