"""Minutes and units within windows: carry-in, cuts at both ends, and the stations' own windows (SEMANTICS §5 and §6)."""

from itertools import pairwise

import pytest

from shared.instants import MINUTE
from tests.collector.unit.history import absent, added_up, idle, minutes_of, product, station_minutes, working

SHIFT = [
    ("W1", 0, working, "S1", 0),
    ("W1", 10, product, "S1", 4),
    ("W1", 20, idle, "S1", 0),
    ("W1", 30, absent, "S1", 0),
    ("W1", 40, product, "S1", 6),
]
"""Working 0 to 20, idle 20 to 30, absent 30 to 40."""


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, (20, 10, 10, 0, 10)),
        (0, 40, (20, 10, 10, 0, 4)),
        (0, 41, (20, 10, 10, 0, 10)),
        (-100, 100, (20, 10, 10, 0, 10)),
        (5, 8, (3, 0, 0, 0, 0)),
        (5, 35, (15, 10, 5, 0, 4)),
        (10, 20, (10, 0, 0, 0, 4)),
        (11, 20, (9, 0, 0, 0, 0)),
        (0, 10, (10, 0, 0, 0, 0)),
        (20, 30, (0, 10, 0, 0, 0)),
        (None, 10, (10, 0, 0, 0, 0)),
        (None, 25, (20, 5, 0, 0, 4)),
        (25, None, (0, 5, 10, 0, 6)),
        (-10, 0, (0, 0, 0, 0, 0)),
        (41, 100, (0, 0, 0, 0, 0)),
        (10, 10 + 1 / MINUTE, (1 / MINUTE, 0, 0, 0, 4)),
        (1_000_000, 2_000_000, (0, 0, 0, 0, 0)),
    ],
)
def test_a_window_takes_its_part_of_every_state(
    start: float | None, end: float | None, expected: tuple[float, ...]
) -> None:
    """Half-open: a state that began before reaches in, an event after the end still ends one, counts go by their instant."""
    (worker,) = added_up(SHIFT, start, end).workers

    assert expected == minutes_of(worker)


def test_windows_side_by_side_add_up() -> None:
    """No microsecond and no unit is lost or counted twice at a border."""
    edges = [None, 0, 7.5, 10, 20, 29.999999, 30, 40, None]
    parts = [minutes_of(added_up(SHIFT, left, right).workers[0]) for left, right in pairwise(edges)]

    assert minutes_of(added_up(SHIFT).workers[0]) == pytest.approx(tuple(map(sum, zip(*parts, strict=True))))


def test_assumed_time_is_part_of_its_state_and_shown_apart() -> None:
    """Also where the window cuts it, for every state."""
    seen = [("W1", 0, working, "S1", 0), ("W2", 0, idle, "S1", 0), ("W3", 0, absent, "S1", 0)]

    assert [(5, 0, 0, 5, 0), (0, 5, 0, 5, 0), (0, 0, 5, 5, 0)] == [minutes_of(each) for each in added_up(seen).workers]
    assert (2, 0, 0, 2, 0) == minutes_of(added_up(seen, 3, 100).workers[0])
    assert (4, 0, 0, 1, 0) == minutes_of(added_up(seen, 0, 4, watermark=3).workers[0])


def test_every_registered_worker_and_station_has_a_row() -> None:
    """Zeros too, also where the window holds nothing of them; in the order of their ids."""
    seen = [("b", 0, working, "y", 0), ("B", 0, product, "x", 1), ("a", 50, idle, "X", 0)]
    totals = added_up(seen, 100, 200)

    assert ["B", "a", "b"] == [worker.worker_id for worker in totals.workers]
    assert ["X", "x", "y"] == [station.station_id for station in totals.stations]
    assert {(0.0, 0.0, 0.0, 0.0, 0)} == {minutes_of(worker) for worker in totals.workers}


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, (20, 20, 40, 10)),
        (10, None, (10, 10, 30, 10)),
        (None, 15, (15, 15, 15, 4)),
        (10, 15, (5, 5, 5, 4)),
        (-10, None, (20, 20, 50, 10)),
        (None, 100, (20, 20, 100, 10)),
        (100, None, (0, 0, 0, 0)),
        (None, -10, (0, 0, 0, 0)),
    ],
)
def test_a_station_has_a_window_of_its_own_where_none_is_asked_for(
    start: float | None, end: float | None, expected: tuple[float, ...]
) -> None:
    """From its first event to its last; with one end given, the other is that one."""
    (station,) = added_up(SHIFT, start, end).stations

    assert expected == station_minutes(station)


@pytest.mark.parametrize(
    ("seen", "window"),
    [
        ([("W1", 0, working, "S1", 0)], 5),
        ([("W1", 0, idle, "S1", 0)], 5),
        ([("W1", 0, absent, "S1", 0)], 5),
        ([("W1", 0, product, "S1", 0)], 0),
        ([("W1", 0, product, "S1", 0), ("W2", 7, product, "S1", 0)], 7),
        ([("W1", 0, absent, "S1", 0), ("W1", 30, working, "S2", 0)], 30),
        ([("W1", 0, idle, "S1", 0), ("W1", 30, product, "S2", 0)], 30),
        ([("W1", 0, working, "S1", 0), ("W2", 3, product, "S1", 0)], 5),
        ([("W1", 0, working, "S1", 0), ("W2", 9, product, "S1", 0)], 9),
    ],
)
def test_a_state_keeps_its_stations_window_open(seen: list[tuple[str, float, object, str, int]], window: float) -> None:
    """To the latest end of any state whose event names it, of whatever kind, or its last event if that is later."""
    station = added_up(seen).stations[0]  # type: ignore[arg-type]

    assert ("S1", window) == (station.station_id, station.window_length / MINUTE)


def test_two_people_at_a_station_count_twice_but_occupy_it_once() -> None:
    """Occupancy may exceed the window; idle people occupy nothing; overlaps, gaps and nesting are counted once."""
    seen = [
        ("W1", 0, working, "S1", 0),
        ("W1", 30, idle, "S1", 0),
        ("W2", 10, working, "S1", 0),
        ("W2", 20, absent, "S1", 0),
        ("W3", 25, working, "S1", 0),
        ("W3", 40, working, "S2", 0),
        ("W4", 50, working, "S1", 0),
        ("W4", 60, absent, "S1", 0),
    ]
    station = added_up(seen).stations[0]

    assert (30 + 10 + 15 + 10, 40 + 10) == station_minutes(station)[:2]
    assert (15 + 5 + 10, 20) == station_minutes(added_up(seen, 15, 35).stations[0])[:2]


def test_units_belong_to_the_station_of_their_event() -> None:
    """And to the worker of the event, whatever state is in force where; counts on states are never counted."""
    seen = [("W1", 0, working, "S1", 9), ("W1", 5, product, "S2", 3), ("W2", 6, product, "S2", 4)]
    totals = added_up(seen)

    assert [3, 4] == [worker.units for worker in totals.workers]
    assert [0, 7] == [station.units for station in totals.stations]
