"""The envelope of an edge agent: every field of its header, and how its ranges number its events."""

import json
from typing import Any

import pytest

from shared.errors import BadRequest, BodyTooLarge, ProtocolTooNew
from shared.wire import MAX_SKIPPED_RANGES, MAX_WATCHED, AgentHeader, read_body, read_header
from tests.support.collector import envelope, item

EVENTS = [item(f"10:0{minute}", "W1", "working") for minute in range(5)]


def header_of(sent: dict[str, Any]) -> AgentHeader:
    """Return the header of an envelope that is good."""
    agent = read_body(json.dumps(sent).encode()).agent
    assert agent is not None
    return agent


def test_an_object_with_events_is_an_envelope() -> None:
    """Its items are the events, its header says who sends them."""
    body = read_body(json.dumps(envelope(EVENTS)).encode())

    assert body.agent is not None
    assert (EVENTS, True, "C1", [(1, 5)]) == (body.items, body.is_list, body.agent.camera, body.agent.seqs)


def test_a_heartbeat_is_an_envelope_without_events() -> None:
    """It may carry a watermark, a backlog and numbers that will never come."""
    sent = envelope(
        watermark="2026-01-15T11:00:00+01:00",
        pending=7,
        oldest_pending_at="2026-01-15T09:00:00Z",
        skipped=[[1, 3, "expired"], [5, 5, "damaged"]],
        last_seq=12,
    )
    header = header_of(sent)

    assert (1_768_471_200_000_000, 7, 1_768_467_600_000_000) == (
        header.watermark,
        header.pending,
        header.oldest_pending_at,
    )
    assert [(1, 3, "expired"), (5, 5, "damaged")] == header.skipped


@pytest.mark.parametrize(
    "seqs",
    [[[1, 5]], [[0, 4]], [[1, 1], [2, 5]], [[1, 2], [7, 9]], [[3, 3], [5, 5], [7, 7], [9, 9], [11, 11]]],
    ids=str,
)
def test_ascending_ranges_number_the_events(seqs: list[list[int]]) -> None:
    """They may touch and may have gaps; together they are as many as the events."""

    assert [tuple(each) for each in seqs] == header_of(envelope(EVENTS, seqs=seqs)).seqs


@pytest.mark.parametrize(
    "changes",
    [
        {"protocol": None},
        {"protocol": 0},
        {"protocol": -1},
        {"protocol": "1"},
        {"protocol": True},
        {"camera": None},
        {"camera": ""},
        {"camera": "  "},
        {"camera": "C\u0000"},
        {"camera": "C\ud800"},
        {"camera": "C" * 65},
        {"camera": 7},
        {"version": "1" * 65},
        {"version": "\udfff"},
        {"batch": ""},
        {"batch": "b" * 65},
        {"batch": 1},
        {"epoch": ""},
        {"epoch": "e" * 65},
        {"epoch": "\ud800"},
        {"epoch": "e\u0000"},
        {"batch": "b\n"},
        {"version": "1\u0007"},
        {"skipped": [[7, 9, "a\u0000"]]},
        {"sent_at": "2026-01-15T10:00:00"},
        {"sent_at": 1_768_471_200},
        {"sent_at": None},
        {"watermark": "yesterday"},
        {"watermark": 5},
        {"watched": 5},
        {"watched": [["2026-01-15T10:00:00Z"]]},
        {"watched": [["2026-01-15T10:00:00Z", 5]]},
        {"watched": [["2026-01-15T10:00:00Z"] * 2] * (MAX_WATCHED + 1)},
        {"oldest_pending_at": ""},
        {"seqs": None},
        {"seqs": []},
        {"seqs": [[1, 4]]},
        {"seqs": [[1, 6]]},
        {"seqs": [[5, 1]]},
        {"seqs": [[1, 3], [3, 4]]},
        {"seqs": [[4, 5], [1, 3]]},
        {"seqs": [[1, 3], [2, 1], [4, 5]]},
        {"seqs": [[-1, 3]]},
        {"seqs": [[1, 5, 9]]},
        {"seqs": [[1]]},
        {"seqs": [["1", "5"]]},
        {"seqs": [[1.5, 5.5]]},
        {"seqs": [[True, 5]]},
        {"seqs": "1-5"},
        {"skipped": [[9, 7, "x"]]},
        {"skipped": [[7, 9]]},
        {"skipped": [[7, 9, "x" * 201]]},
        {"skipped": [[n, n, "x"] for n in range(MAX_SKIPPED_RANGES + 1)]},
        {"last_seq": -1},
        {"last_seq": None},
        {"last_seq": 2**53},
        {"last_seq": 10**400},
        {"last_seq": "5"},
        {"last_seq": float("nan")},
        {"last_seq": float("inf")},
        {"pending": -1},
        {"pending": 1.5},
        {"pending": None},
    ],
    ids=lambda changes: str(changes)[:60],
)
def test_a_wrong_header_refuses_the_envelope(changes: dict[str, Any]) -> None:
    """The answer must be trusted with what leaves the agent's buffer, so nothing is guessed; the field is named."""
    with pytest.raises(BadRequest, match="envelope is wrong") as refused:
        read_body(json.dumps(envelope(EVENTS, **changes)).encode())
    assert f"agent.{next(iter(changes))}" == refused.value.field


@pytest.mark.parametrize(
    ("changes", "field", "index"),
    [
        ({"seqs": [[1, 2], [4, 3], [5, 7]]}, "agent.seqs", 1),
        ({"seqs": [[1, 2], [3, "x"]]}, "agent.seqs", 1),
        ({"seqs": [[1, 2]]}, "agent.seqs", None),
        ({"skipped": [[1, 1, "a"], [2, 2, "a"], [9, 7, "b"]]}, "agent.skipped", 2),
        ({"skipped": [[1, 1, "a"], [2, 2]]}, "agent.skipped", 1),
        ({"protocol": 2}, "agent.protocol", None),
    ],
)
def test_the_entry_at_fault_is_named(changes: dict[str, Any], field: str, index: int | None) -> None:
    """By its place, for programs."""
    with pytest.raises((BadRequest, ProtocolTooNew)) as refused:
        read_body(json.dumps(envelope(EVENTS, **changes)).encode())

    told = {"field": field} | ({} if index is None else {"index": index})
    assert told == refused.value.members()


@pytest.mark.parametrize("field", ["protocol", "camera", "version", "batch", "sent_at", "epoch", "seqs", "last_seq"])
def test_a_missing_field_is_named(field: str) -> None:
    """The message says which."""
    sent = envelope(EVENTS)
    del sent["agent"][field]
    with pytest.raises(BadRequest, match=f"agent.{field}"):
        read_body(json.dumps(sent).encode())


def test_several_mistakes_are_named_at_once() -> None:
    """Nobody should have to come back for the next."""
    with pytest.raises(BadRequest, match=r"agent\.camera.*agent\.epoch.*agent\.pending"):
        read_body(json.dumps(envelope(camera="", epoch="", pending=-1)).encode())


@pytest.mark.parametrize("agent", [None, [], "C1", 5, {}], ids=str)
def test_an_envelope_without_a_header_is_refused(agent: object) -> None:
    """Events without a header belong into an array."""
    with pytest.raises(BadRequest):
        read_body(json.dumps({"agent": agent, "events": []}).encode())


@pytest.mark.parametrize("events", [None, {}, "[]", 5], ids=str)
def test_the_events_of_an_envelope_are_an_array(events: object) -> None:
    """Anything else is a mistake of the sender's code."""
    with pytest.raises(BadRequest, match="events must be an array"):
        read_body(json.dumps(envelope() | {"events": events}).encode())


@pytest.mark.parametrize("protocol", [2, 3, 2**70])
def test_a_newer_protocol_is_told_apart_from_a_mistake(protocol: int) -> None:
    """Whatever else the envelope has become, its sender learns that this side is too old."""
    for sent in (
        envelope(EVENTS, protocol=protocol),
        envelope(EVENTS, protocol=protocol, seqs="base64:AAE=", camera=None),
        envelope(protocol=protocol) | {"events": {"packed": "AAE="}},
        {"agent": {"protocol": protocol}, "events": [0] * 10_001},
    ):
        with pytest.raises(ProtocolTooNew):
            read_body(json.dumps(sent).encode())


def test_unknown_fields_of_the_header_are_ignored() -> None:
    """A later version of the same protocol may say more."""

    assert header_of(envelope(EVENTS)) == header_of(envelope(EVENTS, uptime_s=5, when_full="reject"))


def test_a_header_survives_its_json() -> None:
    """What the model writes, it reads."""
    header = header_of(
        envelope(
            EVENTS,
            watermark="2026-01-15T10:00:00.5Z",
            watched=[["2026-01-15T09:00:00Z", "2026-01-15T10:00:00.5Z"]],
            skipped=[[7, 8, "expired"]],
            pending=3,
            last_seq=9,
        )
    )

    assert header == read_header(json.loads(header.model_dump_json()))


def test_an_envelope_of_too_many_events_is_too_large() -> None:
    """It is split by its sender as any other body."""
    with pytest.raises(BodyTooLarge):
        read_body(json.dumps(envelope([{}] * 10_001)).encode())
