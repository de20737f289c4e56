"""Whom the text of a refused item names: what may be kept of it where somebody was erased, and what goes with a person. Pure.

Of an erased person a store knows a keyed mark alone, so it can ask whether a certain text is the person's id, and not whether
an id lies somewhere in a text. Hence three questions, from the strictest to the widest:

    kept_where_erased   a text stays if it is an event's own fields and nobody erased is in one; else it goes, or all of it
    names               an item is about a person: some value in it is the id
    may_name            the id lies anywhere in it, or may lie where it was cut off
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from collector.records import Refusal
from shared.events import UNICODE_WHITE_SPACE, check_id

WITHHELD = "withheld: somebody was erased at this site"
FIELDS = frozenset({"timestamp", "worker_id", "workstation_id", "event_type", "count", "confidence"})
_IDS = frozenset({"worker_id", "workstation_id", "event_type"})
"""Fields in which a number may be somebody's id, sent without its quotes."""
_CUT = 2_000
"""Characters that are kept of an item: of a longer one nobody knows what its end was."""
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
_BACKSLASHES = re.compile(r'\\+(["/]?)')

IsForgotten = Callable[[str], bool]
"""Say whether somebody of that id was erased."""


def kept_where_erased(refusals: Iterable[Refusal], *, is_forgotten: IsForgotten) -> Iterator[Refusal]:
    """Yield what may be kept of refused items at a site where somebody was erased.

    Of an item in which the id of one who was erased stands, nothing. Of one whose text is more than the fields of an event,
    or cannot be read, why it was refused, and no text.
    """
    for refusal in refusals:
        found = list(_own_values(refusal.item))
        if any(value is not None and is_forgotten(value) for value in found):
            continue
        yield refusal if None not in found else Refusal(refusal.code, refusal.error, WITHHELD)


def names(refusal: Refusal, worker_id: str) -> bool:
    """Say whether an item is about a worker: a value in it, or in what of it can be read, is the id."""
    try:
        item = json.loads(refusal.item)
    except (ValueError, RecursionError):
        alone = rf"(?<![\w-]){re.escape(_folded(worker_id))}(?![\w-])"
        return re.search(alone, _folded(refusal.item)) is not None
    return worker_id in _texts(item)


def may_name(refusal: Refusal, worker_id: str) -> bool:
    """Say whether the id of a worker lies anywhere in what is kept of an item, or may have lain where it was cut off."""
    if len(refusal.item) >= _CUT:
        return True
    return any(_folded(worker_id) in _folded(text) for text in (refusal.item, refusal.error))


def _own_values(text: str) -> Iterator[str | None]:
    """Yield what in an event's own fields may be an id; None where nobody can say what a text holds."""
    try:
        item = json.loads(text)
    except (ValueError, RecursionError):
        item = None
    if not isinstance(item, dict) or not item.keys() <= FIELDS:
        yield None
        return
    for field, value in item.items():
        if isinstance(value, str):
            yield _as_id(value)
        elif isinstance(value, dict | list):
            yield None
        else:
            yield str(value) if field in _IDS and value is not None else ""


def _as_id(text: str) -> str | None:
    """Return a text as the id that it may be, empty if it is empty; None if more lies in it than an id."""
    if not text.strip(UNICODE_WHITE_SPACE):
        return ""
    try:
        return check_id("it", text)
    except ValueError:
        return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield str(value).strip(UNICODE_WHITE_SPACE)


def _folded(text: str) -> str:
    r"""Return a text with what JSON escapes written out, however often it was escaped.

    >>> _folded('J\\u00fcrgen') == _folded('J\\\\u00fcrgen') == "J\u00fcrgen"
    True
    """
    plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    paired = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _BACKSLASHES.sub(lambda match: match[1] or "\\", paired)
