"""One event as a camera's model emits it, read by the rules of SEMANTICS §1 and nothing else.

Reading judges one item at a time and never raises: the result is an `Event` or a `Rejection` that says what is wrong
with which field. What is accepted is normalised here, once, and never again: the instant in UTC microseconds, ids
stripped, `count` filled in. `canonical_json` is the one spelling that is stored by the edge agent and sent.
"""

import json
import math
import unicodedata
from datetime import tzinfo
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from shared.instants import TimestampRefused, format_instant, parse_instant

MAX_ID_LENGTH = 64
MAX_COUNT = 1_000_000
UNICODE_WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""The 25 code points of the Unicode property White_Space; `str.strip()` would also take U+001C to U+001F."""


class EventType(IntEnum):
    """The four types; the number is their order at one instant (SEMANTICS §3) and their code in both databases."""

    absent = 0
    idle = 1
    working = 2
    product_count = 3


class Event(NamedTuple):
    """An accepted event.

    A tuple and not a dataclass because one is made for each event that passes: it takes a quarter of the time.
    """

    at: int
    """Instant in microseconds UTC."""
    worker_id: str
    workstation_id: str
    event_type: EventType
    count: int  # type: ignore[assignment]  # the field hides tuple.count, which nobody needs here
    confidence: float | None


class Rejection(NamedTuple):
    """Why an item is not an event: a code of SEMANTICS §7 and the reason in words."""

    code: str
    error: str
    line: str | None = None
    """The beginning of a line that is not even JSON, bytes that are no UTF-8 as escapes; None where there is an item."""
    field: str | None = None
    """Which field is at fault; None where the item has none."""

    def told(self) -> dict[str, str]:
        """Return it as answers tell it."""
        return {"code": self.code, "error": self.error} | ({} if self.field is None else {"field": self.field})


class _Refused(ValueError):
    def __init__(self, code: str, error: str, *, field: str) -> None:
        super().__init__(error)
        self.code = code
        self.field = field


_new = tuple.__new__
"""Makes an `Event` from its fields in a third of the time that calling the class takes."""
_TYPES = {kind.name: kind for kind in EventType}
_NAMES = tuple(kind.name for kind in EventType)
_quote = json.encoder.encode_basestring
"""A JSON string that keeps its characters outside ASCII."""


def read_event(item: object, *, time_zone: tzinfo | None = None) -> Event | Rejection:
    """Return the event that a decoded JSON value describes, or why it is none.

    `time_zone` is for timestamps without an offset; without it they are rejected with `no_offset`. A `Rejection`, which
    stands for an item that was not even JSON, is returned as it is.
    """
    if isinstance(item, Rejection):
        return item
    if not isinstance(item, dict):
        return Rejection("not_an_event", f"an event is a JSON object, not {_json_type(item)}")
    get = item.get
    try:
        at = _read_timestamp(get("timestamp"), time_zone)
        worker_id = _read_id("worker_id", get("worker_id"))
        workstation_id = _read_id("workstation_id", get("workstation_id"))
        kind = _read_type(get("event_type"))
        count = _read_count(get("count"), kind)
        confidence = _read_confidence(get("confidence"))
        return _new(Event, (at, worker_id, workstation_id, kind, count, confidence))
    except _Refused as refused:
        return Rejection(refused.code, str(refused), field=refused.field)


def canonical_json(event: Event) -> str:
    """Return the one JSON text of an event; reading it gives the same event again.

    Written by hand because the edge agent does it for each event that passes: `json.dumps` takes four times as long.
    """
    confidence = "" if event.confidence is None else f',"confidence":{event.confidence!r}'
    return (
        f'{{"timestamp":"{format_instant(event.at)}","worker_id":{_quote(event.worker_id)}'
        f',"workstation_id":{_quote(event.workstation_id)},"event_type":"{_NAMES[event.event_type]}"'
        f',"count":{event.count}{confidence}}}'
    )


def check_id(field: str, text: str) -> str:
    """Return an id without the white space around it.

    Raises:
        ValueError: it is empty, longer than 64 code points, or holds a control character or a lone surrogate.
    """
    stripped = text.strip(UNICODE_WHITE_SPACE)
    if not stripped:
        raise _Refused("bad_id", f"{field} is empty", field=field)
    if len(stripped) > MAX_ID_LENGTH:
        raise _Refused(
            "bad_id", f"{field} has {len(stripped):,} characters; at most {MAX_ID_LENGTH} are kept", field=field
        )
    for character in stripped:
        if unicodedata.category(character) in ("Cc", "Cs"):
            raise _Refused("bad_id", f"{field} holds the control character U+{ord(character):04X}", field=field)
    return stripped


@lru_cache(maxsize=16_384)
def short_id(text: str) -> str:
    """Return what `check_id` returns, remembered: the ids of a factory repeat in nearly every event.

    For texts of at most 128 code points, so that the memory of it stays small.
    """
    return check_id("id", text)


def _read_id(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(field, value, wanted="a string")
    try:
        return short_id(value) if len(value) <= 2 * MAX_ID_LENGTH else check_id(field, value)
    except _Refused:
        return check_id(field, value)


def _read_type(value: object) -> EventType:
    if not isinstance(value, str):
        raise _wrong("event_type", value, wanted="a string")
    kind = _TYPES.get(value)
    if kind is None:
        raise _Refused("unknown_type", "event_type must be working, idle, absent or product_count", field="event_type")
    return kind


def _read_timestamp(value: object, time_zone: tzinfo | None) -> int:
    if not isinstance(value, str):
        raise _wrong("timestamp", value, wanted="a string")
    try:
        return parse_instant(value, time_zone=time_zone)
    except TimestampRefused as refused:
        raise _Refused(refused.code, str(refused), field="timestamp") from refused


def _wrong(field: str, value: object, *, wanted: str) -> _Refused:
    if value is None:
        return _Refused("missing_field", f"{field} is missing", field=field)
    return _Refused("wrong_type", f"{field} must be {wanted}, not {_json_type(value)}", field=field)


def _read_count(value: object, kind: EventType) -> int:
    if value is None:
        return 1 if kind is EventType.product_count else 0
    if type(value) is int and 0 <= value <= MAX_COUNT:  # what nearly every event says
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Refused("wrong_type", f"count must be an integer, not {_json_type(value)}", field="count")
    if not math.isfinite(value) if isinstance(value, float) else False:
        raise _Refused("out_of_range", f"count must be an integer from 0 to {MAX_COUNT}, not {value}", field="count")
    if value != int(value):
        raise _Refused("wrong_type", "count must be an integer", field="count")
    if not 0 <= value <= MAX_COUNT:
        raise _Refused("out_of_range", f"count must lie in 0 to {MAX_COUNT}", field="count")
    return int(value)


def _read_confidence(value: object) -> float | None:
    if value is None:
        return None
    if type(value) is float and 0 <= value <= 1:  # what nearly every event says
        return value + 0.0  # -0.0 becomes 0.0: equal numbers have one spelling
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Refused("wrong_type", f"confidence must be a number, not {_json_type(value)}", field="confidence")
    if not 0 <= value <= 1:  # also false for NaN
        raise _Refused("out_of_range", "confidence must lie in 0 to 1", field="confidence")
    return float(value)


def _json_type(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}
    return names.get(type(value), "an object")
