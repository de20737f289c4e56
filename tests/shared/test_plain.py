"""The fast way of reading a body against the careful one: it may decline, but never say anything else."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.events import Event, read_event
from shared.plain import PlainEnvelope, decode_plain, plain_events
from shared.wire import decode_json, read_body
from tests.support.collector import envelope

GOOD = {
    "timestamp": "2026-01-15T10:00:00Z",
    "worker_id": "W1",
    "workstation_id": "S1",
    "event_type": "product_count",
}
GOOD_TEXT = json.dumps(GOOD)
PARIS = ZoneInfo("Europe/Paris")
MEMBER = GOOD_TEXT.encode()[:-1]
"""An event whose last member is yet to come."""

ODD_VALUES: list[Any] = [None, True, 0, 5.0, -0.0, 0.5, 1, 1.0000001, -1, 1_000_000, 1_000_001, 2**64, "5", "", [], {}]
ODD_TEXTS = [
    "2026-01-15T10:00:00Z",
    "2026-01-15T10:00:00.250Z",
    "2026-01-15T10:00:00.250000Z",
    "2026-01-15t10:00:00z",
    "2026-01-15 10:00:00Z",
    "2026-W03-4T10:00:00Z",
    "2026-02-30T10:00:00Z",
    "2026-01-15T10:00:60Z",
    "2026-01-15T10:00:0٣Z",
    "2026-01-15T10:00:00.2_0000Z",
    "2026-01-15T10:00:00,250000Z",
    "2026-01-15T10:00:00.25000+Z",
    "2026-01-15T10:00:00+01:00",
    "2026-01-15T10:00:00",
    "2026-03-29T02:30:00",
    "2026-10-25T02:30:00",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "working",
    " W1 ",
    "\u2003W\u00e9\U0001f600\u2003",
    "\x00",
    "\ud800",
    "x" * 64,
    "x" * 65,
    " " * 100 + "x" * 64,
]
values = st.sampled_from([*ODD_VALUES, *ODD_TEXTS]) | st.text(max_size=30)
fields = st.sampled_from([*GOOD, "model", ""])
items = st.one_of(
    st.just(GOOD), st.dictionaries(fields, values, max_size=2).map(lambda changes: GOOD | changes), values
)


def fast(body: bytes, zone: ZoneInfo | None = None) -> list[Event] | None:
    """Return what the fast way makes of an array."""
    decoded = decode_plain(body)
    assert not isinstance(decoded, PlainEnvelope)
    return None if decoded is None else plain_events(decoded, time_zone=zone)


@given(st.lists(items, max_size=3), st.sampled_from([None, PARIS]), st.booleans())
def test_what_the_fast_way_reads_the_careful_way_reads_too(told: list[Any], zone: ZoneInfo | None, plain: bool) -> None:
    """Whatever stands in the fields: the same events, or no answer."""
    body = json.dumps(told, ensure_ascii=plain).encode(errors="surrogatepass")
    found = fast(body, zone)

    assert found is None or [read_event(item, time_zone=zone) for item in told] == found


@given(st.integers(0, len(GOOD_TEXT) + 1), st.binary(max_size=3), st.integers(0, 3))
@example(len(GOOD_TEXT), b',"model":"\xff"}', 1)
def test_a_body_with_other_bytes_is_read_alike_or_not_at_all(place: int, instead: bytes, cut: int) -> None:
    """Bytes are put in, cut out, and put in the place of others."""
    body = f"[{GOOD_TEXT}]".encode()
    body = body[:place] + instead + body[place + cut :]
    found = fast(body) if body[:1] == b"[" else None

    assert found is None or [read_event(item) for item in decode_json(body)] == found


@pytest.mark.parametrize(
    "member",
    [
        b',"model":"\xff"',
        b',"\xed\xa0\x80":1',
        b',"model":NaN',
        b',"model":"\\ud800"',
        b',"count":5.0',
        b',"count":null,',
    ],
)
def test_what_only_the_careful_way_may_judge_is_left_to_it(member: bytes) -> None:
    """Bytes that are no UTF-8 in a field that nobody reads, numbers that JSON does not have, other spellings of numbers."""

    assert fast(b"[" + MEMBER + member + b"}]") is None


@pytest.mark.parametrize(
    ("member", "confidence"),
    [(b"-0.0", 0.0), (b"1", 1.0), (b"0.1e-400", 0.0), (b"0.30000000000000004", 0.30000000000000004), (b"null", None)],
)
def test_numbers_are_the_same_to_the_last_bit(member: bytes, confidence: float | None) -> None:
    """Also negative zero, which would be another version of the same event."""
    found = fast(b"[" + MEMBER + b',"confidence":' + member + b"}]")

    assert found is not None
    assert repr([confidence]) == repr([event.confidence for event in found])


def test_the_last_of_two_members_of_one_name_counts() -> None:
    """As every reader of JSON does it."""
    found = fast(b"[" + MEMBER + b',"count":1,"count":2}]')

    assert found is not None
    assert [2] == [event.count for event in found]


@pytest.mark.parametrize("depth", [10, 100_000])
def test_deep_nesting_is_left_to_the_careful_way(depth: int) -> None:
    """It ends neither of the two."""
    assert decode_plain(b'[{"a":' + b"[" * depth) is None


def test_an_ordinary_body_takes_the_fast_way() -> None:
    """Arrays of producers and envelopes of agents; else it would be no help at all."""
    array = read_body(f"[{GOOD_TEXT},{GOOD_TEXT}]".encode())
    sent = read_body(json.dumps(envelope([GOOD])).encode())

    assert [read_event(GOOD)] * 2 == array.events(time_zone=None)
    assert [read_event(GOOD)] == sent.events(time_zone=None)
    assert ([GOOD, GOOD], [GOOD]) == (array.items, sent.items)
