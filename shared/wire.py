"""What travels between producers, edge agents and the collector: bodies, the agent's envelope, answers, receipts.

Shapes are those of SEMANTICS §7 and may not change. A body is bounded before it is read: at most 4 MiB decompressed and
10,000 events. The JSON reader is the lenient one of the standard library on purpose: NaN, 1e999, a lone surrogate or a
number of 5,000 digits make *their* event invalid and leave its neighbours alone.
"""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from itertools import islice
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from shared.depth import check_depth
from shared.errors import BadRequest, BodyTooLarge, ProtocolTooNew
from shared.events import MAX_ID_LENGTH, Event, Rejection
from shared.plain import PlainEnvelope, PlainEvent, decode_plain, plain_events
from shared.plain_text import LONGEST_REASON
from shared.weight import check_weight
from shared.wire_fields import PLAIN_TEXT, Instant, Name, Number, Token, read_text, refuse_bool

PROTOCOL = 1
REPLAY_SUFFIX = "+replay"
"""Ends the `version` of an envelope that repeats old events: it says nothing of how the camera is now."""
MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_EVENTS = 10_000
MAX_LACKING_RANGES = 100
MAX_SKIPPED_RANGES = 1_000
MAX_WATCHED = 100
KEPT_LINE_BYTES = 8_000
"""Of a line that is not JSON: enough for people to see what it is, in whatever letters."""
_LONGEST_INTEGER_TEXT = 400
_NOT_BLANK = re.compile(rb"\S[^\n]*")
"""A line from its first sign on; takes time in proportion to the body, whatever is in it."""
Item = TypeVar("Item")


class AgentHeader(BaseModel):
    """What an edge agent says of itself and of the events it sends along."""

    model_config = ConfigDict(frozen=True)

    protocol: Annotated[Literal[1], Field(), BeforeValidator(refuse_bool)]
    camera: Name
    version: Annotated[str, Field(max_length=MAX_ID_LENGTH, json_schema_extra=PLAIN_TEXT), AfterValidator(read_text)]
    batch: Token
    """Made anew for each request; the receipt repeats it."""
    sent_at: Instant
    epoch: Token
    """An event's number is unique within its epoch, for ever."""
    seqs: Annotated[list[tuple[Number, Number]], Field(max_length=MAX_EVENTS)]
    """Ascending disjoint ranges that number `events` in order."""
    skipped: Annotated[
        list[
            tuple[
                Number,
                Number,
                Annotated[
                    str, Field(max_length=LONGEST_REASON, json_schema_extra=PLAIN_TEXT), AfterValidator(read_text)
                ],
            ]
        ],
        Field(max_length=MAX_SKIPPED_RANGES),
    ] = []
    """Numbers of this epoch that will never be sent, with the reason."""
    last_seq: Number
    """The greatest number given out in this epoch so far."""
    watermark: Instant | None = None
    """The camera was watched without a break and everything up to here was delivered, this batch included."""
    watched: Annotated[list[tuple[Instant, Instant]], Field(max_length=MAX_WATCHED)] | None = None
    """Stretches that were, up to there; what lies between them was not. None of an agent that does not say."""
    pending: Number
    """Events that are neither settled nor in this batch."""
    oldest_pending_at: Instant | None = None


class ItemResult(BaseModel):
    """What became of one item that was not plainly accepted."""

    index: int
    result: Literal["accepted", "duplicate", "rejected"]
    conflict: bool = False
    code: str | None = None
    error: str | None = None
    field: str | None = None
    """Which field is at fault, where one is."""


class Receipt(BaseModel):
    """The collector's word for a batch: without it nothing leaves the agent's buffer."""

    batch: str
    epoch: str
    received_at: Instant
    lacking: list[tuple[int, int]]
    """At most 100 ranges of this epoch that never arrived, up to the greatest `last_seq` of its headers."""
    last_seq: int | None = None
    """That greatest one: an agent that had not got so far when it stopped was put back to an earlier state."""


class ListAnswer(BaseModel):
    """The answer to an array or an envelope; accepted + duplicates + rejected = number of items."""

    status: Literal["success"]
    accepted: Annotated[int, Field(ge=0)]
    duplicates: Annotated[int, Field(ge=0)]
    conflicts: Annotated[int, Field(ge=0)]
    rejected: Annotated[int, Field(ge=0)]
    results: list[ItemResult]
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """A body taken apart, its items not yet judged."""

    values: list[Any] | None
    """The items as JSON values; None where `plain` has them."""
    is_list: bool
    """False for the one-object form, which has an answer of its own."""
    agent: AgentHeader | None = None
    plain: Sequence[PlainEvent] | None = None
    text: bytes = b""
    """What `plain` was decoded from."""

    @property
    def items(self) -> list[Any]:
        """The items as JSON values; where `plain` has them the text is read again."""
        if self.values is not None:
            return self.values
        value = decode_json(self.text)
        return list(value["events"] if isinstance(value, dict) else value)

    def events(self, *, time_zone: tzinfo | None) -> list[Event] | None:
        """Return the items as events; None if one is none, or may be none: then each wants its own judgement."""
        return None if self.plain is None else plain_events(self.plain, time_zone=time_zone)


def read_body(body: bytes) -> Body:
    """Return the items of a JSON body: one object, an array, or an envelope (an object with `events`).

    Raises:
        BadRequest: not JSON, nested deeper than 32, neither object nor array, or an envelope with a wrong header.
        BodyTooLarge: more than 10,000 items, or more values than those can have.
        ProtocolTooNew: the envelope's protocol is above ours.
    """
    check_weight(body)
    plain = decode_plain(body)
    if isinstance(plain, PlainEnvelope):
        check_depth(body, items=len(plain.events))
        header = _read_agent(decode_json(bytes(plain.agent)), events=plain.events)
        return Body(None, is_list=True, agent=header, plain=plain.events, text=body)
    if plain is not None:
        check_depth(body, items=len(plain))
        return Body(None, is_list=True, plain=_bounded(plain), text=body)
    value = decode_json(body)
    if isinstance(value, dict):
        if "events" not in value:
            return Body([value], is_list=False)
        header = _read_agent(value.get("agent"), events=value["events"])
        return Body(value["events"], is_list=True, agent=header)
    if isinstance(value, list):
        return Body(_bounded(value), is_list=True)
    raise BadRequest("the body must be an event object, an array of events, or an envelope")


def read_lines(body: bytes) -> Body:
    """Return the items of an NDJSON body, one for each line that is not blank.

    A line that is not JSON becomes its own `Rejection`, which holds its text and which `read_event` hands on: its
    neighbours are left alone.

    Raises:
        BodyTooLarge: more than 10,000 lines; none of them was read.
    """
    items: list[Any] = []
    for line in _lines_of(body):
        try:
            items.append(decode_json(line, what="the line"))
        except BadRequest as error:
            text = line.strip()[:KEPT_LINE_BYTES].decode(errors="backslashreplace")
            items.append(Rejection("not_an_event", str(error), text))
    return Body(items, is_list=True)


def decode_json(body: bytes, *, what: str = "the body") -> Any:
    """Return the value of a JSON text in UTF-8.

    Raises:
        BadRequest: with the place of the mistake, or the depth that is possible.
    """
    check_depth(body, what=what)
    with suppress(ValueError):
        # Twice as fast, and it agrees with the reader below wherever it does not refuse.
        return from_json(body)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest(f"{what} is not UTF-8: byte {error.start} is wrong") from error
    try:
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            raise
        except ValueError:  # an integer of more than 4,300 digits (CPython's limit): out of any range, not unreadable
            return json.loads(text, parse_int=_read_integer)
    except json.JSONDecodeError as error:
        raise BadRequest(f"{what} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error


def read_header(value: object) -> AgentHeader:
    """Return the `agent` part of an envelope.

    Raises:
        BadRequest: a field is missing or wrong; names every one.
        ProtocolTooNew: `protocol` is above ours.
    """
    if isinstance(value, dict):
        protocol = value.get("protocol")
        if isinstance(protocol, int) and not isinstance(protocol, bool) and protocol > PROTOCOL:
            told, hint = f"protocol {protocol} is not known here", f"this program speaks {PROTOCOL}"
            raise ProtocolTooNew(told, hint=hint, field="agent.protocol")
    try:
        return AgentHeader.model_validate(value)
    except ValidationError as error:
        _refuse_header(error)


def _refuse_header(error: ValidationError) -> NoReturn:
    problems = error.errors(include_url=False, include_context=False, include_input=False)[:10]
    reasons = [f"{'.'.join(map(str, ('agent', *problem['loc'])))}: {problem['msg']}" for problem in problems]
    loc = problems[0]["loc"]
    index = next((part for part in loc if isinstance(part, int)), None)
    field = ".".join(("agent", *map(str, loc if index is None else loc[: loc.index(index)])))
    raise BadRequest("the envelope is wrong: " + "; ".join(reasons), field=field, index=index) from None


def _read_agent(agent: object, *, events: object) -> AgentHeader:
    """Return the header of an envelope that numbers these events."""
    header = read_header(agent)  # first: a newer protocol may shape its events in another way
    if not isinstance(events, list):
        raise BadRequest("the envelope is wrong: events must be an array", field="events")
    _bounded(events)
    total = 0
    before = -1
    for index, (first, last) in enumerate(header.seqs):
        if first <= before or last < first:
            told = "the envelope is wrong: agent.seqs must be ascending ranges that do not overlap"
            raise BadRequest(told, field="agent.seqs", index=index)
        before = last
        total += last - first + 1
    if total != len(events):
        told = f"the envelope is wrong: agent.seqs number {total:,} events and there are {len(events):,}"
        raise BadRequest(told, field="agent.seqs")
    backwards = [index for index, (first, last, _) in enumerate(header.skipped) if last < first]
    if backwards:
        told = "the envelope is wrong: a range of agent.skipped ends before it begins"
        raise BadRequest(told, field="agent.skipped", index=backwards[0])
    return header


def _lines_of(body: bytes) -> list[bytes]:
    """Return the lines that are not blank.

    Counted before any is read, and no further than the bound: 4 KiB of gzip hold two million lines, and to read one that
    is not JSON takes 60 µs.
    """
    found = list(islice(_NOT_BLANK.finditer(body), MAX_EVENTS + 1))
    if len(found) > MAX_EVENTS:
        told = f"more than {MAX_EVENTS:,} lines are too many for one request"
        raise BodyTooLarge(told, hint=f"send at most {MAX_EVENTS:,} events")
    return [body[body.rfind(b"\n", 0, line.start()) + 1 : line.end()] for line in found]


def _bounded(items: list[Item]) -> list[Item]:
    if len(items) > MAX_EVENTS:
        raise BodyTooLarge(f"{len(items):,} events are too many for one request", hint=f"send at most {MAX_EVENTS:,}")
    return items


def _read_integer(text: str) -> int | float:
    return int(text) if len(text) <= _LONGEST_INTEGER_TEXT else float("-inf" if text[0] == "-" else "inf")
