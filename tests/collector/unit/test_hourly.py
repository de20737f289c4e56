"""Hours as rows: those of the site's clock, empty ones too, named by what the window leaves of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.metrics.hourly import HourTotals, exact_hour_rows, hour_rows, in_order
from collector.metrics.watch import Watch
from collector.metrics.windows import Window
from collector.records import Amounts
from shared.instants import HOUR, MINUTE
from tests.support.collector import at

HALF_PAST = 30 * MINUTE
SOME: Amounts = [20 * MINUTE, 10 * MINUTE, 5 * MINUTE, MINUTE, 7]
NONE: Amounts = [0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("window", "offset", "expected"),
    [
        (Window(at("10:00"), at("12:00")), 0, [("10:00", "11:00", SOME), ("11:00", "12:00", NONE)]),
        (Window(at("10:15"), at("11:10")), 0, [("10:15", "11:00", SOME), ("11:00", "11:10", NONE)]),
        (Window(at("10:15"), at("10:16")), 0, [("10:15", "10:16", SOME)]),
        (Window(at("09:50"), at("11:00")), HALF_PAST, [("09:50", "10:30", NONE), ("10:30", "11:00", NONE)]),
        (Window(at("10:15"), None), 0, [("10:15", "11:00", SOME)]),
        (Window(None, at("10:15")), 0, [("10:00", "10:15", SOME)]),
        (Window(), 0, [("10:00", "11:00", SOME)]),
        (Window(at("10:30") - 32 * 24 * HOUR, at("10:30")), 0, [("10:00", "10:30", SOME)]),
    ],
    ids=["whole", "cut", "within", "half an hour off", "open end", "open begin", "everything", "longer than a month"],
)
def test_the_hours_of_a_window(window: Window, offset: int, expected: list[tuple[str, str, Amounts]]) -> None:
    """Empty ones only where the window is closed and at most a month long."""
    found = {("a", at("10:00")): SOME} if not offset else {}

    assert [HourTotals("a", at(start), at(end), amounts, 0) for start, end, amounts in expected] == in_order(
        found, window=window, offsets={"a": offset}, watched={}
    )


def test_hours_are_ordered_by_site() -> None:
    """And then by time, whatever the offsets of their clocks."""
    window = Window(at("10:00"), at("11:00"))
    found = in_order({("b", at("10:00")): SOME}, window=window, offsets={"b": 0, "a": HALF_PAST}, watched={})

    assert [("a", at("10:00")), ("a", at("10:30")), ("b", at("10:00"))] == [(hour.site, hour.start) for hour in found]


def test_what_cameras_watched_is_added_up_within_each_hour() -> None:
    """Cut at the hours and at the window; two cameras that watch for an hour have watched for two; by site."""
    watched = {
        "a": {"C1": [(at("09:00"), at("10:50")), (at("11:05"), at("11:06"))], "C2": [(at("10:30"), at("12:00"))]},
        "b": {"C3": [(at("10:00"), at("10:01"))]},
    }
    window = Window(at("10:15"), at("11:30"))
    found = in_order({}, window=window, offsets={"a": 0, "b": HALF_PAST}, watched=watched)

    assert [("a", 35 + 30), ("a", 1 + 30), ("b", 0), ("b", 0)] == [
        (hour.site, hour.watched // MINUTE) for hour in found
    ]


@given(st.dictionaries(st.sampled_from(["C1", "C2", "C3"]), st.lists(st.integers(0, 40), unique=True).map(sorted)))
def test_any_stretches_are_watched_as_long_as_each_moment_says(ends: dict[str, list[int]]) -> None:
    """Counted microsecond by microsecond."""
    watched = {camera: list(zip(of[::2], of[1::2], strict=False)) for camera, of in ends.items()}
    moments = [moment for each in watched.values() for start, end in each for moment in range(start, end)]
    watch = Watch(watched)

    assert [sum(7 <= moment < end for moment in moments) for end in range(7, 45)] == [
        watch.within(7, end) for end in range(7, 45)
    ]


def test_an_hour_is_shown_in_minutes_and_exactly() -> None:
    """By the names that workers and stations have for the same."""
    hour = HourTotals("a", at("10:00"), at("11:00"), SOME, 90 * MINUTE, 40)
    named = {"site": "a", "from": "2026-01-15T10:00:00Z", "to": "2026-01-15T11:00:00Z", "units_produced": 7}

    minutes = {"working_minutes": 20.0, "idle_minutes": 10.0, "absent_minutes": 5.0, "watched_minutes": 90.0}
    exactly = {"working_us": 20, "idle_us": 10, "absent_us": 5, "watched_us": 90}

    assert [named | minutes | {"utilization_percent": 66.67, "target_units": 40}] == hour_rows([hour])
    assert [
        named
        | {"utilization_percent": 66.67, "target_units": 40}
        | {name: MINUTE * value for name, value in exactly.items()}
    ] == exact_hour_rows([hour])
