"""Bad input: a clear message each time, the right status, and nothing lost or half-stored."""

import gzip
import json
from typing import Any

import pytest

from shared.instants import SECOND, format_instant
from tests.support.collector import JSON, NOON_AFTER, RunningCollector, envelope, item

GOOD = item("10:00", "W1", "product_count", count=3)
GOOD_BYTES = json.dumps(GOOD).encode()
PACKED = gzip.compress(GOOD_BYTES)


async def assert_nothing_stored(collector: RunningCollector) -> None:
    """Fail if an event, a worker or a workstation is there."""
    assert [] == await collector.stored()
    assert ([], []) == (await collector.metrics("workers"), await collector.metrics("workstations"))


BAD_OBJECTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "nothing": ({}, "missing_field", "timestamp is missing"),
    "no offset": ({"timestamp": "2026-01-15T10:00:00"}, "no_offset", "no offset"),
    "year 0": ({"timestamp": "0000-01-15T10:00:00Z"}, "bad_timestamp", "timestamp"),
    "second 60": ({"timestamp": "2016-12-31T23:59:60Z"}, "bad_timestamp", "must look like"),
    "seven digits": ({"timestamp": "2026-01-15T10:00:00.0000001Z"}, "bad_timestamp", "finer than a microsecond"),
    "epoch": ({"timestamp": 1768471200}, "wrong_type", "timestamp must be a string, not a number"),
    "future": ({"timestamp": "2027-01-15T10:00:00Z"}, "timestamp_in_future", "ahead of the collector's clock"),
    "count as text": ({"count": "5"}, "wrong_type", "count must be an integer, not a string"),
    "count as truth": ({"count": True}, "wrong_type", "count must be an integer, not a boolean"),
    "negative count": ({"count": -1}, "out_of_range", "count must lie in 0 to 1000000"),
    "huge count": ({"count": 10**30}, "out_of_range", "count must lie in 0 to 1000000"),
    "half a unit": ({"count": 5.5}, "wrong_type", "count must be an integer"),
    "sure beyond sure": ({"confidence": 1.01}, "out_of_range", "confidence must lie in 0 to 1"),
    "NUL": ({"worker_id": "W\x001"}, "bad_id", "worker_id holds the control character U+0000"),
    "surrogate": ({"worker_id": "\ud800"}, "bad_id", "worker_id holds the control character U+D800"),
    "long id": ({"workstation_id": "S" * 65}, "bad_id", "workstation_id has 65 characters"),
    "no id": ({"worker_id": "   "}, "bad_id", "worker_id is empty"),
    "other type": ({"event_type": "lunch"}, "unknown_type", "must be working, idle, absent or product_count"),
}


@pytest.mark.parametrize("case", BAD_OBJECTS)
async def test_a_bad_event_is_refused_alone_and_in_a_list(collector: RunningCollector, case: str) -> None:
    """400 with the reason for one object; in a list its code, and its good neighbours are stored."""
    changes, code, told = BAD_OBJECTS[case]
    bad = GOOD | changes if changes else {}
    alone = await collector.post(bad)

    assert (400, code) == (alone.status, alone.json["code"])
    assert told in alone.json["error"]
    assert alone.json["error"] == alone.json["detail"]
    await assert_nothing_stored(collector)
    listed = await collector.post([item("10:05", "W2", "idle"), bad, item("10:06", "W2", "working")])
    assert (200, 2, 1) == (listed.status, listed.json["accepted"], listed.json["rejected"])
    field = next(iter(changes), "timestamp")  # of nothing at all the first field is missing
    rejected = {"index": 1, "result": "rejected", "code": code, "error": alone.json["error"], "field": field}
    assert [rejected] == listed.json["results"]
    assert (field, None) == (alone.json["field"], alone.json.get("index"))
    assert 2 == len(await collector.stored())


BAD_BODIES: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "empty": (b"", {}, 400, "not JSON"),
    "not JSON": (b"timestamp=now", {}, 400, "not JSON: Expecting value at line 1, column 1"),
    "a text": (b'"working"', {}, 400, "must be an event object, an array"),
    "null": (b"null", {}, 400, "must be an event object, an array"),
    "cut JSON": (GOOD_BYTES[:-1], {}, 400, "not JSON"),
    "latin-1": (GOOD_BYTES.replace(b"W1", b"\xc4"), {}, 400, "not UTF-8"),
    "utf-16": (json.dumps(GOOD).encode("utf-16"), {}, 400, "not UTF-8"),
    "deep": (b"[" * 100_000 + b"]" * 100_000, {}, 400, "nested too deeply: at most 32 arrays and"),
    "a deep field": (
        json.dumps([GOOD]).encode().replace(b"{", b'{"x": ' + b"[" * 31 + b"]" * 31 + b",", 1),
        {},
        400,
        "nested too deeply: at most 32 arrays and",
    ),
    "NDJSON as JSON": (GOOD_BYTES + b"\n" + GOOD_BYTES, {}, 400, "not JSON: Extra data"),
    "no type": (GOOD_BYTES, {"Content-Type": ""}, 415, "declared as application/json"),
    "as text": (GOOD_BYTES, {"Content-Type": "text/plain"}, 415, "declared as application/json"),
    "as a form": (
        GOOD_BYTES,
        {"Content-Type": "application/x-www-form-urlencoded"},
        415,
        "declared as application/json",
    ),
    "as NDJSON": (GOOD_BYTES, {"Content-Type": "application/x-ndjson"}, 415, "declared as application/json"),
    "as a blob": (GOOD_BYTES, {"Content-Type": "application/octet-stream"}, 415, "declared as application/json"),
    "deflate": (GOOD_BYTES, {"Content-Encoding": "deflate"}, 415, "plain or gzip"),
    "brotli": (GOOD_BYTES, {"Content-Encoding": "br"}, 415, "plain or gzip"),
    "zstd": (GOOD_BYTES, {"Content-Encoding": "zstd"}, 415, "plain or gzip"),
    "twice gzip": (gzip.compress(PACKED), {"Content-Encoding": "gzip, gzip"}, 415, "plain or gzip"),
    "said gzip": (GOOD_BYTES, {"Content-Encoding": "gzip"}, 400, "not gzip"),
    "gzip unsaid": (PACKED, {}, 400, "not UTF-8"),
    "cut gzip": (PACKED[:-4], {"Content-Encoding": "gzip"}, 400, "cut short"),
    "gzip and more": (PACKED + b"x", {"Content-Encoding": "gzip"}, 400, "followed by something else"),
    "empty gzip": (gzip.compress(b""), {"Content-Encoding": "gzip"}, 400, "not JSON"),
    "gzip bomb": (gzip.compress(bytes(50_000_000)), {"Content-Encoding": "gzip"}, 413, "when unpacked"),
    "too many": (b"[" + b"0," * 10_000 + b"0]", {}, 413, "10,001 events are too many"),
    "ten megabytes of an id": (json.dumps(GOOD | {"worker_id": "W" * 10_000_000}).encode(), {}, 413, "4,194,304"),
    "newer protocol": (json.dumps(envelope([GOOD], protocol=2)).encode(), {}, 426, "protocol 2 is not known here"),
    "envelope of nobody": (json.dumps({"events": [GOOD]}).encode(), {}, 400, "envelope is wrong"),
    "wrong numbers": (json.dumps(envelope([GOOD], seqs=[[1, 2]])).encode(), {}, 400, "number 2 events and there are 1"),
}


@pytest.mark.parametrize("case", BAD_BODIES)
async def test_a_bad_body_is_refused_whole(collector: RunningCollector, case: str) -> None:
    """With its status, words that help, and nothing of it stored; the next body is taken."""
    body, headers, status, told = BAD_BODIES[case]
    answer = await collector.ask("POST", "/api/app/", data=body, headers=JSON | headers)

    assert (status, "application/problem+json; charset=utf-8") == (answer.status, answer.headers["Content-Type"])
    assert told in answer.json["error"]
    assert (status, answer.json["error"]) == (answer.json["status"], answer.json["detail"])
    await assert_nothing_stored(collector)
    assert 200 == (await collector.post(GOOD)).status


async def test_four_megabytes_of_ids_are_refused_event_by_event(collector: RunningCollector) -> None:
    """A body within the bound, each id far beyond it; the good one among them is stored."""
    bad = GOOD | {"worker_id": "W" * 500_000}
    answer = await collector.post([bad, bad, GOOD, bad, bad, bad, bad])

    assert (200, 1, 6) == (answer.status, answer.json["accepted"], answer.json["rejected"])
    assert {"bad_id"} == {each["code"] for each in answer.json["results"]}
    assert len(answer.content) < 10_000


async def test_a_large_body_without_a_length_is_cut_off(collector: RunningCollector) -> None:
    """Chunked, so that nobody knows beforehand; no more than the bound is held."""

    async def chunks() -> Any:
        for _ in range(100):
            yield b" " * 100_000

    answer = await collector.ask("POST", "/api/app/", data=chunks(), headers=JSON)

    assert (413, "4,194,304") == (answer.status, answer.json["error"].split()[5])
    assert 200 == (await collector.post(GOOD)).status


@pytest.mark.parametrize(("ahead", "status"), [(0, 200), (300, 200), (301, 400), (10**9, 400)])
async def test_the_future_is_judged_by_the_collectors_clock(
    collector: RunningCollector, ahead: int, status: int
) -> None:
    """Five minutes are allowed for; what was refused is accepted once its time has come."""
    sent = GOOD | {"timestamp": format_instant(NOON_AFTER + ahead * SECOND)}
    first = (await collector.post(sent)).status
    collector.clock.advance(ahead)

    assert (status, 200) == (first, (await collector.post(sent)).status)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
async def test_only_post_brings_events(collector: RunningCollector, method: str) -> None:
    """405, and `Allow` says what would do."""
    answer = await collector.ask(method, "/api/app/", data=GOOD_BYTES if method == "PUT" else None, headers=JSON)

    assert (405, "POST") == (answer.status, answer.headers["Allow"])
    if method != "HEAD":
        assert "possible: POST" in answer.json["error"]
    await assert_nothing_stored(collector)


@pytest.mark.parametrize("path", ["/api/metrics/workers/", "/api/events/", "/api/cameras/", "/dashboard/", "/healthz"])
async def test_nothing_else_takes_a_post(collector: RunningCollector, path: str) -> None:
    """405 there as well."""
    answer = await collector.ask("POST", path, data=b"{}", headers=JSON)

    assert (405, "GET,HEAD") == (answer.status, answer.headers["Allow"])


async def test_an_answer_to_a_stranger_tells_nothing_of_the_inside(collector: RunningCollector) -> None:
    """No path of the machine, no traceback, in any refusal."""
    for path in ("/nothing", "/dashboard/../collector.db", "/dashboard/%2e%2e%2fapp.py", "/api/metrics/x.csv", "/.env"):
        answer = await collector.get(path)

        assert 404 == answer.status
        assert {"type", "title", "status", "detail", "error"} == set(answer.json)
        assert "Traceback" not in answer.text
