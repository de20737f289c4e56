"""Some four hundred requests that nobody means well with, as bytes on a socket, each with the status that comes of it."""

import base64
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

GIB = 1024**3
TIMES = {"timestamp": "2026-01-15T10:00:00Z", "worker_id": "W1", "workstation_id": "S1", "event_type": "working"}
FIELDS = (*TIMES, "count", "confidence")
HEADER = {
    "protocol": 1,
    "camera": "cam-1",
    "version": "1",
    "batch": "b",
    "sent_at": TIMES["timestamp"],
    "epoch": "e",
    "seqs": [],
    "skipped": [],
    "last_seq": 0,
    "watermark": None,
    "pending": 0,
    "oldest_pending_at": None,
}
FREE_TEXTS = ("version", "batch", "epoch")
DIGITS = "9" * 10**6
ODD_VALUES = (
    DIGITS,
    f"-{DIGITS}",
    "1e999",
    "NaN",
    "-Infinity",
    "true",
    "[[[]]]",
    '{"a": {}}',
    '"\\ud800"',
    '"\\u0000"',
)
PARAMETERS = (
    "/api/metrics/factory/?site=",
    "/api/metrics/workers/?from=",
    "/api/metrics/workers.csv?to=",
    "/api/metrics/hours/?shift=",
    "/api/metrics/workstations/?include=",
    "/api/floor/?site=",
    "/api/cameras/?site=",
    "/api/rejected/?limit=",
    "/api/events/?limit=",
    "/api/events/?event_type=",
    "/api/events/?conflicts=",
    "/api/events/?after=",
)
IDS = {"/api/events/?worker_id=": 200, "/api/events.csv?workstation_id=": 200, "/api/timeline/?worker_id=nobody": 404}
"""Parameters that may be anything that might be an id, with the status of one that nobody has."""
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


@dataclass(frozen=True)
class Hostile:
    """One attempt."""

    name: str
    content: bytes
    status: int
    """What is documented for it; each gets an answer, and then the connection ends."""


def all_of_them(*, agent: str, supervisor: str) -> list[Hostile]:
    """Return the attempts of a stranger who has stolen both a camera's token and a supervisor's."""
    return [
        *_bodies(agent),
        *_nested(agent),
        *_values(agent),
        *_headers_of_envelopes(agent),
        *_forms(),
        *_heads(supervisor),
        *_frames(agent),
        *_paths(supervisor),
        *_queries(supervisor),
        *_tokens(),
    ]


def _post(token: str | None, body: bytes, *, target: str = "/api/app/", **headers: str) -> bytes:
    named = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    named |= {} if token is None else {"Authorization": f"Bearer {token}"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{head}\r\n".encode() + body


def _get(token: str, target: str, more: bytes = b"") -> bytes:
    head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n"
    return head.encode("utf-8", "surrogatepass") + more + b"\r\n"


def full_batch(token: str) -> Hostile:
    """Return an honest request of 10,000 events."""
    events = [TIMES | {"timestamp": f"2026-01-15T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z"} for n in range(10_000)]
    return Hostile("honest", _post(token, json.dumps(events).encode()), 200)


def bomb(piece: bytes, *, unpacked: int = GIB) -> bytes:
    """Return gzip of a piece over and over, made from one block that is repeated as it is."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(piece * (1024**2 // len(piece))) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block * (unpacked // 1024**2) + b"\x03\0" + b"\0" * 8


def _bodies(token: str) -> Iterator[Hostile]:
    for piece in (b"\0", b" ", b"[", b"0,", b'{"a":', b'"', b"\\", b"[],"):
        yield Hostile(f"a bomb of {piece!r}", _post(token, bomb(piece), Content_Encoding="gzip"), 413)
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
        yield Hostile(f"gzip: {name}", _post(token, packed, Content_Encoding="gzip"), 400)
    for encoding in ("br", "deflate", "zstd", "compress", "gzip, gzip", "x" * 500):
        yield Hostile(f"encoding {encoding[:9]}", _post(token, b"[]", Content_Encoding=encoding), 415)
    for kind in (
        "text/html",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=a",
        "a/b;" * 900,
    ):
        yield Hostile(f"type {kind[:20]}", _post(token, b"[]", Content_Type=kind), 415)
    for name, piece in {
        "arrays": b"[],",
        "objects": b'{"a":1},',
        "numbers": b"0,",
        "texts": b'"",',
        "strings": b'"ab",',
    }.items():
        body = b"[" + piece * (4_190_000 // len(piece)) + b"0]"
        yield Hostile(f"a million {name}", _post(token, body), 413)
    # As much as one request may hold: it is read, and each item is refused by itself.
    full = b"[" + b",".join([b'{"a": [%s]}' % b",".join([b"[1]"] * 12)] * 10_000) + b"]"
    yield Hostile("ten thousand full items", _post(token, full), 200)
    long = b"[" + b",".join([b'"%s"' % (b"\\u0000" * 60)] * 9_990) + b"]"
    yield Hostile("ten thousand long texts", _post(token, long), 200)
    keys = b"{" + b",".join(b'"%d":0' % number for number in range(195_000)) + b"}"
    yield Hostile("a wide object", _post(token, keys), 400)
    yield Hostile("too many events", _post(token, b"[" + b"{}," * 10_000 + b"{}]"), 413)
    yield Hostile("too long", _post(token, b" " * (4 * 1024**2 + 1)), 413)
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
        yield Hostile(f"no JSON: {body[:8]!r}", _post(token, body), 400)


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
            yield Hostile(f"{opening + closing!r} nested in {form[:12]!r}", _post(token, form % body), status)


def _values(token: str) -> Iterator[Hostile]:
    """Every field of an event, with what is no JSON of its kind, and with every text."""
    for field in FIELDS:
        for value in ODD_VALUES:
            yield Hostile(f"{field} {value[:12]}", _post(token, _object(TIMES, **{field: value})), 400)
        for text in (*SQL, *HTML, *FORMULAS):
            one = _object(TIMES, **{field: json.dumps(text)})
            yield Hostile(f"{field} {text[:12]}", _post(token, one), 200 if field.endswith("_id") else 400)
    for text in ODD_IDS:
        yield Hostile(f"an id {text!r:.20}", _post(token, _object(TIMES, worker_id=json.dumps(text))), 200)


def _headers_of_envelopes(token: str) -> Iterator[Hostile]:
    """Every field of an envelope, likewise; a camera of another name is not this token's."""
    for field in HEADER:
        for value in ODD_VALUES:
            envelope = _object({}, agent=_object(HEADER, **{field: value[:5_000]}).decode(), events="[]")
            yield Hostile(f"agent.{field} {value[:12]}", _post(token, envelope), 400)
        for text in (SQL[1], HTML[0], FORMULAS[0]):
            envelope = _object({}, agent=_object(HEADER, **{field: json.dumps(text)}).decode(), events="[]")
            status = 403 if field == "camera" else 200 if field in FREE_TEXTS else 400
            yield Hostile(f"agent.{field} {text[:12]}", _post(token, envelope), status)
    for value in ODD_VALUES:
        for name in ("agent", "events"):
            envelope = _object({"agent": HEADER, "events": []}, **{name: value[:5_000]})
            yield Hostile(f"envelope's {name} {value[:12]}", _post(token, envelope), 400)


def _object(members: Mapping[str, Any], **changed: str) -> bytes:
    """Return an object as JSON, some of its members being the given text."""
    texts = {name: json.dumps(value) for name, value in members.items()} | changed
    return ("{" + ", ".join(f'"{name}": {text}' for name, text in texts.items()) + "}").encode()


def _heads(token: str) -> Iterator[Hostile]:
    yield Hostile(
        "five hundred headers", _get(token, "/healthz", b"".join(b"X-%d: a\r\n" % n for n in range(500))), 400
    )
    yield Hostile("a header of 9 kB", _get(token, "/healthz", b"X-Long: " + b"a" * 9_000 + b"\r\n"), 400)
    yield Hostile("a header of 1 MB", _get(token, "/healthz", b"X-Long: " + b"a" * 10**6 + b"\r\n"), 400)
    yield Hostile("a cookie of 8 kB", _get("no", "/healthz", b"Cookie: lineside=" + b"a" * 8_000 + b"\r\n"), 401)
    yield Hostile("a thousand cookies", _get("no", "/healthz", b"Cookie: " + b"a=b; " * 1_000 + b"\r\n"), 401)
    for line in (b"X: \0", b"X : a", b" X: a", b"X\0: a", b": a", b"X: a\rY: b", b"\xff: a"):
        yield Hostile(f"a header {line!r}", _get(token, "/healthz", line + b"\r\n"), 400)
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
        yield Hostile(f"path {path[:40]} of {len(path)}", _get(token, path), status)


def _queries(token: str) -> Iterator[Hostile]:
    """Every parameter there is, with everything."""
    texts = (*SQL[:3], *HTML[:2], *FORMULAS[:2], "\0", "\ud800", "\u202e", "9" * 5_000)
    for target in PARAMETERS:
        for text in texts:
            asked = target + quote(text, errors="surrogatepass")
            yield Hostile(f"query {asked[5:90]}", _get(token, asked), 400)
    for target, status in IDS.items():
        for text in texts:
            asked = target + quote(text, errors="surrogatepass")
            cannot_be = text == "\0" or len(text) > 64
            yield Hostile(f"query {asked[5:90]}", _get(token, asked), 400 if cannot_be and status == 200 else status)
    for query in (
        "after=" + "A" * 4_000,
        "after=" + base64.urlsafe_b64encode(b"[" * 3_000).decode(),
        "after=W10",
        "from=" + "9" * 4_000,
        "limit=1e9",
        "limit=-1",
        "a=1&" * 1_000,
        "site=%ff",
        "from=2026-13-45T99:99:99Z",
    ):
        yield Hostile(f"query {query[:20]}", _get(token, f"/api/events/?{query}"), 400)


def _forms() -> Iterator[Hostile]:
    """The page to log in, which strangers see: a wrong name and password is 401, too many are 429."""
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    for form, status in (
        ("name=" + "a" * 5_000, 413),
        ("&".join(f"a{number}=b" for number in range(20)), 400),
        ("next=" + quote("//evil.example/"), 401),
        (f"name={quote(SQL[0])}&password={quote(SQL[0])}", 401),
        ("name=%00&password=%ED%A0%80", 401),
        ("name=%ff%fe&password=" + "p" * 3_000, 401),
    ):
        yield Hostile(f"form {form[:30]}", _post(None, form.encode(), target="/login", **kind), status)


def _tokens() -> Iterator[Hostile]:
    for token in ("", "lsc_", "lsc_" + "A" * 43, "lsc_' or 1=1 --", "lss_" + "a" * 7_000, "\u00e4\u00f6"):
        yield Hostile(f"token {token[:12]!r}", _post(token, b"[]"), 401)
        yield Hostile(f"reading with {token[:12]!r}", _get(token, "/api/events/"), 401)
