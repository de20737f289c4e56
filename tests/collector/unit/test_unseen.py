"""Of which workstations nobody knows what goes on there now."""

import pytest

from collector.metrics.unseen import unknown_places
from collector.records import Entry, OpenState, Run, State
from shared.instants import MINUTE

NOW = 60 * MINUTE
GOOD, LATE = NOW - 2 * MINUTE, NOW - 2 * MINUTE - 1
PLACES = [("north", "S1"), ("north", "S2"), ("north", "S3")]


def seen(*events: tuple[int, str, str | None]) -> tuple[OpenState, Run]:
    """Return what is known of somebody who was absent wherever somebody saw him: (when, where, by which camera)."""
    entries = [Entry(at, 0, station, 0, None, camera) for at, station, camera in events]
    at, station, camera = events[-1]
    return OpenState(at, State(at, 0, station, camera)), Run(None, None, entries, is_last=True)


@pytest.mark.parametrize(
    ("watermarks", "unknown"),
    [
        ({}, "S1 S2 S3"),
        ({"C1": LATE}, "S1 S2 S3"),
        ({"C1": GOOD}, ""),
        ({"C1": GOOD, "C2": GOOD}, ""),
        ({"C1": LATE, "C2": GOOD}, "S2"),
        ({"C1": GOOD, "C2": LATE}, "S1"),
        ({"C1": LATE, "C2": LATE}, "S1 S2 S3"),
    ],
)
def test_a_place_is_unknown_where_the_camera_that_saw_it_last_is_late(watermarks: dict[str, int], unknown: str) -> None:
    """Where nobody was ever seen, while all cameras of the site are."""
    first, second = seen((1, "S1", "C1"), (3, "S2", "C1")), seen((2, "S1", "C2"))
    histories = {("north", "W1"): first, ("north", "W2"): second}
    states = {person: state for person, (state, _) in histories.items()}
    runs = {person: run for person, (_, run) in histories.items()}
    found = unknown_places(PLACES, states=states, runs=runs, watermarks={"north": watermarks}, now=NOW)

    assert [("north", place) for place in unknown.split()] == sorted(found)


def test_without_histories_the_last_state_tells_where_somebody_was() -> None:
    """A window that is not drawn has none; what was sent without a camera is known while another camera of the site is there."""
    state, _ = seen((1, "S1", "C2"))
    sent, _ = seen((1, "S2", None))
    states = {("north", "W1"): state, ("north", "W2"): sent, ("south", "W1"): state}
    found = unknown_places(PLACES, states=states, runs={}, watermarks={"north": {"C1": GOOD, "C2": LATE}}, now=NOW)

    assert frozenset({("north", "S1")}) == found
