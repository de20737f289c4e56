"""What a body may be: objects, arrays, envelopes, lines; and what is refused before any event is looked at."""

import json
import tracemalloc

import pytest

from shared.errors import BadRequest, BodyTooLarge
from shared.events import Event, Rejection, read_event
from shared.wire import MAX_EVENTS, decode_json, read_body, read_lines
from tests.support.collector import item

GOOD = item("10:00", "W1", "working")
GOOD_TEXT = json.dumps(GOOD)


def judged(body: bytes) -> list[str]:
    """Return, for each item of a body, `event` or the code it is refused with."""
    results = [read_event(each) for each in read_body(body).items]
    return ["event" if isinstance(result, Event) else result.code for result in results]


def test_one_object_is_an_event_and_has_an_answer_of_its_own() -> None:
    """An object without `events` is the one-object form, whatever is in it."""
    body = read_body(GOOD_TEXT.encode())

    assert ([GOOD], False, None) == (body.items, body.is_list, body.agent)
    assert [{}] == read_body(b" {} ").items


@pytest.mark.parametrize("count", [0, 1, 2, MAX_EVENTS])
def test_an_array_is_a_list_of_any_length_up_to_ten_thousand(count: int) -> None:
    """Also an empty one, and one of a single event."""
    body = read_body(json.dumps([GOOD] * count).encode())

    assert (count, True, None) == (len(body.items), body.is_list, body.agent)


def test_more_than_ten_thousand_items_are_too_many() -> None:
    """413 tells the sender to split, whatever the items are."""
    with pytest.raises(BodyTooLarge):
        read_body(json.dumps([0] * (MAX_EVENTS + 1)).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\n",
        b"null",
        b"true",
        b"5",
        b"NaN",
        b'"event"',
        b"{",
        b"[",
        b"[1,]",
        b'{"a": 1',
        b"{'a': 1}",
        b'{"a": 1} {"a": 2}',
        b'{"a": 1}\n{"a": 2}\n',
        b"timestamp=2026-01-15T10:00:00Z&worker_id=W1",
        b"<event/>",
        b"\xff\xfe{\x00}\x00",
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\xc0\x80"}',
        b'{"a": "\x00"}',
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
    ids=lambda body: ascii(body[:20]) + str(len(body)),
)
def test_what_is_not_a_json_object_or_array_is_refused_whole(body: bytes) -> None:
    """Broken syntax, scalars, other encodings, and nesting that no reader survives."""
    with pytest.raises(BadRequest):
        read_body(body)


def test_a_mistake_is_named_with_its_place() -> None:
    """Line and column, or the byte, of what cannot be read."""
    with pytest.raises(BadRequest, match="line 2, column 6"):
        read_body(b'{"a": 1,\n "b" 2}')
    with pytest.raises(BadRequest, match="byte 7"):
        read_body(b'{"a": "\xff"}')


def test_a_byte_order_mark_is_no_mistake() -> None:
    """Some editors and libraries of other systems put one there."""

    assert ["event"] == judged(b"\xef\xbb\xbf" + GOOD_TEXT.encode())


STRANGE = {
    "a lone surrogate and nothing else": ('{"worker_id": "\\ud800"}', "missing_field"),
    "a lone surrogate": (GOOD_TEXT.replace('"W1"', '"\\ud83d"'), "bad_id"),
    "a surrogate pair": (GOOD_TEXT.replace('"W1"', '"\\ud83d\\ude00"'), "event"),
    "NUL": (GOOD_TEXT.replace('"W1"', '"\\u0000"'), "bad_id"),
    "NaN": (GOOD_TEXT.replace("}", ', "count": NaN}'), "out_of_range"),
    "Infinity": (GOOD_TEXT.replace("}", ', "count": Infinity}'), "out_of_range"),
    "-1e999": (GOOD_TEXT.replace("}", ', "count": -1e999}'), "out_of_range"),
    "5,000 digits": (GOOD_TEXT.replace("}", f', "count": {"9" * 5_000}}}'), "out_of_range"),
    "minus 5,000 digits": (GOOD_TEXT.replace("}", f', "count": -{"9" * 5_000}}}'), "out_of_range"),
    "a million digits": (GOOD_TEXT.replace("}", f', "confidence": {"9" * 1_000_000}}}'), "out_of_range"),
    "5,000 decimals": (GOOD_TEXT.replace("}", f', "confidence": 0.{"9" * 5_000}}}'), "event"),
    "deep but readable": (GOOD_TEXT.replace("}", f', "more": {"[" * 29}{"]" * 29}}}'), "event"),
}


@pytest.mark.parametrize("strange", STRANGE)
def test_a_strange_item_leaves_its_neighbours_alone(strange: str) -> None:
    """Lone surrogates, NaN, 1e999 and numbers of a million digits spoil their own event and nothing else."""
    bad, code = STRANGE[strange]

    assert ["event", code, "event"] == judged(f"[{GOOD_TEXT},{bad},{GOOD_TEXT}]".encode())


def test_of_a_key_given_twice_the_last_counts() -> None:
    """As the JSON reader of every browser has it."""
    text = GOOD_TEXT.replace('"W1"', '"W9", "worker_id": "W2"')
    read = read_event(read_body(text.encode()).items[0])

    assert isinstance(read, Event)
    assert "W2" == read.worker_id


@pytest.mark.parametrize("depth", range(900, 1_100, 7))
def test_any_depth_is_read_or_refused(depth: int) -> None:
    """Nesting near the limit of the interpreter's stack has no third outcome."""
    text = f"[{GOOD_TEXT},{'[' * depth}{']' * depth}]"
    try:
        codes = judged(text.encode())
    except BadRequest:
        return

    assert ["event", "not_an_event"] == codes


def test_lines_are_judged_one_by_one() -> None:
    """Of NDJSON, a line that is not JSON is refused alone, and blank lines are nothing."""
    lines = [GOOD_TEXT, "", "{broken", "  \t", "[1]", "5", GOOD_TEXT + "\r", "\ufeff" + GOOD_TEXT]
    body = read_lines("\n".join(lines).encode() + b"\n\xff\xfe\n" + b"[" * 100_000)
    results = [read_event(each) for each in body.items]

    assert body.is_list
    assert [True, False, False, False, True, True, False, False] == [isinstance(each, Event) for each in results]
    assert {"not_an_event"} == {each.code for each in results if isinstance(each, Rejection)}


@pytest.mark.parametrize("body", [b"", b"\n", b" \r\n\n"])
def test_no_lines_are_an_empty_list(body: bytes) -> None:
    """Nothing to do is no mistake."""

    assert [] == read_lines(body).items


def test_too_many_lines_are_refused_as_a_body() -> None:
    """The bound on events is the same for every form of a body."""
    with pytest.raises(BodyTooLarge):
        read_lines(b"1\n" * (MAX_EVENTS + 1))

    assert MAX_EVENTS == len(read_lines(b"1\n\n" * MAX_EVENTS).items)


def test_too_many_lines_are_counted_before_any_is_read() -> None:
    """A few KiB of gzip hold two million lines; each that is not JSON would take 60 µs and half a kilobyte."""
    body = b"x\n" * 100_000
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge):
            read_lines(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 4_000_000


def test_the_place_of_a_mistake_counts_from_where_the_line_begins() -> None:
    """White space before an item is part of its line."""
    (first, second) = read_lines(b"\n  \n   {\n\t\t5 5\n").items

    assert "column 5" in first.error
    assert "column 5" in second.error


def test_numbers_keep_their_type() -> None:
    """An integer is no float, however many digits another number of the body has."""
    values = decode_json(f"[5, 5.0, {'1' * 5_000}]".encode())

    assert [int, float] == [type(value) for value in values[:2]]
    assert float("inf") == values[2]
