"""The fields of an envelope: what each may hold, for both programs and for the API's description."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer
from pydantic import WithJsonSchema as JsonSchema

from shared.events import MAX_ID_LENGTH, check_id
from shared.instants import format_instant, parse_instant
from shared.plain_text import is_plain

_LARGEST_INTEGER = 2**53 - 1
"""What every reader of JSON takes exactly; also, sums over ranges stay within the integers of a database."""


def _read_instant(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be an RFC 3339 timestamp")
    return parse_instant(value)


def _read_name(value: str) -> str:
    return check_id("name", value)


def read_text(value: str) -> str:
    """Return a text in which there is no control character.

    Raises:
        ValueError: there is one.
    """
    if not is_plain(value):
        raise ValueError("must hold no control character")  # no database stores each of them
    return value


def refuse_bool(value: object) -> object:
    """Return what may be a number: JSON's true, and a text, are none.

    Raises:
        ValueError: it is one of those.
    """
    if isinstance(value, bool | str):
        raise ValueError("must be a number")
    return value


Instant = Annotated[
    int,
    Field(),
    BeforeValidator(_read_instant),
    PlainSerializer(format_instant, return_type=str),
    JsonSchema({"type": "string", "format": "date-time"}),
]
"""Microseconds UTC inside, RFC 3339 on the wire."""
Number = Annotated[int, Field(ge=0, le=_LARGEST_INTEGER), BeforeValidator(refuse_bool)]
Name = Annotated[str, Field(max_length=4 * MAX_ID_LENGTH), AfterValidator(_read_name)]
PLAIN_TEXT = {"pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$"}
"""What `read_text` refuses, for those who read the API's description."""
Token = Annotated[
    str, Field(min_length=1, max_length=MAX_ID_LENGTH, json_schema_extra=PLAIN_TEXT), AfterValidator(read_text)
]
