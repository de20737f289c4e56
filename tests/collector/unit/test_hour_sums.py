"""Sums by hour, one by one and as ranges: together they are what each hour by itself would have been given."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from collector import hours
from collector.metrics.hour_sums import FEW_HOURS, HourSums
from collector.records import ABSENT, ASSUMED, IDLE, WORKING
from shared.instants import HOUR, MINUTE

OFFSETS = st.sampled_from([0, 30 * MINUTE])
INSTANTS = st.one_of(
    st.integers(-5 * HOUR, 5 * HOUR),
    st.integers(-200, 200).map(lambda hour: hour * HOUR),
    st.integers(-200 * HOUR, 200 * HOUR),
)
TIMES = st.tuples(
    INSTANTS,
    INSTANTS,
    st.sampled_from(["S1", "S2"]),
    st.sampled_from([(WORKING,), (IDLE,), (ABSENT, ASSUMED)]),
    st.sampled_from([1, -1]),
)


@given(st.lists(TIMES, max_size=8), OFFSETS)
def test_ranges_and_single_hours_are_all_hours(
    times: list[tuple[int, int, str, tuple[int, ...], int]], offset: int
) -> None:
    """Whatever is added and taken away, however the times lie to each other; no hour is in two places."""
    sums = HourSums(offset)
    expected: Counter[tuple[int, str, int]] = Counter()
    for start, end, station, columns, sign in times:
        sums.add_time(start, end, station=station, columns=columns, sign=sign)
        for hour, begin, until in hours.by_hour(start, end, offset=offset):
            for column in columns:
                expected[hour, station, column] += sign * (until - begin)
    singles, ranges = sums.result()
    found: Counter[tuple[int, str, int]] = Counter()
    places = list(singles)
    for (hour, station), amounts in singles.items():
        found.update({(hour, station, column): amount for column, amount in enumerate(amounts)})
    for station, first, end, amounts in ranges:
        assert any(amounts)
        for hour in range(first, end, HOUR):
            places.append((hour, station))
            found.update({(hour, station, column): amount for column, amount in enumerate(amounts)})

    assert {place: amount for place, amount in expected.items() if amount} == {
        place: amount for place, amount in found.items() if amount
    }
    assert len(places) == len(set(places))


def test_years_are_told_in_few_words() -> None:
    """A state that gives way to another one for fifty years is one range, and what stays as it was is none."""
    sums = HourSums(0)
    years = 50 * 365 * 24 * HOUR
    sums.add_time(MINUTE, years + MINUTE, station="S1", columns=(IDLE,), sign=-1)
    sums.add_time(MINUTE, years + MINUTE, station="S1", columns=(WORKING,), sign=1)
    sums.add_time(0, years, station="S2", columns=(WORKING,), sign=1)
    sums.add_time(0, years, station="S2", columns=(WORKING,), sign=-1)
    singles, ranges = sums.result()

    assert [("S1", HOUR, years, [HOUR, -HOUR, 0, 0, 0])] == [tuple(found) for found in ranges]
    assert {(0, "S1"), (years, "S1")} == set(singles)


def test_a_day_is_told_hour_by_hour() -> None:
    """Ranges are for what is rare."""
    sums = HourSums(0)
    sums.add_time(0, FEW_HOURS * HOUR, station="S1", columns=(WORKING,), sign=1)
    singles, ranges = sums.result()

    assert (FEW_HOURS, 0) == (len(singles), len(ranges))
