"""How deep a text may be nested: one number, the same for every reader, and brackets in texts are none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.depth import MOST_DEPTH, is_deeper
from shared.errors import BadRequest
from shared.events import Rejection
from shared.plain import decode_plain
from shared.wire import decode_json, read_body, read_lines

PLAIN = {"timestamp": "2026-01-15T10:00:00Z", "worker_id": "W1", "workstation_id": "S1", "event_type": "working"}
TEXTS = st.text(st.sampled_from('[]{}"\\\\a,:\n\u00e4\U0001f600'), max_size=12)
VALUES = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=30,
)


def depth_of(value: Any) -> int:
    """Return how deep a value is, counted on the value."""
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


@given(VALUES, st.booleans())
def test_the_depth_is_that_of_the_value(value: Any, is_ascii: bool) -> None:
    """Whatever stands in its texts: brackets, quotes and backslashes in every order."""
    text = json.dumps(value, ensure_ascii=is_ascii).encode()
    depth = depth_of(value)

    assert not is_deeper(text, depth)
    assert depth == 0 or is_deeper(text, depth - 1)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"events":', b'{"events":[{"a":'], ids=ascii)
@pytest.mark.parametrize("is_closed", [True, False])
@pytest.mark.parametrize("form", [b"%s", b"[%s]", b'[{"timestamp":%s}]', b'{"agent":%s,"events":[]}'], ids=ascii)
def test_a_body_of_thousands_of_levels_is_refused(opening: bytes, is_closed: bool, form: bytes) -> None:
    """With the depth that is possible, wherever in the body it is; no reader has to find its own end."""
    closing = b"".join({b"[": b"]", b"{": b"}"}.get(bytes([byte]), b"") for byte in reversed(opening))
    body = form % (opening * 30_000 + b"1" + closing * 30_000 * is_closed)

    with pytest.raises(BadRequest, match="nested too deeply: at most 32"):
        read_body(body)


@pytest.mark.parametrize("reader", [read_body, decode_json])
def test_the_bound_is_exact(reader: Any) -> None:
    """32 within each other are read, 33 are not: in a field that nobody knows, too."""
    deepest = b'[{"x":' + b"[" * (MOST_DEPTH - 2) + b"]" * (MOST_DEPTH - 2) + b"}]"

    assert reader(deepest)
    with pytest.raises(BadRequest, match="nested too deeply"):
        reader(deepest.replace(b"[]", b"[[]]"))


def test_a_deep_line_spoils_only_itself() -> None:
    """Its neighbours are events."""
    items = read_lines(b'{"a": 1}\n' + b"[" * 100_000 + b'\n{"a": 2}').items

    assert [{"a": 1}, {"a": 2}] == [items[0], items[2]]
    assert isinstance(items[1], Rejection)
    assert "the line is nested too deeply: at most 32" in items[1].error


def test_what_is_cut_short_is_told_as_such() -> None:
    """What is never closed is as deep as it goes and no deeper."""
    with pytest.raises(BadRequest, match="not JSON"):
        read_body(b'[[[{"a": [' + b"[], " * 50)


@given(
    st.lists(VALUES, min_size=1, max_size=8),
    st.sampled_from([b"[%s]", b'{"agent": {"seqs": [[1, 2]]}, "events": [%s]}']),
)
def test_a_body_of_plain_events_is_as_deep_as_it_is(more: list[Any], form: bytes) -> None:
    """Though most of its brackets are not looked at."""
    body = form % b", ".join(json.dumps(PLAIN | {"more": value}).encode() for value in more)
    depth = depth_of(json.loads(body))
    assert decode_plain(body) is not None

    assert not is_deeper(body, depth, items=len(more))
    assert is_deeper(body, depth - 1, items=len(more))


@pytest.mark.parametrize("text", [b"]" * 50 + b"[" * 33, b"[" * 33 + b"}" * 33, b'"' + b"[" * 40 + b'" ' + b"[" * 33])
def test_what_is_no_json_is_as_deep_as_its_brackets(text: bytes) -> None:
    """Never less than a reader would go down."""

    assert is_deeper(text, 32)
