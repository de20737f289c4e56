"""Hours as rows: those of the site's clock, empty ones too, named by what the window leaves of them."""

import pytest

from collector.metrics.hourly import HourTotals, exact_hour_rows, hour_rows, in_order
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

    assert [HourTotals("a", at(start), at(end), amounts) for start, end, amounts in expected] == in_order(
        found, window=window, offsets={"a": offset}
    )


def test_hours_are_ordered_by_site() -> None:
    """And then by time, whatever the offsets of their clocks."""
    window = Window(at("10:00"), at("11:00"))
    found = in_order({("b", at("10:00")): SOME}, window=window, offsets={"b": 0, "a": HALF_PAST})

    assert [("a", at("10:00")), ("a", at("10:30")), ("b", at("10:00"))] == [(hour.site, hour.start) for hour in found]


def test_an_hour_is_shown_in_minutes_and_exactly() -> None:
    """By the names that workers and stations have for the same."""
    hour = HourTotals("a", at("10:00"), at("11:00"), SOME)
    named = {"site": "a", "from": "2026-01-15T10:00:00Z", "to": "2026-01-15T11:00:00Z", "units_produced": 7}

    assert [named | {"working_minutes": 20.0, "idle_minutes": 10.0, "absent_minutes": 5.0}] == hour_rows([hour])
    assert [named | {"working_us": 20 * MINUTE, "idle_us": 10 * MINUTE, "absent_us": 5 * MINUTE}] == exact_hour_rows(
        [hour]
    )
