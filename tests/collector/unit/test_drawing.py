"""Timelines as they are drawn: what is folded, what stays, and how many there are at most."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.metrics.drawing import MOST_SEGMENTS, Look, Segment, Stroke, segments
from shared.events import EventType
from shared.instants import HOUR, MINUTE, SECOND

SHIFT = (0, 800 * MINUTE)
"""One pixel is a minute."""
STATIONS = {"S1": 0, "S2": 1}
W: Look = (EventType.working, "S1", False)
I: Look = (EventType.idle, "S1", False)  # noqa: E741 - as in the pictures
A: Look = (EventType.absent, "S2", False)
ASSUMED: Look = (EventType.working, "S1", True)

looks = st.sampled_from([W, I, A, ASSUMED])
drawn = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 400), looks), max_size=60
)  # what lies between, length, look


def row(*parts: tuple[float, Look | None]) -> list[Stroke]:
    """Return strokes one after the other, by their length in minutes; without a look there is no data."""
    result: list[Stroke] = []
    at = 0
    for minutes, look in parts:
        end = at + round(minutes * MINUTE)
        if look is not None:
            result.append((at, end, look))
        at = end
    return result


def in_minutes(found: list[Segment]) -> list[tuple[float, float, str, int, int]]:
    """Return segments with their places in minutes."""
    return [(start / 60, length / 60, *rest) for start, length, *rest in found]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("strokes", "expected"),
    [
        ([], []),
        (row((10, W), (5, A)), [(0, 10, "w", 0, 0), (10, 5, "a", 1, 0)]),
        (row((10, W), (5, W)), [(0, 15, "w", 0, 0)]),
        (row((10, W), (0.5, I), (5, A)), [(0, 10, "w", 0, 0), (10, 5.5, "a", 1, 0)]),
        (row((10, W), (0.5, I)), [(0, 10.5, "w", 0, 0)]),
        (row((0.5, I), (10, W)), [(0, 10.5, "w", 0, 0)]),
        (row((10, W), (1, None), (0.5, I), (1, None), (5, W)), [(0, 10, "w", 0, 0), (11, 0.5, "i", 0, 0), (12.5, 5, "w", 0, 0)]),
        (row((10, W), (0.4, I), (0.2, W), (0.4, I), (5, A)), [(0, 10, "w", 0, 0), (10, 1, "i", 0, 0), (11, 5, "a", 1, 0)]),
        (row((10, W), (0.5, ASSUMED)), [(0, 10, "w", 0, 0), (10, 0.5, "w", 0, 1)]),
        (row((10, W), (0.5, I), (0.5, ASSUMED)), [(0, 10.5, "w", 0, 0), (10.5, 0.5, "w", 0, 1)]),
    ],
    ids=["nothing", "long ones", "the same look", "into the next", "into the last", "into the first", "alone", "what most of it is", "assumed", "assumed behind a short one"],
)  # fmt: skip
def test_what_is_too_short_to_be_seen_is_folded(
    strokes: list[Stroke], expected: list[tuple[float, float, str, int, int]]
) -> None:
    """Into what touches it; alone it stays, and what nobody saw never looks as if somebody had."""

    assert expected == in_minutes(segments(strokes, window=SHIFT, stations=STATIONS))


def test_a_state_that_changes_often_is_not_lost_to_another() -> None:
    """An hour of ten seconds' work and five seconds' idleness looks like work, an hour of the reverse like idleness."""
    strokes = row(*[(10 / 60, W), (5 / 60, I)] * 240, *[(5 / 60, W), (10 / 60, I)] * 240)

    assert [(0, 60, "w", 0, 0), (60, 60, "i", 0, 0)] == in_minutes(segments(strokes, window=SHIFT, stations=STATIONS))


def test_strokes_are_cut_at_the_window() -> None:
    """Also one that reaches over both ends."""

    assert [(0, 3600, "w", 0, 0)] == segments([(0, 9 * HOUR, W)], window=(4 * HOUR, 5 * HOUR), stations=STATIONS)


@pytest.mark.parametrize("look", [W, ASSUMED])
def test_there_are_never_more_than_four_hundred(look: Look) -> None:
    """However many flashes of a second there are, each by itself; the first and the last are still there."""
    strokes = [(at * SECOND, (at + 1) * SECOND, look if at % 4 else A) for at in range(0, 48_000, 2)]
    found = segments(strokes, window=SHIFT, stations=STATIONS)

    assert MOST_SEGMENTS >= len(found)
    assert (0, 47_999) == (found[0][0], found[-1][0] + found[-1][1])


@given(drawn)
def test_folding_moves_no_edge_of_what_is_known(parts: list[tuple[int, int, Look]]) -> None:
    """The seconds that are drawn are those of the strokes, in order, none twice; assumed ones are the assumed ones."""
    strokes: list[Stroke] = []
    at = 0
    for between, length, look in parts:
        at += between * SECOND
        strokes.append((at, at + length * SECOND, look))
        at += length * SECOND
    window = (0, 40_000 * SECOND)
    found = segments(strokes, window=window, stations=STATIONS)
    seconds = [second for start, length, *_ in found for second in range(start, start + length)]
    assumed = [second for start, length, *_, flag in found if flag for second in range(start, start + length)]

    assert [second for start, end, _ in strokes for second in range(start // SECOND, end // SECOND)] == seconds
    assert [
        second for start, end, look in strokes if look[2] for second in range(start // SECOND, end // SECOND)
    ] == assumed
