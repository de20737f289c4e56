"""Answers as JSON, written a piece at a time.

The encoder lets no other thread run before it is done: a table of 50,000 rows at once would stop everything for half a
second. A piece takes some milliseconds.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

ITEMS_A_PIECE = 100
"""Rows of a table; the longest has a timeline of 400 segments."""


class _Style(NamedTuple):
    """How JSON is spelled."""

    encode: Callable[[Any], bytes]
    item_separator: bytes
    key_separator: bytes


# A page is compact, and msgspec writes it in a fifth of the time. Numbers of whatever size are spelled alike by both but for
# exponents, which no answer has.
_SPACED = _Style(lambda value: json.dumps(value).encode(), b", ", b": ")
_COMPACT = _Style(msgspec.json.encode, b",", b":")


def written(answer: Mapping[str, Any] | Sequence[Any], *, is_compact: bool = False) -> bytes:
    """Return an answer as JSON: an object whose members may be tables, or a table.

    >>> written({"workers": [{"id": "W1"}, {"id": "W2"}], "left_out": 0})
    b'{"workers": [{"id": "W1"}, {"id": "W2"}], "left_out": 0}'
    >>> written([{"id": "W1"}, {"id": "W2"}], is_compact=True)
    b'[{"id":"W1"},{"id":"W2"}]'
    """
    style = _COMPACT if is_compact else _SPACED
    return b"".join(_members(answer, style) if isinstance(answer, Mapping) else _table(answer, style))


def _members(of: Mapping[str, Any], style: _Style) -> Iterator[bytes]:
    yield b"{"
    for number, (name, value) in enumerate(of.items()):
        yield (style.item_separator if number else b"") + style.encode(name) + style.key_separator
        yield from _table(value, style) if isinstance(value, list) else [style.encode(value)]
    yield b"}"


def _table(rows: Sequence[Any], style: _Style) -> Iterator[bytes]:
    yield b"["
    for first in range(0, len(rows), ITEMS_A_PIECE):
        piece = style.encode(rows[first : first + ITEMS_A_PIECE])
        yield (style.item_separator if first else b"") + piece[1:-1]
    yield b"]"
