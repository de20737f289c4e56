"""Hostile texts and values, in every field, parameter and form there is."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from tests.collector.processes.hostile_requests import TIMES, Hostile, get, post

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
    "watched": None,
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


def values(token: str) -> Iterator[Hostile]:
    """Every field of an event, with what is no JSON of its kind, and with every text."""
    for field in FIELDS:
        for value in ODD_VALUES:
            yield Hostile(f"{field} {value[:12]}", post(token, _object(TIMES, **{field: value})), 400)
        for text in (*SQL, *HTML, *FORMULAS):
            one = _object(TIMES, **{field: json.dumps(text)})
            yield Hostile(f"{field} {text[:12]}", post(token, one), 200 if field.endswith("_id") else 400)
    for text in ODD_IDS:
        yield Hostile(f"an id {text!r:.20}", post(token, _object(TIMES, worker_id=json.dumps(text))), 200)


def headers_of_envelopes(token: str) -> Iterator[Hostile]:
    """Every field of an envelope, likewise; a camera of another name is not this token's."""
    for field in HEADER:
        for value in ODD_VALUES:
            envelope = _object({}, agent=_object(HEADER, **{field: value[:5_000]}).decode(), events="[]")
            yield Hostile(f"agent.{field} {value[:12]}", post(token, envelope), 400)
        for text in (SQL[1], HTML[0], FORMULAS[0]):
            envelope = _object({}, agent=_object(HEADER, **{field: json.dumps(text)}).decode(), events="[]")
            status = 403 if field == "camera" else 200 if field in FREE_TEXTS else 400
            yield Hostile(f"agent.{field} {text[:12]}", post(token, envelope), status)
    yield from _numberings(token)
    for value in ODD_VALUES:
        for name in ("agent", "events"):
            envelope = _object({"agent": HEADER, "events": []}, **{name: value[:5_000]})
            yield Hostile(f"envelope's {name} {value[:12]}", post(token, envelope), 400)


def _numberings(token: str) -> Iterator[Hostile]:
    """As many ranges and stretches as there may be, none of which touches another, one more, and what is none."""
    apart = [[number, number] for number in range(1, 20_000, 2)]
    for name, header, events, status in (
        ("ten thousand seqs", {"seqs": apart}, len(apart), 200),
        ("the gaps between them", {"seqs": [[first + 1, last + 1] for first, last in apart]}, len(apart), 200),
        ("a thousand skipped", {"skipped": [[*each, "gone"] for each in apart[:1_000]], "epoch": "f"}, 0, 200),
        ("a thousand skipped of the end", {"skipped": [[*each, "gone"] for each in apart[-1_000:]]}, 0, 200),
        ("all numbers skipped", {"skipped": [[0, 2**53 - 1, ""]] * 1_000, "epoch": "g"}, 0, 200),
        ("too many skipped", {"skipped": [[*each, "gone"] for each in apart[:1_001]]}, 0, 400),
        ("skipped backwards", {"skipped": [[9, 1, "gone"]]}, 0, 400),
        ("seqs backwards", {"seqs": [[9, 1]]}, 0, 400),
        ("seqs within each other", {"seqs": [[1, 9], [2, 3]]}, 11, 400),
        ("seqs beyond all numbers", {"seqs": [[2**53, 2**53]]}, 1, 400),
        ("seqs below all numbers", {"seqs": [[-1, -1]]}, 1, 400),
        ("a watermark", {"watched": [], "watermark": _stretch(0)[0]}, 0, 200),
        ("a hundred watched", {"watched": [_stretch(second) for second in range(0, 600, 6)]}, 0, 200),
        ("too many watched", {"watched": [_stretch(second) for second in range(0, 606, 6)]}, 0, 400),
        ("watched backwards", {"watched": [_stretch(9)[::-1]] * 100}, 0, 200),
        ("watched for ever", {"watched": [["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]] * 100}, 0, 200),
        ("watched no time", {"watched": [[0, 1]]}, 0, 400),
    ):
        times = {"watermark": _stretch(607)[0]} if "watched" in header else {}
        body = json.dumps({"agent": HEADER | times | header, "events": [{}] * events})
        yield Hostile(f"envelope: {name}", post(token, body.encode()), status)


def _stretch(second: int) -> list[str]:
    """Return a second of the morning."""
    return [f"2026-01-15T10:{each // 60:02}:{each % 60:02}Z" for each in (second, second + 1)]


def queries(token: str) -> Iterator[Hostile]:
    """Every parameter there is, with everything."""
    texts = (*SQL[:3], *HTML[:2], *FORMULAS[:2], "\0", "\ud800", "\u202e", "9" * 5_000)
    for target in PARAMETERS:
        for text in texts:
            asked = target + quote(text, errors="surrogatepass")
            yield Hostile(f"query {asked[5:90]}", get(token, asked), 400)
    for target, status in IDS.items():
        for text in texts:
            asked = target + quote(text, errors="surrogatepass")
            cannot_be = text == "\0" or len(text) > 64
            yield Hostile(f"query {asked[5:90]}", get(token, asked), 400 if cannot_be else status)
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
        yield Hostile(f"query {query[:20]}", get(token, f"/api/events/?{query}"), 400)


def forms() -> Iterator[Hostile]:
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
        yield Hostile(f"form {form[:30]}", post(None, form.encode(), target="/login", **kind), status)


def logouts() -> Iterator[Hostile]:
    """Odd bytes in the cookies of who logs out: there is no such session, and the page to log in on is next."""
    head = b"POST /logout HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\nCookie: lineside"
    for shown in (
        b"=lss_x",
        b"=lss_\xff",
        b"=\xff",
        b"=lss_\xc3\xa9",
        b"=lss_\xed\xa0\x80",
        b'="lss_\\377"',
        b"-board=lsb_\xff",
        b"=lss_" + b"\xff" * 5_000,
        b"\xff=lss_x",
    ):
        yield Hostile(f"logout {shown[:16]!r}", head + shown + b"\r\n\r\n", 303)


def tokens() -> Iterator[Hostile]:
    """What is no token of anybody."""
    for token in ("", "lsc_", "lsc_" + "A" * 43, "lsc_' or 1=1 --", "lss_" + "a" * 7_000, "\u00e4\u00f6"):
        yield Hostile(f"token {token[:12]!r}", post(token, b"[]"), 401)
        yield Hostile(f"reading with {token[:12]!r}", get(token, "/api/events/"), 401)


def _object(members: Mapping[str, Any], **changed: str) -> bytes:
    """Return an object as JSON, some of its members being the given text."""
    texts = {name: json.dumps(value) for name, value in members.items()} | changed
    return ("{" + ", ".join(f'"{name}": {text}' for name, text in texts.items()) + "}").encode()
