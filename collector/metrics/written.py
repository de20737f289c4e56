"""Answers as JSON, written a piece at a time.

The encoder lets no other thread run before it is done: a table of 50,000 rows at once would stop everything for half a
second. A piece takes some milliseconds.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

ITEMS_A_PIECE = 100
"""Rows of a table; the longest has a timeline of 400 segments."""

_SPACED = json.JSONEncoder()
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def written(answer: Mapping[str, Any] | Sequence[Any], *, is_compact: bool = False) -> bytes:
    """Return an answer as JSON: an object whose members may be tables, or a table.

    >>> written({"workers": [{"id": "W1"}, {"id": "W2"}], "left_out": 0})
    b'{"workers": [{"id": "W1"}, {"id": "W2"}], "left_out": 0}'
    >>> written([{"id": "W1"}, {"id": "W2"}], is_compact=True)
    b'[{"id":"W1"},{"id":"W2"}]'
    """
    encoder = _COMPACT if is_compact else _SPACED
    pieces = _members(answer, encoder) if isinstance(answer, Mapping) else _table(answer, encoder)
    return b"".join(piece.encode() for piece in pieces)


def _members(of: Mapping[str, Any], encoder: json.JSONEncoder) -> Iterator[str]:
    yield "{"
    for number, (name, value) in enumerate(of.items()):
        yield f"{encoder.item_separator if number else ''}{encoder.encode(name)}{encoder.key_separator}"
        yield from _table(value, encoder) if isinstance(value, list) else [encoder.encode(value)]
    yield "}"


def _table(rows: Sequence[Any], encoder: json.JSONEncoder) -> Iterator[str]:
    yield "["
    for first in range(0, len(rows), ITEMS_A_PIECE):
        piece = encoder.encode(rows[first : first + ITEMS_A_PIECE])
        yield f"{encoder.item_separator if first else ''}{piece[1:-1]}"
    yield "]"
