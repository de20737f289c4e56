"""One event, read by the rules of SEMANTICS §1: every field, every code, and the one spelling that is kept."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import (
    MAX_COUNT,
    UNICODE_WHITE_SPACE,
    Event,
    EventType,
    Rejection,
    canonical_json,
    check_id,
    read_event,
)
from shared.instants import LAST_INSTANT

GOOD: dict[str, Any] = {
    "timestamp": "2026-01-15T10:00:00Z",
    "worker_id": "W1",
    "workstation_id": "S1",
    "event_type": "product_count",
    "count": 3,
    "confidence": 0.5,
}
AT = 1_768_471_200_000_000


def code_of(item: object) -> str | None:
    """Return the code of a refused item, None for an event."""
    judged = read_event(item)
    return judged.code if isinstance(judged, Rejection) else None


def test_a_good_event_is_read_field_by_field() -> None:
    """Instant in microseconds, ids, type, count and confidence."""

    assert Event(AT, "W1", "S1", EventType.product_count, 3, 0.5) == read_event(GOOD)


def test_unknown_fields_are_ignored() -> None:
    """A newer camera may say more than we know."""

    assert read_event(GOOD) == read_event(GOOD | {"model": {"version": [1, None]}, "": 1, "WORKER_ID": "W2"})


@pytest.mark.parametrize("kind", list(EventType))
def test_the_four_types_are_spelled_exactly(kind: EventType) -> None:
    """Their names are the spelling, their numbers the order at one instant."""
    judged = read_event(GOOD | {"event_type": kind.name})

    assert isinstance(judged, Event)
    assert kind == judged.event_type
    assert ["absent", "idle", "working", "product_count"] == [each.name for each in sorted(EventType)]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (None, "not_an_event"),
        (True, "not_an_event"),
        (5, "not_an_event"),
        (0.5, "not_an_event"),
        ("working", "not_an_event"),
        ([], "not_an_event"),
        ([GOOD], "not_an_event"),
        ({}, "missing_field"),
        (GOOD | {"timestamp": None}, "missing_field"),
        (GOOD | {"worker_id": None}, "missing_field"),
        (GOOD | {"workstation_id": None}, "missing_field"),
        (GOOD | {"event_type": None}, "missing_field"),
        (GOOD | {"timestamp": 1_768_471_200}, "wrong_type"),
        (GOOD | {"timestamp": True}, "wrong_type"),
        (GOOD | {"timestamp": ["2026-01-15T10:00:00Z"]}, "wrong_type"),
        (GOOD | {"timestamp": "yesterday"}, "bad_timestamp"),
        (GOOD | {"timestamp": ""}, "bad_timestamp"),
        (GOOD | {"timestamp": "2026-01-15T10:00:00"}, "no_offset"),
        (GOOD | {"worker_id": 7}, "wrong_type"),
        (GOOD | {"worker_id": False}, "wrong_type"),
        (GOOD | {"workstation_id": {"id": "S1"}}, "wrong_type"),
        (GOOD | {"worker_id": ""}, "bad_id"),
        (GOOD | {"workstation_id": " \u3000"}, "bad_id"),
        (GOOD | {"event_type": 2}, "wrong_type"),
        (GOOD | {"event_type": "Working"}, "unknown_type"),
        (GOOD | {"event_type": "working "}, "unknown_type"),
        (GOOD | {"event_type": ""}, "unknown_type"),
        (GOOD | {"event_type": "count"}, "unknown_type"),
        (GOOD | {"count": "5"}, "wrong_type"),
        (GOOD | {"count": True}, "wrong_type"),
        (GOOD | {"count": [5]}, "wrong_type"),
        (GOOD | {"count": 5.5}, "wrong_type"),
        (GOOD | {"count": float("nan")}, "out_of_range"),
        (GOOD | {"count": float("inf")}, "out_of_range"),
        (GOOD | {"count": float("-inf")}, "out_of_range"),
        (GOOD | {"count": -1}, "out_of_range"),
        (GOOD | {"count": 1_000_001}, "out_of_range"),
        (GOOD | {"count": 1e300}, "out_of_range"),
        (GOOD | {"count": 10**400}, "out_of_range"),
        (GOOD | {"confidence": "0.5"}, "wrong_type"),
        (GOOD | {"confidence": True}, "wrong_type"),
        (GOOD | {"confidence": 1.01}, "out_of_range"),
        (GOOD | {"confidence": -0.01}, "out_of_range"),
        (GOOD | {"confidence": float("nan")}, "out_of_range"),
        (GOOD | {"confidence": float("inf")}, "out_of_range"),
        (GOOD | {"confidence": 10**400}, "out_of_range"),
    ],
)
def test_a_bad_item_is_refused_with_its_code(item: object, code: str) -> None:
    """Each code of SEMANTICS §7 that one event alone can earn, and nothing is ever guessed."""

    assert code == code_of(item)


@pytest.mark.parametrize("field", list(GOOD))
def test_the_reason_names_the_field(field: str) -> None:
    """Whoever reads the answer knows where to look."""
    judged = read_event(GOOD | {field: ["no", "such", "thing"]})

    assert isinstance(judged, Rejection)
    assert field in judged.error


@pytest.mark.parametrize(
    ("kind", "given_count", "count"),
    [
        ("product_count", None, 1),
        ("product_count", 0, 0),
        ("product_count", 5.0, 5),
        ("product_count", -0.0, 0),
        ("product_count", 1_000_000, 1_000_000),
        ("product_count", 1e6, 1_000_000),
        ("working", None, 0),
        ("absent", None, 0),
        ("idle", 7, 7),
    ],
)
def test_an_absent_count_is_one_unit_on_product_count_only(kind: str, given_count: object, count: int) -> None:
    """Null is absent, an integral float is an integer, and a count of another type is stored as it came."""
    judged = read_event(GOOD | {"event_type": kind, "count": given_count})

    assert isinstance(judged, Event)
    assert (count, int) == (judged.count, type(judged.count))


@pytest.mark.parametrize(("said", "kept"), [(None, None), (0, 0.0), (1, 1.0), (-0.0, 0.0), (5e-324, 5e-324)])
def test_an_unknown_confidence_is_not_zero(said: object, kept: float | None) -> None:
    """Null stays unknown; every number is kept as a float, and zero has one spelling."""
    judged = read_event(GOOD | {"confidence": said})

    assert isinstance(judged, Event)
    assert repr(kept) == repr(judged.confidence)


@pytest.mark.parametrize("space", list(UNICODE_WHITE_SPACE), ids=lambda space: f"U+{ord(space):04X}")
def test_white_space_around_an_id_is_dropped(space: str) -> None:
    """Each of the 25 code points of the Unicode property White_Space."""

    assert "W 1" == check_id("worker_id", f"{space}{space}W 1{space}")


def test_white_space_is_the_unicode_property() -> None:
    """There are 25 such code points; U+200B and U+FEFF only look like some of them."""

    assert (25, 25) == (len(UNICODE_WHITE_SPACE), len(set(UNICODE_WHITE_SPACE)))
    assert all(each.isspace() for each in UNICODE_WHITE_SPACE)
    assert "\u200bW1\ufeff" == check_id("worker_id", "\u200bW1\ufeff")


@pytest.mark.parametrize(
    "text",
    [
        "\x1cW1",
        "W1\x1f",
        "W\x001",
        "W\t1",
        "W\x851",
        "\x7f",
        "W\ud800",
        "\udfff",
        "a" * 65,
        "😀" * 65,
        " " + "a" * 65 + " ",
        "x" * 10_000_000,
        " " * 10_000_000,
    ],
    ids=lambda text: ascii(text[:8]) + str(len(text)),
)
def test_an_id_that_cannot_be_kept_is_refused(text: str) -> None:
    """Control characters (U+001C to U+001F among them), lone surrogates, nothing at all, and more than 64 code points."""

    assert "bad_id" == code_of(GOOD | {"worker_id": text})
    assert "bad_id" == code_of(GOOD | {"workstation_id": text})


@pytest.mark.parametrize(
    "text", ["a" * 64, "😀" * 64, "Ä", "A\u0308", "w1", "W1", "<img src=x onerror=alert(1)>", "=1+1"]
)
def test_an_id_is_kept_code_point_by_code_point(text: str) -> None:
    """No case folding, no normalisation, nothing escaped: 64 code points of any plane."""
    judged = read_event(GOOD | {"worker_id": f"  {text}  "})

    assert isinstance(judged, Event)
    assert text == judged.worker_id


def test_a_rejection_stands_for_what_was_not_even_json() -> None:
    """A line that could not be decoded is handed through with the reason it has."""
    rejection = Rejection("not_an_event", "the line is not JSON")

    assert rejection is read_event(rejection)


ids = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=64).filter(
    lambda text: text == text.strip(UNICODE_WHITE_SPACE)
)
events = st.builds(
    Event,
    st.integers(0, LAST_INSTANT),
    ids,
    ids,
    st.sampled_from(EventType),
    st.integers(0, MAX_COUNT),
    st.none() | st.floats(0, 1).map(lambda number: number + 0.0),
)


@given(events)
def test_the_canonical_text_reads_as_the_same_event(event: Event) -> None:
    """What the agent stores and sends means what it was given, on one line."""
    text = canonical_json(event)

    assert event == read_event(json.loads(text))
    assert "\n" not in text
    assert text == canonical_json(event)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=4),
    max_leaves=8,
)


@given(json_values, st.dictionaries(st.sampled_from(list(GOOD)), json_values, max_size=2))
def test_no_json_value_breaks_the_reader(value: object, changes: dict[str, object]) -> None:
    """It answers with an event or a rejection, whatever JSON can say."""

    assert isinstance(read_event(value), Event | Rejection)
    assert isinstance(read_event(GOOD | changes), Event | Rejection)
