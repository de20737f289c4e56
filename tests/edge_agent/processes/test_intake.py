"""The running agent's front door: three bodies in, one answer for each, and a clear word for everything else."""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.events import json_event
from tests.support.running_agent import JSON, LINES, RunningAgent, running_agent

pytestmark = pytest.mark.processes

GOOD = json_event(1)
HEADER = {
    "protocol": 1,
    "camera": "cam-9",
    "version": "0.1.0",
    "batch": "b1",
    "sent_at": "2026-01-15T10:00:00Z",
    "epoch": "e1",
    "seqs": [[1, 2]],
    "last_seq": 2,
    "pending": 0,
}


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    """One agent for all questions; its collector is nobody."""
    with running_agent(tmp_path_factory.mktemp("agent")) as running:
        yield running


def test_one_event(agent: RunningAgent) -> None:
    """The simplest producer posts one object."""
    reply = agent.post(GOOD)

    assert (200, {"status": "success", "result": "accepted"}) == (reply.status, reply.json)


def test_an_array_with_a_bad_event_among_good_ones(agent: RunningAgent) -> None:
    """The good ones are stored whatever their neighbour."""
    before = agent.status()["last_seq"]
    reply = agent.post([GOOD, GOOD | {"count": "5"}, GOOD, GOOD | {"worker_id": ""}])

    assert {
        "status": "success",
        "accepted": 2,
        "duplicates": 0,
        "conflicts": 0,
        "rejected": 2,
        "results": [
            {
                "index": 1,
                "result": "rejected",
                "code": "wrong_type",
                "error": "count must be an integer, not a string",
                "field": "count",
            },
            {"index": 3, "result": "rejected", "code": "bad_id", "error": "worker_id is empty", "field": "worker_id"},
        ],
    } == reply.json
    assert before + 2 == agent.status()["last_seq"]


def test_an_envelope_gets_a_receipt(agent: RunningAgent) -> None:
    """A producer that talks to a collector can talk to the agent."""
    answer = agent.post({"agent": HEADER, "events": [GOOD, GOOD]}).json

    assert (2, "b1", "e1", []) == (
        answer["accepted"],
        answer["receipt"]["batch"],
        answer["receipt"]["epoch"],
        answer["receipt"]["lacking"],
    )


def test_lines_are_counted_by_their_index(agent: RunningAgent) -> None:
    """Blank lines are none; one that is not JSON is rejected alone."""
    body = b"\n".join([json.dumps(GOOD).encode(), b"", b"{oops", json.dumps(GOOD).encode(), b""])
    answer = agent.post(body, content_type=LINES).json

    assert (2, 1, [1]) == (answer["accepted"], answer["rejected"], [item["index"] for item in answer["results"]])
    assert answer["results"][0]["error"].startswith("the line is not JSON: ")


@pytest.mark.parametrize("body", [[], {"agent": HEADER | {"seqs": []}, "events": []}], ids=["array", "envelope"])
def test_nothing_is_taken_as_nothing(agent: RunningAgent, body: object) -> None:
    """Zeros, and no error."""
    answer = agent.post(body).json

    assert (0, 0, []) == (answer["accepted"], answer["rejected"], answer["results"])


def test_an_empty_post_is_a_sign_of_life(agent: RunningAgent) -> None:
    """It needs no Content-Type and stores nothing."""
    before = agent.status()
    reply = agent.ask("POST", "/api/app/")
    after = agent.status()

    assert (200, 0) == (reply.status, reply.json["accepted"])
    assert before["last_seq"] == after["last_seq"]
    assert (before["last_sign_of_life_at"] or "") < after["last_sign_of_life_at"]


def test_a_gzip_body_is_unpacked(agent: RunningAgent) -> None:
    """The collector takes it, so the agent does."""
    reply = agent.post(gzip.compress(json.dumps([GOOD]).encode()), headers={"Content-Encoding": "gzip"})

    assert (200, 1) == (reply.status, reply.json["accepted"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"timestamp": ', "the body is not JSON: Expecting value at line 1, column 15"),
        (b"\xff\xfe", "the body is not UTF-8: byte 0 is wrong"),
        (b'"hello"', "the body must be an event object, an array of events, or an envelope"),
        (b"[" * 100_000, "the body is nested too deeply: at most 32 arrays and objects within each other"),
        ({"count": "5"}, "count must be an integer, not a string"),
        ({"count": True}, "count must be an integer, not a boolean"),
        ({"count": float("nan")}, "count must be an integer from 0 to 1000000, not nan"),
        ({"count": -1}, "count must lie in 0 to 1000000"),
        ({"count": 10**30}, "count must lie in 0 to 1000000"),
        ({"confidence": 1.01}, "confidence must lie in 0 to 1"),
        ({"confidence": float("inf")}, "confidence must lie in 0 to 1"),
        ({"confidence": "0.9"}, "confidence must be a number, not a string"),
        ({"timestamp": "2026-01-15T10:00:00"}, "timestamp has no offset: write Z or, for example, +01:00"),
        ({"timestamp": "0000-01-01T00:00:00Z"}, "timestamp is not in the calendar: year 0 is out of range"),
        ({"timestamp": "2026-01-15T10:00:60Z"}, "timestamp must look like 2026-01-15T10:00:00Z or …+01:00"),
        ({"timestamp": "2026-01-15T10:00:00.1234567Z"}, "timestamp is finer than a microsecond"),
        ({"timestamp": 1768471200}, "timestamp must be a string, not a number"),
        ({"event_type": "Working"}, "event_type must be working, idle, absent or product_count"),
        ({"worker_id": "x" * 2_000_000}, "worker_id has 2,000,000 characters; at most 64 are kept"),
        ({"worker_id": None}, "worker_id is missing"),
        (json.dumps({"agent": HEADER, "events": 5}).encode(), "the envelope is wrong: events must be an array"),
        (json.dumps({"agent": HEADER, "events": []}).encode(), "agent.seqs number 2 events and there are 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value)[:40],
)
def test_what_cannot_be_an_event_is_refused_in_words(
    agent: RunningAgent, body: bytes | dict[str, object], reason: str
) -> None:
    """400, the reason as `error` and `detail`, and nothing stored; a dict is the good event with one field changed."""
    before = agent.status()["last_seq"]
    reply = agent.post(body if isinstance(body, bytes) else GOOD | body)

    assert (400, "application/problem+json") == (reply.status, reply.headers["Content-Type"].split(";")[0])
    assert reason in reply.json["error"]
    assert reply.json["error"] == reply.json["detail"]
    assert before == agent.status()["last_seq"]


def test_an_event_in_the_future_is_not_the_agents_business(agent: RunningAgent) -> None:
    """Its own clock may be the wrong one; the collector will judge."""
    reply = agent.post(GOOD | {"timestamp": "2999-01-01T00:00:00Z"})

    assert 200 == reply.status


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ({"Content-Type": "text/plain"}, 415, "application/json"),
        ({"Content-Type": JSON, "Content-Encoding": "br"}, 415, "gzip"),
        ({"Content-Type": JSON, "Content-Encoding": "gzip"}, 400, "the body is not gzip"),
        ({"Content-Type": JSON, "Origin": "http://evil.example"}, 403, "another origin"),
        ({"Content-Type": JSON, "Origin": "null"}, 403, "another origin"),
        ({"Content-Type": JSON, "Host": "evil.example"}, 403, "not one of the agent's"),
        ({"Content-Type": JSON, "Host": "evil.example:8600"}, 403, "not one of the agent's"),
    ],
    ids=lambda value: "+".join(value.values()) if isinstance(value, dict) else "",
)
def test_strangers_are_refused(agent: RunningAgent, headers: dict[str, str], status: int, reason: str) -> None:
    """A web page on the same machine, a rebound name, a body that is something else."""
    before = agent.status()["last_seq"]
    reply = agent.ask("POST", "/api/app/", body=json.dumps(GOOD).encode(), headers=headers)

    assert status == reply.status
    assert reason in reply.json["error"]
    assert before == agent.status()["last_seq"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8600", "LOCALHOST"])
def test_the_names_of_this_machine_are_known(agent: RunningAgent, host: str) -> None:
    """Whatever the port: a forwarded one is another."""

    assert 200 == agent.post(GOOD, headers={"Host": host}).status


def test_a_newer_protocol_is_named(agent: RunningAgent) -> None:
    """426, so that nobody takes the events for bad."""
    reply = agent.post({"agent": HEADER | {"protocol": 2}, "events": [GOOD, GOOD]})

    assert (426, "protocol 2 is not known here (this program speaks 1)") == (reply.status, reply.json["error"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (json.dumps({"worker_id": "x" * 10_000_000}).encode(), "more than 4,194,304 bytes"),
        (gzip.compress(b"[" + b" " * 50_000_000 + b"]"), "more than 4,194,304 bytes when unpacked"),
        (json.dumps([1] * 10_001).encode(), "10,001 events are too many"),
    ],
    ids=["long id", "bomb", "too many"],
)
def test_a_body_that_is_too_large_is_refused(agent: RunningAgent, body: bytes, reason: str) -> None:
    """413, without unpacking it or holding it."""
    reply = agent.post(body, headers={"Content-Encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {})

    assert 413 == reply.status
    assert reason in reply.json["error"]


def test_get_on_the_post_route_is_told_so(agent: RunningAgent) -> None:
    """405 as a problem, with what is allowed."""
    reply = agent.ask("GET", "/api/app/")

    assert (405, "POST") == (reply.status, reply.headers["Allow"])
    assert "POST" in reply.json["error"]


def test_healthz_is_well(agent: RunningAgent) -> None:
    """As long as events can be stored."""
    reply = agent.ask("GET", "/healthz")

    assert (200, {"status": "ok"}) == (reply.status, reply.json)


def test_every_number_is_accounted_for(agent: RunningAgent) -> None:
    """After all of the above, too."""
    status = agent.status()

    assert (0, status["last_seq"]) == (status["unaccounted"], status["pending"])
    assert status["last_seq"] > 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_bad_bodies_did_not_stay_in_memory(agent: RunningAgent) -> None:
    """The agent is a small process, and stays one."""
    lines = Path(f"/proc/{agent.pid}/status").read_text(encoding="ascii").splitlines()
    resident_kib = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    assert resident_kib < 120_000
