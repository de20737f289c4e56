"""Timestamps by SEMANTICS §1: what is read, to which microsecond, and what is refused."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.instants import (
    LAST_INSTANT,
    TimestampRefused,
    datetime_of,
    format_instant,
    instant_of,
    parse_instant,
)

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2026-01-15T10:00:00Z", "2026-01-15T10:00:00Z"),
        ("2026-01-15t10:00:00z", "2026-01-15T10:00:00Z"),
        ("2026-01-15T10:00:00+00:00", "2026-01-15T10:00:00Z"),
        ("2026-01-15T10:00:00-00:00", "2026-01-15T10:00:00Z"),
        ("2026-01-15T11:30:00+01:30", "2026-01-15T10:00:00Z"),
        ("2026-01-15T00:30:00-09:30", "2026-01-15T10:00:00Z"),
        ("2026-01-16T09:59:00+23:59", "2026-01-15T10:00:00Z"),
        ("2026-01-15T10:00:00.1Z", "2026-01-15T10:00:00.100000Z"),
        ("2026-01-15T10:00:00.12Z", "2026-01-15T10:00:00.120000Z"),
        ("2026-01-15T10:00:00.123456Z", "2026-01-15T10:00:00.123456Z"),
        ("2026-01-15T10:00:00.000001Z", "2026-01-15T10:00:00.000001Z"),
        ("2026-01-15T10:00:00.1234560Z", "2026-01-15T10:00:00.123456Z"),
        ("2026-01-15T10:00:00.123456000Z", "2026-01-15T10:00:00.123456Z"),
        ("2026-01-15T10:00:00.000000000Z", "2026-01-15T10:00:00Z"),
        ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("1969-12-31T23:00:00-01:00", "1970-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_timestamp_names_one_instant_however_it_is_spelled(text: str, canonical: str) -> None:
    """Either case, any offset and up to nine digits lead to the same canonical text."""

    assert canonical == format_instant(parse_instant(text))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("2026-01-15T10:00:00.25Z", 1_768_471_200_250_000),
        ("9999-12-31T23:59:59.999999Z", LAST_INSTANT),
    ],
)
def test_an_instant_is_microseconds_since_1970(text: str, instant: int) -> None:
    """The numbers themselves, at both ends of the range and between."""

    assert instant == parse_instant(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1768471200",
        "1768471200000",
        "2026-01-15",
        "10:00:00Z",
        "2026-W03-4T10:00:00Z",
        "2026-015T10:00:00Z",
        "20260115T100000Z",
        "2026-01-15 10:00:00Z",
        "2026-01-15T10:00Z",
        "2026-1-15T10:00:00Z",
        "2026-01-15T24:00:00Z",
        "2026-01-15T10:60:00Z",
        "2026-01-15T23:59:60Z",
        "2016-12-31T23:59:60Z",
        "2026-02-29T10:00:00Z",
        "2026-00-15T10:00:00Z",
        "2026-13-15T10:00:00Z",
        "2026-01-00T10:00:00Z",
        "2026-01-32T10:00:00Z",
        "2026-01-15T10:00:00.Z",
        "2026-01-15T10:00:00,5Z",
        "2026-01-15T10:00:00.1234567Z",
        "2026-01-15T10:00:00.000000001Z",
        "2026-01-15T10:00:00+1:00",
        "2026-01-15T10:00:00+0100",
        "2026-01-15T10:00:00+01",
        "2026-01-15T10:00:00+24:00",
        "2026-01-15T10:00:00+01:60",
        "2026-01-15T10:00:00+01:00:00",
        "2026-01-15T10:00:00\u221201:00",
        "2026-01-15T10:00:00ZZ",
        "2026-01-15T10:00:00Z\n",
        "2026-01-15T10:00:00Z\x00",
        " 2026-01-15T10:00:00Z",
        "2026-01-15T10:00:00Z ",
        "２０２６-01-15T10:00:00Z",
        "2026-01-15T10:00:0٣Z",
        "+002026-01-15T10:00:00Z",
        "-2026-01-15T10:00:00Z",
        "0000-01-15T10:00:00Z",
        "0001-01-15T10:00:00Z",
        "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:00:00+00:01",
        "0000-01-01T00:00:00+23:59",
        "10000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-00:01",
        "2026-01-15T10:00:00." + "0" * 1_000_000 + "Z",
    ],
)
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    """Other notations, impossible dates, finer than a microsecond, and years outside 1970 to 9999 in UTC."""
    with pytest.raises(TimestampRefused) as refused:
        parse_instant(text)

    assert "bad_timestamp" == refused.value.code


def test_a_timestamp_without_offset_is_refused() -> None:
    """Nobody knows which instant it is, and the code says that this, and nothing else, is wrong."""
    with pytest.raises(TimestampRefused) as refused:
        parse_instant("2026-01-15T10:00:00")

    assert "no_offset" == refused.value.code


@pytest.mark.parametrize(
    ("text", "zone", "canonical"),
    [
        ("2026-01-15T11:00:00", BERLIN, "2026-01-15T10:00:00Z"),
        ("2026-07-15T12:00:00.5", BERLIN, "2026-07-15T10:00:00.500000Z"),
        ("2026-10-25T02:30:00", BERLIN, "2026-10-25T00:30:00Z"),
        ("2026-04-05T01:45:00", LORD_HOWE, "2026-04-04T14:45:00Z"),
        ("2026-01-15T11:00:00Z", BERLIN, "2026-01-15T11:00:00Z"),
        ("2026-01-15T11:00:00+05:30", BERLIN, "2026-01-15T05:30:00Z"),
        ("1970-01-01T01:00:00", BERLIN, "1970-01-01T00:00:00Z"),
    ],
)
def test_a_zone_stands_in_for_a_missing_offset_only(text: str, zone: ZoneInfo, canonical: str) -> None:
    """Of an ambiguous local time the first is meant; a written offset counts for more than the zone."""

    assert canonical == format_instant(parse_instant(text, time_zone=zone))


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2026-03-29T02:30:00", BERLIN),
        ("2026-03-29T02:00:00", BERLIN),
        ("2026-10-04T02:15:00", LORD_HOWE),
        ("2011-12-30T12:00:00", ZoneInfo("Pacific/Apia")),
        ("1970-01-01T00:59:59", BERLIN),
        ("0001-01-01T00:00:00", BERLIN),
        ("9999-12-31T23:59:59", ZoneInfo("America/New_York")),
    ],
)
def test_a_local_time_that_never_was_is_refused(text: str, zone: ZoneInfo) -> None:
    """Skipped by the clocks, by a whole day of Samoa, or outside the range once it is UTC."""
    with pytest.raises(TimestampRefused) as refused:
        parse_instant(text, time_zone=zone)

    assert "bad_timestamp" == refused.value.code


@given(st.integers(0, LAST_INSTANT))
def test_every_instant_survives_its_text(instant: int) -> None:
    """Writing and reading again is the identity over the whole range."""

    assert instant == parse_instant(format_instant(instant))


@given(st.integers(0, LAST_INSTANT), st.integers(-1_439, 1_439))
def test_an_offset_moves_the_text_and_not_the_instant(instant: int, offset_minutes: int) -> None:
    """The wall-clock time of any zone, written with its offset, is the same instant."""
    zone = timezone(timedelta(minutes=offset_minutes))
    try:
        text = datetime_of(instant).astimezone(zone).isoformat()
    except OverflowError:  # the wall clock there shows the year 10000, which has no spelling
        return

    assert instant == parse_instant(text)


@given(st.integers(0, LAST_INSTANT))
def test_datetimes_carry_instants_exactly(instant: int) -> None:
    """Not one microsecond is lost on the way to a datetime and back."""
    moment = datetime_of(instant)

    assert (instant, UTC) == (instant_of(moment), moment.tzinfo)


@given(
    st.text(alphabet="0123456789-+:.TtZzW ", max_size=40)
    | st.datetimes(min_value=datetime(1, 1, 1)).map(lambda wall: wall.isoformat()),  # noqa: DTZ001 - wall-clock times
    st.sampled_from([None, BERLIN, LORD_HOWE]),
)
def test_no_text_breaks_the_reader(text: str, zone: ZoneInfo | None) -> None:
    """It answers with an instant within the range or refuses with a code, and does nothing else."""
    try:
        answer: int | str = parse_instant(text, time_zone=zone)
    except TimestampRefused as refused:
        answer = refused.code

    assert answer in {"bad_timestamp", "no_offset"} or 0 <= int(answer) <= LAST_INSTANT
