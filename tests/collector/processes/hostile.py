"""Two hundred requests that nobody means well with, as bytes on a socket, each with the statuses that may come of it."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

GIB = 1024**3
TIMES = {"timestamp": "2026-01-15T10:00:00Z", "worker_id": "W1", "workstation_id": "S1", "event_type": "working"}
SQL = (
    "' or 1=1 --",
    "'; drop table event; --",
    '" union select password from person --',
    "%_\\",
    "1); delete from event; --",
)
HTML = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "{{7*7}}", "${7*7}")
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", '=HYPERLINK("http://evil.example")')
ODD_IDS = (
    "\u202eevil",
    "\u200b\u200d",
    "Z\u0335a\u0334lgo\u0336" * 5,
    "\U0001f600",
    "a\u2028b",
    "null",
    "NaN",
    "__proto__",
)
REFUSED = frozenset({400, 401, 403, 404, 405, 408, 413, 414, 415, 426, 431})


@dataclass(frozen=True)
class Hostile:
    """One attempt."""

    name: str
    content: bytes
    may_be: frozenset[int]
    """Statuses that are documented for it; 0: the connection ends without an answer."""


def all_of_them(*, agent: str, supervisor: str) -> list[Hostile]:
    """Return the attempts of a stranger who has stolen both a camera's token and a supervisor's."""
    return [
        *_bodies(agent),
        *_values(agent),
        *_heads(supervisor),
        *_frames(agent),
        *_paths(supervisor),
        *_queries(supervisor),
        *_tokens(),
    ]


def _post(token: str, body: bytes, **headers: str) -> bytes:
    named = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Authorization": f"Bearer {token}"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"POST /api/app/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{head}\r\n".encode() + body


def _get(token: str, target: str, more: bytes = b"") -> bytes:
    head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n"
    return head.encode("utf-8", "surrogatepass") + more + b"\r\n"


def full_batch(token: str) -> Hostile:
    """Return an honest request of 10,000 events."""
    events = [TIMES | {"timestamp": f"2026-01-15T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z"} for n in range(10_000)]
    return Hostile("honest", _post(token, json.dumps(events).encode()), frozenset({200}))


def bomb(piece: bytes, *, unpacked: int = GIB) -> bytes:
    """Return gzip of a piece over and over, made from one block that is repeated as it is."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(piece * (1024**2 // len(piece))) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block * (unpacked // 1024**2) + b"\x03\0" + b"\0" * 8


def _bodies(token: str) -> Iterator[Hostile]:
    for piece in (b"\0", b" ", b"[", b"0,", b'{"a":', b'"', b"\\", b"[],"):
        yield Hostile(f"a bomb of {piece!r}", _post(token, bomb(piece), Content_Encoding="gzip"), frozenset({413}))
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
        yield Hostile(f"gzip: {name}", _post(token, packed, Content_Encoding="gzip"), frozenset({400}))
    for encoding in ("br", "deflate", "zstd", "compress", "gzip, gzip", "x" * 500):
        yield Hostile(f"encoding {encoding[:9]}", _post(token, b"[]", Content_Encoding=encoding), frozenset({415}))
    for kind in (
        "text/html",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=a",
        "a/b;" * 900,
    ):
        yield Hostile(f"type {kind[:20]}", _post(token, b"[]", Content_Type=kind), frozenset({415}))
    for name, piece in {
        "arrays": b"[],",
        "objects": b'{"a":1},',
        "numbers": b"0,",
        "texts": b'"",',
        "strings": b'"ab",',
    }.items():
        body = b"[" + piece * (4_190_000 // len(piece)) + b"0]"
        yield Hostile(f"a million {name}", _post(token, body), frozenset({413}))
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"1}"), (b'[{"events":', b"}]"), (b"[[", b"")):
        body = opening * 100_000 + closing * 100_000
        yield Hostile(f"{opening!r} nested", _post(token, body), frozenset({400, 413}))
        yield Hostile(
            f"{opening!r} nested in a field", _post(token, b'[{"timestamp":' + body + b"}]"), frozenset({400, 413})
        )
    # As much as one request may hold: it is read, and each item is refused by itself.
    full = b"[" + b",".join([b'{"a": [%s]}' % b",".join([b"[1]"] * 12)] * 10_000) + b"]"
    yield Hostile("ten thousand full items", _post(token, full), frozenset({200}))
    long = b"[" + b",".join([b'"%s"' % (b"\\u0000" * 60)] * 9_990) + b"]"
    yield Hostile("ten thousand long texts", _post(token, long), frozenset({200}))
    keys = b"{" + b",".join(b'"%d":0' % number for number in range(195_000)) + b"}"
    yield Hostile("a wide object", _post(token, keys), frozenset({400}))
    yield Hostile("too many events", _post(token, b"[" + b"{}," * 10_000 + b"{}]"), frozenset({413}))
    yield Hostile("too long", _post(token, b" " * (4 * 1024**2 + 1)), frozenset({413}))
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
        yield Hostile(f"no JSON: {body[:8]!r}", _post(token, body), frozenset({400}))


def _values(token: str) -> Iterator[Hostile]:
    digits = "9" * 10**6
    for field in ("count", "confidence", "timestamp", "worker_id"):
        for value in (digits, f"-{digits}", "1e999", "NaN", "-Infinity", "true", "[[[]]]", '"\\ud800"', '"\\u0000"'):
            members = {name: json.dumps(text) for name, text in TIMES.items()} | {field: value}
            one = ("{" + ", ".join(f'"{name}": {text}' for name, text in members.items()) + "}").encode()
            yield Hostile(f"{field} {value[:12]}", _post(token, one), frozenset({400}))
    for field in ("worker_id", "workstation_id", "event_type", "timestamp"):
        for text in (*SQL, *HTML, *FORMULAS):
            is_free = field.endswith("_id")
            body = json.dumps(TIMES | {field: text}).encode()
            yield Hostile(f"{field} {text[:12]}", _post(token, body), frozenset({200} if is_free else {400}))
    for text in ODD_IDS:
        yield Hostile(
            f"an id {text!r:.20}", _post(token, json.dumps(TIMES | {"worker_id": text}).encode()), frozenset({200})
        )


def _heads(token: str) -> Iterator[Hostile]:
    yield Hostile(
        "five hundred headers",
        _get(token, "/healthz", b"".join(b"X-%d: a\r\n" % n for n in range(500))),
        frozenset({400, 431}),
    )
    yield Hostile(
        "a header of 9 kB", _get(token, "/healthz", b"X-Long: " + b"a" * 9_000 + b"\r\n"), frozenset({400, 431})
    )
    yield Hostile(
        "a header of 1 MB", _get(token, "/healthz", b"X-Long: " + b"a" * 10**6 + b"\r\n"), frozenset({0, 400, 431})
    )
    yield Hostile(
        "a cookie of 8 kB", _get("no", "/healthz", b"Cookie: lineside=" + b"a" * 8_000 + b"\r\n"), frozenset({401})
    )
    yield Hostile(
        "a thousand cookies", _get("no", "/healthz", b"Cookie: " + b"a=b; " * 1_000 + b"\r\n"), frozenset({401})
    )
    for line in (b"X: \0", b"X : a", b" X: a", b"X\0: a", b": a", b"X: a\rY: b", b"\xff: a"):
        yield Hostile(f"a header {line!r}", _get(token, "/healthz", line + b"\r\n"), frozenset({400}))
    for method in (b"TRACE", b"CONNECT", b"PUT", b"DELETE", b"PROPFIND", b"get", b"G" * 5_000, b"\x16\x03\x01\x02\0"):
        request = method + b" /api/app/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        yield Hostile(f"method {method[:8]!r}", request, frozenset({0, 400, 403, 405}))
    for version in (b"HTTP/9.9", b"HTTP/1", b"HTP/1.1", b""):
        yield Hostile(f"version {version!r}", b"GET / " + version + b"\r\nHost: a\r\n\r\n", frozenset({0, 400}))
    yield Hostile("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frozenset({0, 400}))


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
        yield Hostile(f"frame {lines[:40]!r}", content, frozenset({0, 400, 413}))
    for chunk in (
        b"-1\r\n",
        b"zz\r\n",
        b"5\r\nabc\r\n",
        b"ffffffffffffffffff\r\n",
        b"2\n[]\n0\n\n",
        b"2;" + b"a" * 10**5 + b"\r\n[]\r\n",
    ):
        content = head + b"\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunk + b"\r\n0\r\n\r\n"
        yield Hostile(f"chunk {chunk[:9]!r}", content, frozenset({0, 400}))
    yield Hostile("two hosts", b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", frozenset({400}))
    yield Hostile("bare line feeds", b"GET /healthz HTTP/1.1\nHost: 127.0.0.1\n\n", frozenset({0, 400}))


def _paths(token: str) -> Iterator[Hostile]:
    for path in (
        "/dashboard/../../../etc/passwd",
        "/dashboard/%2e%2e/%2e%2e/etc/passwd",
        "/dashboard/..%2f..%2fetc%2fpasswd",
        "/dashboard/..%5c..%5cetc%5cpasswd",
        "/dashboard/%252e%252e%252fetc%252fpasswd",
        "/dashboard//etc/passwd",
        "/dashboard/%2fetc%2fpasswd",
        "/dashboard/style.css%00.html",
        "/dashboard/....//....//etc/passwd",
        "/dashboard/..;/..;/etc/passwd",
        "/dashboard/__init__.py",
        "/dashboard/%c0%ae%c0%ae/",
        "/board/../../etc/passwd",
        "/board/%00",
        "/api/metrics/../../etc/passwd.csv",
        "/" + "a" * 7_000,
        "/" + "a" * 9_000,
        "//evil.example/%2f..",
        "http://evil.example/dashboard/../etc",
        "*",
    ):
        yield Hostile(f"path {path[:40]} of {len(path)}", _get(token, path), frozenset({400, 403, 404, 414}))


def _queries(token: str) -> Iterator[Hostile]:
    for text in (*SQL, *HTML, *FORMULAS, "\0", "\ud800", "\u202e", "9" * 5_000):
        asked = quote(text, errors="surrogatepass")
        for target in (
            f"/api/metrics/factory/?site={asked}",
            f"/api/events/?limit={asked}",
            f"/api/timeline/?worker_id={asked}",
        ):
            is_worker = "worker_id" in target  # as which somebody has just been registered
            may_be = frozenset({200, 400, 404} if is_worker else {400, 404})
            yield Hostile(f"query {target[5:80]}", _get(token, target), may_be)
    for query in (
        "after=" + "A" * 4_000,
        "after=W10",
        "from=" + "9" * 4_000,
        "limit=1e9",
        "limit=-1",
        "a=1&" * 1_000,
        "site=%ff",
        "from=2026-13-45T99:99:99Z",
    ):
        yield Hostile(f"query {query[:20]}", _get(token, f"/api/events/?{query}"), frozenset({400}))


def _tokens() -> Iterator[Hostile]:
    for token in ("", "lsc_", "lsc_" + "A" * 43, "lsc_' or 1=1 --", "lss_" + "a" * 7_000, "\u00e4\u00f6"):
        yield Hostile(f"token {token[:12]!r}", _post(token, b"[]"), frozenset({401}))
        yield Hostile(f"reading with {token[:12]!r}", _get(token, "/api/events/"), frozenset({401}))
