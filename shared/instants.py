"""Instants: whole microseconds since 1970-01-01T00:00:00Z, as integers, and their RFC 3339 text.

The range is UTC years 1970 to 9999. Text is read by SEMANTICS §1: a pattern first, then the calendar; nothing is
rounded, so a seventh digit other than 0 is refused. No clock is read here.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

MICROSECOND = 1
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
LAST_INSTANT = 253_402_300_800 * SECOND - 1
"""9999-12-31T23:59:59.999999Z."""

_OUT_OF_RANGE = "timestamp must lie in the years 1970 to 9999, in UTC"
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - only ever subtracted from other naive UTC datetimes
_PATTERN = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]):([0-5][0-9])"
    r"(?:\.([0-9]+))?([Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
)
_MINUTE_LENGTH = len("2026-01-15T10:00")
_UTC_LAYOUTS = {20: SECOND, 24: 1_000, 27: MICROSECOND}
"""By length: texts that end in Z after whole seconds, three digits or six of a fraction; what their last digit counts."""


class TimestampRefused(ValueError):
    """The text is not an instant; `code` is `bad_timestamp` or `no_offset`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse_instant(text: str, *, time_zone: tzinfo | None = None) -> int:
    """Return the instant that an RFC 3339 text names, in microseconds.

    Without an offset the text is a wall-clock time of `time_zone`: the first of two where it is ambiguous, refused
    where it falls into a gap. Without a `time_zone` it is refused.

    >>> parse_instant("2026-01-15T11:00:00.25+01:00") == parse_instant("2026-01-15t10:00:00.2500000z")
    True

    Raises:
        TimestampRefused: with what is wrong, in words.
    """
    scale = _UTC_LAYOUTS.get(len(text))
    if scale is not None and text[-1] == "Z":  # what nearly every event says, in half the time
        digits = text[17:19] + text[20:-1]
        minute_start = _utc_minute(text[:17])
        if (
            minute_start is not None
            and digits.isdecimal()
            and digits.isascii()
            and digits < "6"
            and (scale == SECOND or text[19] == ".")
        ):
            return minute_start + int(digits) * scale
    match = _PATTERN.fullmatch(text) if len(text) <= 64 else None
    if match is None:
        raise TimestampRefused("bad_timestamp", "timestamp must look like 2026-01-15T10:00:00Z or …+01:00")
    minute, second, fraction, offset = match.groups()
    if offset is None:
        wall = _wall(minute) + timedelta(seconds=int(second))
        instant = (wall - _EPOCH) // timedelta(microseconds=1) - _zone_offset(wall, time_zone)
    else:
        instant = _minute(minute + offset) + int(second) * SECOND
    if fraction is not None:
        instant += _fraction_us(fraction)
    if not 0 <= instant <= LAST_INSTANT:
        raise TimestampRefused("bad_timestamp", _OUT_OF_RANGE)
    return instant


def format_instant(instant: int) -> str:
    """Return the one canonical text of an instant: UTC, `Z`, six digits of fraction or none.

    >>> format_instant(1_768_471_200_000_000), format_instant(1_768_471_200_250_000)
    ('2026-01-15T10:00:00Z', '2026-01-15T10:00:00.250000Z')
    """
    return (_EPOCH + timedelta(microseconds=instant)).isoformat() + "Z"


def instant_of(moment: datetime) -> int:
    """Return the instant of an aware datetime, exactly."""
    return (moment.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // timedelta(microseconds=1)


def datetime_of(instant: int) -> datetime:
    """Return the aware UTC datetime of an instant."""
    return (_EPOCH + timedelta(microseconds=instant)).replace(tzinfo=UTC)


@lru_cache(maxsize=4_096)
def _utc_minute(text: str) -> int | None:
    """Return the instant of a minute of UTC, such as `2026-01-15T10:00:`; None: it is none, or out of range."""
    try:
        return parse_instant(f"{text}00.0Z")  # of no layout that leads here again
    except TimestampRefused:
        return None


@lru_cache(maxsize=4_096)
def _minute(text: str) -> int:
    """Return the instant of a minute with its offset; remembered, because the events of a batch share theirs."""
    wall, offset = text[:_MINUTE_LENGTH], text[_MINUTE_LENGTH:]
    minutes = 0 if offset in "Zz" else int(offset[1:3]) * 60 + int(offset[4:6])
    ahead = -minutes if offset[0] == "-" else minutes
    return (_wall(wall) - _EPOCH) // timedelta(microseconds=1) - ahead * MINUTE


def _wall(minute: str) -> datetime:
    try:
        return datetime.fromisoformat(minute)
    except ValueError as error:
        raise TimestampRefused("bad_timestamp", f"timestamp is not in the calendar: {error}") from error


def _fraction_us(fraction: str) -> int:
    if len(fraction) > 6 and fraction[6:].strip("0"):
        raise TimestampRefused("bad_timestamp", "timestamp is finer than a microsecond")
    return int(fraction[:6].ljust(6, "0"))


def _zone_offset(wall: datetime, time_zone: tzinfo | None) -> int:
    if time_zone is None:
        raise TimestampRefused("no_offset", "timestamp has no offset: write Z or, for example, +01:00")
    local = wall.replace(tzinfo=time_zone, fold=0)
    try:
        shown_again = local.astimezone(UTC).astimezone(time_zone).replace(tzinfo=None)
    except OverflowError as error:  # at either end of the calendar, UTC shows a year that datetime does not have
        raise TimestampRefused("bad_timestamp", _OUT_OF_RANGE) from error
    if shown_again != wall:
        raise TimestampRefused("bad_timestamp", f"timestamp does not exist in {time_zone}: the clocks were put forward")
    offset = local.utcoffset()
    if offset is None:
        raise TimestampRefused("no_offset", f"{time_zone} has no offset at this time")
    return offset // timedelta(microseconds=1)
