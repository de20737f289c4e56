"""Shifts as wall-clock times: the nights on which clocks change, and which shift is the current one (SEMANTICS §5)."""

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from collector.metrics.shifts import Shift, WorkedShift, current, following, previous, worked_on
from collector.metrics.windows import Window
from shared.instants import HOUR, format_instant, parse_instant

BERLIN = ZoneInfo("Europe/Berlin")
WORK_DAYS = frozenset(range(5))


def shift(hours: str, *, name: str = "a", weekdays: frozenset[int] = frozenset(range(7))) -> Shift:
    """Return a shift from its times, such as 22:00-06:00."""
    start, end = hours.split("-")
    return Shift(name, time.fromisoformat(start), time.fromisoformat(end), weekdays)


def worked(hours: str, day: str, zone: str = "Europe/Berlin") -> WorkedShift:
    """Return a shift on a day on which it is worked."""
    found = worked_on(shift(hours), date.fromisoformat(day), zone=ZoneInfo(zone))
    assert found is not None
    return found


THREE = (shift("06:00-14:00", name="morning"), shift("14:00-22:00", name="late"), shift("22:00-06:00", name="night"))


@pytest.mark.parametrize(
    ("zone", "hours", "day", "start", "end"),
    [
        ("UTC", "06:00-14:00", "2026-01-15", "2026-01-15T06:00:00Z", "2026-01-15T14:00:00Z"),
        ("UTC", "22:00-06:00", "2026-01-15", "2026-01-15T22:00:00Z", "2026-01-16T06:00:00Z"),
        ("UTC", "06:00-06:00", "2026-01-15", "2026-01-15T06:00:00Z", "2026-01-16T06:00:00Z"),
        ("UTC", "16:00-00:00", "2026-12-31", "2026-12-31T16:00:00Z", "2027-01-01T00:00:00Z"),
        # Berlin puts its clocks forward on 2026-03-29, from 02:00 to 03:00, and back on 2026-10-25, from 03:00 to 02:00.
        ("Europe/Berlin", "06:00-14:00", "2026-01-15", "2026-01-15T05:00:00Z", "2026-01-15T13:00:00Z"),
        ("Europe/Berlin", "22:00-06:00", "2026-03-28", "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z"),
        ("Europe/Berlin", "22:00-06:00", "2026-03-29", "2026-03-29T20:00:00Z", "2026-03-30T04:00:00Z"),
        ("Europe/Berlin", "02:30-06:00", "2026-03-29", "2026-03-29T01:00:00Z", "2026-03-29T04:00:00Z"),
        ("Europe/Berlin", "22:00-02:30", "2026-03-28", "2026-03-28T21:00:00Z", "2026-03-29T01:00:00Z"),
        ("Europe/Berlin", "00:00-00:00", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("Europe/Berlin", "22:00-06:00", "2026-10-24", "2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z"),
        ("Europe/Berlin", "02:30-06:00", "2026-10-25", "2026-10-25T00:30:00Z", "2026-10-25T05:00:00Z"),
        ("Europe/Berlin", "22:00-02:30", "2026-10-24", "2026-10-24T20:00:00Z", "2026-10-25T00:30:00Z"),
        ("Europe/Berlin", "22:00-03:00", "2026-10-24", "2026-10-24T20:00:00Z", "2026-10-25T02:00:00Z"),
        ("Europe/Berlin", "00:00-00:00", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        # Half an hour off, and never changed.
        ("Asia/Kolkata", "06:00-14:00", "2026-01-15", "2026-01-15T00:30:00Z", "2026-01-15T08:30:00Z"),
        ("Asia/Kolkata", "22:00-06:00", "2026-01-15", "2026-01-15T16:30:00Z", "2026-01-16T00:30:00Z"),
        # Jerusalem changes on a Friday, the last day of the working week.
        ("Asia/Jerusalem", "22:00-06:00", "2026-03-26", "2026-03-26T20:00:00Z", "2026-03-27T03:00:00Z"),
        ("Asia/Jerusalem", "22:00-06:00", "2026-10-24", "2026-10-24T19:00:00Z", "2026-10-25T04:00:00Z"),
        # Lord Howe moves its clocks by half an hour, at 02:00.
        ("Australia/Lord_Howe", "22:00-06:00", "2026-04-04", "2026-04-04T11:00:00Z", "2026-04-04T19:30:00Z"),
        ("Australia/Lord_Howe", "01:45-06:00", "2026-04-05", "2026-04-04T14:45:00Z", "2026-04-04T19:30:00Z"),
        ("Australia/Lord_Howe", "22:00-06:00", "2026-10-03", "2026-10-03T11:30:00Z", "2026-10-03T19:00:00Z"),
        ("Australia/Lord_Howe", "02:15-06:00", "2026-10-04", "2026-10-03T15:30:00Z", "2026-10-03T19:00:00Z"),
        # These days begin at 01:00, and Santiago's 2026-04-04 has two hours from 23:00.
        ("America/Santiago", "00:00-08:00", "2026-09-06", "2026-09-06T04:00:00Z", "2026-09-06T11:00:00Z"),
        ("America/Santiago", "16:00-00:00", "2026-09-05", "2026-09-05T20:00:00Z", "2026-09-06T04:00:00Z"),
        ("America/Santiago", "16:00-23:30", "2026-04-04", "2026-04-04T19:00:00Z", "2026-04-05T02:30:00Z"),
        ("America/Santiago", "16:00-00:00", "2026-04-04", "2026-04-04T19:00:00Z", "2026-04-05T04:00:00Z"),
        ("Asia/Beirut", "00:00-08:00", "2026-03-29", "2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z"),
        # Apia had no 2011-12-30: it went over the date line.
        ("Pacific/Apia", "22:00-06:00", "2011-12-29", "2011-12-30T08:00:00Z", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "22:00-06:00", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T16:00:00Z"),
        # Monrovia put its clocks forward by 44 minutes and 30 seconds.
        ("Africa/Monrovia", "00:20-08:00", "1972-01-07", "1972-01-07T00:44:30Z", "1972-01-07T08:00:00Z"),
    ],
)
def test_a_shift_is_by_the_clock_on_the_wall(zone: str, hours: str, day: str, start: str, end: str) -> None:
    """It belongs to the day it starts; a time in a gap moves forward to its end, and of two the first is meant."""
    found = worked(hours, day, zone)

    assert (start, end) == (format_instant(found.start), format_instant(found.end))
    assert Window(found.start, found.end) == found.window


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-10-23", 8)])
def test_a_night_in_which_clocks_change_has_another_length(day: str, hours: int) -> None:
    """Seven hours in spring, nine in autumn."""

    assert hours * HOUR == worked("22:00-06:00", day).window.length


@pytest.mark.parametrize(
    ("hours", "day", "zone"),
    [
        ("02:10-02:50", "2026-03-29", "Europe/Berlin"),
        ("02:00-03:00", "2026-03-29", "Europe/Berlin"),
        ("00:00-01:00", "2026-09-06", "America/Santiago"),
        ("06:00-14:00", "2011-12-30", "Pacific/Apia"),
    ],
)
def test_what_a_gap_swallows_is_not_worked(hours: str, day: str, zone: str) -> None:
    """No instant of that day belongs to it."""

    assert worked_on(shift(hours), date.fromisoformat(day), zone=ZoneInfo(zone)) is None


def test_a_shift_is_worked_on_its_weekdays() -> None:
    """Those on which it starts: Friday's night ends on Saturday, and Saturday has none."""
    night = shift("22:00-06:00", weekdays=WORK_DAYS)
    week = [date(2026, 1, day) for day in range(12, 19)]

    assert [True] * 5 + [False] * 2 == [worked_on(night, day, zone=BERLIN) is not None for day in week]


def test_a_shift_of_a_day_is_called_by_both() -> None:
    """As in a query."""

    assert "2026-01-15/a" == str(worked("06:00-14:00", "2026-01-15"))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-15T06:00:00.000001+01:00", "2026-01-15/morning"),
        ("2026-01-15T13:59:59.999999+01:00", "2026-01-15/morning"),
        ("2026-01-15T14:00:00+01:00", "2026-01-15/morning"),
        ("2026-01-15T14:00:00.000001+01:00", "2026-01-15/late"),
        ("2026-01-15T23:00:00+01:00", "2026-01-15/night"),
        ("2026-01-16T05:00:00+01:00", "2026-01-15/night"),
        ("2026-03-29T03:00:00+02:00", "2026-03-28/night"),
        ("2026-10-25T02:30:00+02:00", "2026-10-24/night"),
        ("2026-10-25T02:30:00+01:00", "2026-10-24/night"),
    ],
)
def test_one_of_three_shifts_is_always_the_current_one(now: str, expected: str) -> None:
    """At the very instant it begins nothing of it has passed, so it is still the one before."""

    assert expected == str(current(THREE, now=parse_instant(now), zone=BERLIN))


@pytest.mark.parametrize(
    ("hours", "now", "expected"),
    [
        (["06:00-14:00"], "2026-01-16T12:00:00+01:00", "2026-01-16/0"),
        (["06:00-14:00"], "2026-01-16T15:00:00+01:00", "2026-01-16/0"),
        (["06:00-14:00"], "2026-01-18T12:00:00+01:00", "2026-01-16/0"),
        (["06:00-14:00"], "2026-01-19T05:59:00+01:00", "2026-01-16/0"),
        (["22:00-06:00"], "2026-01-19T05:59:00+01:00", "2026-01-16/0"),
        # Overlapping ones: the one begun last, and of those that are over the one that ended last.
        (["06:00-18:00", "08:00-10:00"], "2026-01-16T09:00:00+01:00", "2026-01-16/1"),
        (["06:00-18:00", "08:00-10:00"], "2026-01-16T11:00:00+01:00", "2026-01-16/0"),
        (["06:00-18:00", "08:00-10:00"], "2026-01-16T19:00:00+01:00", "2026-01-16/0"),
        (["06:00-06:00", "00:00-01:00"], "2026-01-18T12:00:00+01:00", "2026-01-16/0"),
    ],
)
def test_outside_any_shift_the_last_one_is_current(hours: list[str], now: str, expected: str) -> None:
    """Over the weekend it is Friday's; 2026-01-16 is one."""
    shifts = [shift(text, name=str(place), weekdays=WORK_DAYS) for place, text in enumerate(hours)]

    assert expected == str(current(shifts, now=parse_instant(now), zone=BERLIN))


def test_a_weekly_shift_that_a_gap_swallowed_leaves_the_one_of_the_week_before() -> None:
    """However rare a shift is, there is a last one."""
    rare = [shift("02:10-02:50", weekdays=frozenset({6}))]
    now = parse_instant("2026-04-05T02:00:00+02:00")

    assert "2026-03-22/a" == str(current(rare, now=now, zone=BERLIN))


def test_without_shifts_none_is_current() -> None:
    """A site need not have any."""

    assert current([], now=0, zone=BERLIN) is None


def test_shifts_lead_from_one_to_the_next_and_back() -> None:
    """Through a night of seven hours; and over a weekend to the next that is worked."""
    here: WorkedShift | None = worked_on(THREE[0], date(2026, 3, 28), zone=BERLIN)
    names = []
    for _ in range(5):
        assert here is not None
        after = following(THREE, here, zone=BERLIN)
        assert after is not None
        assert here == previous(THREE, after, zone=BERLIN)
        names.append(str(here))
        here = after

    assert ["28/morning", "28/late", "28/night", "29/morning", "29/late"] == [name[8:] for name in names]


@pytest.mark.parametrize(
    ("weekdays", "next_day"),
    [(WORK_DAYS, "2026-01-19"), (frozenset({4}), "2026-01-23"), (frozenset(range(7)), "2026-01-17")],
)
def test_links_pass_over_days_without_work(weekdays: frozenset[int], next_day: str) -> None:
    """From a Friday to a Monday, to the next Friday, to Saturday."""
    one = shift("06:00-14:00", weekdays=weekdays)
    friday = worked_on(one, date(2026, 1, 16), zone=BERLIN)
    assert friday is not None
    after = following([one], friday, zone=BERLIN)

    assert next_day == str(after and after.day)


def test_two_shifts_of_the_same_time_are_one_after_the_other() -> None:
    """In the order of the settings, so that no link leads to itself."""
    pair = [shift("06:00-14:00", name="a"), shift("06:00-14:00", name="b")]
    first = worked_on(pair[0], date(2026, 1, 16), zone=BERLIN)
    assert first is not None
    second = following(pair, first, zone=BERLIN)

    assert "2026-01-16/b" == str(second)
    assert second is not None
    assert first == previous(pair, second, zone=BERLIN)
