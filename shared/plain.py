"""Lists in which every item is plainly an event, decoded and judged in a quarter of the time.

Nearly every body is such a list. msgspec decodes it straight into fields, and refuses whatever is not exactly of their
types and bounds; `plain_events` then judges what types cannot say. Whoever gets None reads the body item by item
(`shared.wire`, `shared.events`), which alone says what is wrong with what. Here nothing is refused and nothing is accepted
that the careful way would see otherwise: tests hold the two against each other.
"""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Annotated, Literal

import msgspec

from shared.events import MAX_COUNT, MAX_ID_LENGTH, Event, EventType, short_id
from shared.instants import parse_instant


class PlainEvent(msgspec.Struct, gc=False):
    """An event whose fields have the right types; ids and timestamp are not judged yet."""

    timestamp: str
    worker_id: str
    workstation_id: str
    event_type: Literal["working", "idle", "absent", "product_count"]
    count: Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)] | None = None
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


class PlainEnvelope(msgspec.Struct):
    """An envelope of such events; `agent` is JSON that is not read yet."""

    agent: msgspec.Raw
    events: list[PlainEvent]


_ARRAY = msgspec.json.Decoder(list[PlainEvent])
_ENVELOPE = msgspec.json.Decoder(PlainEnvelope)
_KINDS = {kind.name: (kind, 1 if kind is EventType.product_count else 0) for kind in EventType}
"""Of each type: its code, and the count that it has where none is given."""
_LONGEST_ID = 2 * MAX_ID_LENGTH
"""With the white space around it; longer ones are not remembered, so they are not judged here."""
_new = tuple.__new__


def decode_plain(body: bytes) -> list[PlainEvent] | PlainEnvelope | None:
    """Return an array or an envelope of events by their types; None where any item or the form is another."""
    try:
        if not body.isascii():
            body.decode()  # msgspec does not look at the text of fields that it skips
        return _ARRAY.decode(body) if body[:1] == b"[" else _ENVELOPE.decode(body)
    except (ValueError, RecursionError):
        return None


def plain_events(items: Sequence[PlainEvent], *, time_zone: tzinfo | None) -> list[Event] | None:
    """Return the events, as `read_event` would; None where it would reject one of them."""
    events = []
    try:
        for item in items:
            worker_id, workstation_id = item.worker_id, item.workstation_id
            if len(worker_id) > _LONGEST_ID or len(workstation_id) > _LONGEST_ID:
                return None
            kind, count = _KINDS[item.event_type]
            confidence = item.confidence
            events.append(
                _new(
                    Event,
                    (
                        parse_instant(item.timestamp, time_zone=time_zone),
                        short_id(worker_id),
                        short_id(workstation_id),
                        kind,
                        count if item.count is None else item.count,
                        None if confidence is None else confidence + 0.0,  # -0.0 becomes 0.0
                    ),
                )
            )
    except ValueError:
        return None
    return events
