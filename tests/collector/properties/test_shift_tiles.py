"""Shifts that join on the wall join in time, whatever the clocks of the place do."""

from datetime import date, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from collector.metrics.shifts import Shift, WorkedShift, current, following, previous, worked_on

YEARS = st.sampled_from([2011, 2024, 2025, 2026])
ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "Asia/Kolkata",
        "Asia/Jerusalem",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Asia/Beirut",
        "Pacific/Apia",
        "America/Scoresbysund",
    ]
).map(ZoneInfo)
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
# Times of day near which clocks change are tried more often than others.
CLOCK_TIMES = st.sampled_from([time(0), time(0, 30), time(1, 45), time(2), time(2, 15), time(2, 30), time(3)]) | MINUTES
PLANS = st.lists(CLOCK_TIMES, min_size=1, max_size=4, unique=True).map(sorted)


def round_the_clock(starts: list[time]) -> list[Shift]:
    """Return shifts each of which ends when the next begins; a single one takes the whole day."""
    ends = [*starts[1:], starts[0]]
    return [Shift(str(place), start, end) for place, (start, end) in enumerate(zip(starts, ends, strict=True))]


def worked_in(year: int, shifts: list[Shift], zone: ZoneInfo) -> list[WorkedShift]:
    """Return everything that is worked in a year, shift by shift and day by day."""
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(366)]
    found = [worked_on(shift, day, zone=zone) for day in days for shift in shifts]
    return [worked for worked in found if worked is not None]


@given(ZONES, YEARS, PLANS)
def test_shifts_round_the_clock_leave_no_gap_and_no_overlap(zone: ZoneInfo, year: int, starts: list[time]) -> None:
    """Over a year with its changes of clocks; those that a gap swallows are not missed."""
    worked = worked_in(year, round_the_clock(starts), zone)

    assert [one.end for one in worked[:-1]] == [one.start for one in worked[1:]]


@given(ZONES, YEARS, PLANS, st.data())
def test_every_instant_has_its_shift(zone: ZoneInfo, year: int, starts: list[time], data: st.DataObject) -> None:
    """The current one began before it and has not ended; its neighbours adjoin it."""
    shifts = round_the_clock(starts)
    worked = data.draw(st.sampled_from(worked_in(year, shifts, zone)))
    now = data.draw(st.integers(worked.start + 1, worked.end - 1) | st.sampled_from([worked.start + 1, worked.end]))
    before, after = (leads(shifts, worked, zone=zone) for leads in (previous, following))
    assert before is not None
    assert after is not None

    assert worked == current(shifts, now=now, zone=zone)
    assert (worked.start, worked.end) == (before.end, after.start)
    assert worked == following(shifts, before, zone=zone) == previous(shifts, after, zone=zone)


@given(ZONES, YEARS, st.lists(st.tuples(CLOCK_TIMES, CLOCK_TIMES), min_size=1, max_size=4), st.data())
def test_links_lead_through_everything_that_is_worked(
    zone: ZoneInfo, year: int, times: list[tuple[time, time]], data: st.DataObject
) -> None:
    """However shifts overlap and whichever days they are worked on: onward and back again, and never in a circle."""
    weekdays = st.frozensets(st.integers(0, 6), min_size=1)
    shifts = [Shift(str(place), *pair, data.draw(weekdays)) for place, pair in enumerate(times)]
    worked = sorted(worked_in(year, shifts, zone), key=lambda one: (one.start, one.end))
    first = data.draw(st.integers(0, max(0, len(worked) - 20)))
    stretch = worked[first : first + 10]

    assert [(one, other) for one, other in pairwise(stretch)] == [
        (previous(shifts, other, zone=zone), following(shifts, one, zone=zone)) for one, other in pairwise(stretch)
    ]
