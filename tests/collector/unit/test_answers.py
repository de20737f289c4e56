"""Rows as they are shown and as they are exact: the golden example, zero denominators, rounding (SEMANTICS §6 and §8)."""

from dataclasses import replace
from typing import Any

from collector.metrics.answers import (
    FACTORY_COLUMNS,
    WORKER_COLUMNS,
    WORKSTATION_COLUMNS,
    exact_factory_row,
    exact_worker_rows,
    exact_workstation_rows,
    factory_row,
    worker_rows,
    workstation_rows,
)
from shared.instants import MINUTE
from tests.collector.unit.history import Seen, absent, added_up, idle, product, working

GOLDEN: list[Seen] = [
    ("W1", 0, working, "S1", 0),
    ("W2", 5, idle, "S2", 0),
    ("W3", 10, product, "S3", 5),
    ("W1", 15, working, "S1", 0),
    ("W4", 15, working, "S4", 0),
    ("W5", 20, absent, "S5", 0),
    ("W6", 25, product, "S6", 8),
    ("W1", 30, product, "S1", 3),
]


def column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    """Return one column of a table."""
    return [row[name] for row in rows]


def test_the_workers_of_the_golden_example() -> None:
    """Number by number."""
    rows = worker_rows(added_up(GOLDEN))

    assert ["W1", "W2", "W3", "W4", "W5", "W6"] == column(rows, "worker_id")
    assert [30.0, 0.0, 0.0, 5.0, 0.0, 0.0] == column(rows, "working_minutes")
    assert [0.0, 5.0, 0.0, 0.0, 0.0, 0.0] == column(rows, "idle_minutes")
    assert [0.0, 0.0, 0.0, 0.0, 5.0, 0.0] == column(rows, "absent_minutes")
    assert [0.0, 5.0, 0.0, 5.0, 5.0, 0.0] == column(rows, "assumed_minutes")
    assert [None] * 6 == column(rows, "no_data_minutes")
    assert [100.0, 0.0, 0.0, 100.0, 0.0, 0.0] == column(rows, "utilization_percent")
    assert [3, 0, 5, 0, 0, 8] == column(rows, "units_produced")
    assert [6.0, 0.0, 0.0, 0.0, 0.0, 0.0] == column(rows, "units_per_hour")


def test_the_stations_of_the_golden_example() -> None:
    """Each in its own window: S1 30 minutes, S3 and S6 none."""
    rows = workstation_rows(added_up(GOLDEN))

    assert ["S1", "S2", "S3", "S4", "S5", "S6"] == column(rows, "station_id")
    assert [30.0, 0.0, 0.0, 5.0, 0.0, 0.0] == column(rows, "occupancy_minutes")
    assert [100.0, 0.0, 0.0, 100.0, 0.0, 0.0] == column(rows, "utilization_percent")
    assert [3, 0, 5, 0, 0, 8] == column(rows, "units_produced")
    assert [6.0, 0.0, 0.0, 0.0, 0.0, 0.0] == column(rows, "throughput_per_hour")


def test_the_factory_of_the_golden_example() -> None:
    """Two workers at 100 % and one at 0 %, weighted once by head and once by time."""

    assert {
        "total_productive_minutes": 35.0,
        "total_idle_minutes": 5.0,
        "total_absent_minutes": 5.0,
        "total_assumed_minutes": 15.0,
        "total_units_produced": 16,
        "average_utilization_percent": 66.67,
        "time_weighted_utilization_percent": 87.5,
        "active_workers": 3,
    } == factory_row(added_up(GOLDEN))


def test_the_exact_rows_are_microseconds_and_unrounded() -> None:
    """With the keys of the expected files."""
    totals = added_up(GOLDEN)

    assert {
        "site": "default",
        "worker_id": "W1",
        "working_us": 30 * MINUTE,
        "idle_us": 0,
        "absent_us": 0,
        "assumed_us": 0,
        "utilization_percent": 100.0,
        "units": 3,
        "units_per_hour": 6.0,
    } == exact_worker_rows(totals)[0]
    assert {
        "site": "default",
        "workstation_id": "S1",
        "occupancy_us": 30 * MINUTE,
        "occupied_us": 30 * MINUTE,
        "utilization_percent": 100.0,
        "units": 3,
        "throughput_per_hour": 6.0,
    } == exact_workstation_rows(totals)[0]
    assert (200 / 3, 87.5) == (
        exact_factory_row(totals)["average_utilization_percent"],
        exact_factory_row(totals)["time_weighted_utilization_percent"],
    )


def test_an_empty_factory_is_all_zeros() -> None:
    """Zero denominators give 0, and there is nobody in the mean."""
    totals = added_up([])

    assert ([], [], {0}) == (worker_rows(totals), workstation_rows(totals), set(factory_row(totals).values()))


def test_no_data_is_the_rest_of_the_window() -> None:
    """Of a window with two ends; of an open one nobody can tell."""
    seen: list[Seen] = [("W1", 0, working, "S1", 0), ("W1", 10, absent, "S1", 0)]

    assert [45.0] == column(worker_rows(added_up(seen, 0, 60)), "no_data_minutes")
    assert [0.0] == column(worker_rows(added_up(seen, 2, 12)), "no_data_minutes")
    assert [None] == column(worker_rows(added_up(seen, 2, None)), "no_data_minutes")
    assert [None] == column(worker_rows(added_up(seen, None, 12)), "no_data_minutes")


def test_absent_time_is_in_no_denominator() -> None:
    """Only working and idle time are the time somebody was there."""
    seen: list[Seen] = [
        ("W1", 0, working, "S1", 0),
        ("W1", 10, absent, "S1", 0),
        ("W1", 100, product, "S1", 5),
        ("W1", 110, idle, "S1", 0),
        ("W1", 120, absent, "S1", 0),
    ]
    (row,) = worker_rows(added_up(seen, 0, 120))

    assert (50.0, 15.0, 100.0) == (row["utilization_percent"], row["units_per_hour"], row["absent_minutes"])


def test_the_mean_is_of_unrounded_ratios_and_over_active_workers_only() -> None:
    """Somebody who was only absent, or only counted, is not in it."""
    seen: list[Seen] = [
        *[(f"W{number}", 0, working, "S1", 0) for number in range(3)],
        *[(f"W{number}", 1, idle, "S1", 0) for number in range(3)],
        *[(f"W{number}", 1_000 / 999 + 1, absent, "S1", 0) for number in range(3)],
        ("X", 0, absent, "S1", 0),
        ("Y", 0, product, "S1", 1),
    ]
    row = factory_row(added_up(seen))

    assert (3, 49.97, 49.97) == (
        row["active_workers"],
        row["average_utilization_percent"],
        row["time_weighted_utilization_percent"],
    )


def test_a_station_may_be_more_than_fully_used() -> None:
    """Two people working at once are 200 %."""
    seen: list[Seen] = [("W1", 0, working, "S1", 0), ("W2", 0, working, "S1", 0)]
    (row,) = workstation_rows(added_up(seen, 0, 5))

    assert (10.0, 200.0) == (row["occupancy_minutes"], row["utilization_percent"])


def test_rows_have_exactly_the_columns_of_the_contract() -> None:
    """Tables, files and routes agree on names and on their order."""
    totals = added_up(GOLDEN, 0, 60)

    assert list(WORKER_COLUMNS) == list(worker_rows(totals)[0])
    assert list(WORKSTATION_COLUMNS) == list(workstation_rows(replace(totals, knows_occupied=False))[0])
    assert list(FACTORY_COLUMNS) == list(factory_row(totals))
