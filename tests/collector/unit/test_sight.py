"""What of a worker's time is drawn: up to the watermark of the camera that told it, paler where that did not watch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.metrics.drawing import Look, Stroke, Told
from collector.metrics.sight import Unwatched, drawn, sight, unwatched_time
from shared.events import EventType
from shared.instants import SECOND

W: Look = (EventType.working, "S1", False)
I: Look = (EventType.idle, "S1", False)  # noqa: E741 - as in the pictures
ASSUMED: Look = (EventType.working, "S1", True)
NOT_IDLE: Look = (EventType.idle, "S1", True)
WINDOW = (100 * SECOND, 200 * SECOND)


@pytest.mark.parametrize(
    ("camera", "watermark", "expected"),
    [
        ("C1", 12, [(0, 10, W), (10, 12, ASSUMED)]),
        ("C1", 15, [(0, 10, W), (10, 15, ASSUMED)]),
        ("C1", 99, [(0, 10, W), (10, 15, ASSUMED)]),
        ("C1", 10, [(0, 10, W)]),
        ("C1", 7, [(0, 7, W)]),
        ("C1", -4, []),
        ("C2", 12, [(0, 10, W)]),
        (None, 12, [(0, 10, W), (10, 15, ASSUMED)]),
    ],
    ids=["cut", "up to its end", "long ago", "nothing left", "sent ahead", "sent far ahead", "never said how far it is", "no camera"],
)  # fmt: skip
def test_nothing_is_drawn_behind_the_watermark_of_its_camera(
    camera: str | None, watermark: int, expected: list[Stroke]
) -> None:
    """Neither what is assumed there nor what lies before a sighting that was sent ahead; what another camera told stays."""
    earlier: list[Stroke] = [(-9, -5, I), (-5, -3, NOT_IDLE)]
    told: list[Told] = [*((*one, "C9") for one in earlier), (0, 10, W, camera), (10, 15, ASSUMED, camera)]

    assert [*earlier, *expected] == drawn(told, last_at=10, watermarks={"C1": watermark, "C9": 20}, gaps={})


def test_each_camera_vouches_for_what_it_told() -> None:
    """One that is behind takes nothing off what another saw later, and the other adds nothing to it."""
    told: list[Told] = [(0, 20, W, "C1"), (20, 30, I, "C2"), (30, 40, W, "C1"), (40, 50, I, None)]

    assert [(0, 12, W), (20, 30, I), (40, 50, I)] == drawn(told, last_at=40, watermarks={"C1": 12, "C2": 99}, gaps={})


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([(10, 20)], [(0, 10, W), (10, 20, ASSUMED), (20, 40, W), (40, 60, I)]),
        ([(0, 40)], [(0, 40, ASSUMED), (40, 60, I)]),
        ([(-5, 5), (35, 45)], [(0, 5, ASSUMED), (5, 35, W), (35, 40, ASSUMED), (40, 45, NOT_IDLE), (45, 60, I)]),
        ([(60, 70)], [(0, 40, W), (40, 60, I)]),
        ([(-9, 0)], [(0, 40, W), (40, 60, I)]),
    ],
    ids=["within", "all of a state", "over ends", "afterwards", "before"],
)
def test_what_its_camera_did_not_watch_looks_assumed(gaps: list[tuple[int, int]], expected: list[Stroke]) -> None:
    """The state stays what it is; another camera's break, and time that no camera told, change nothing."""
    told: list[Told] = [
        (0, 40, W, "C1"),
        (40, 60, I, "C1"),
        (60, 70, W, "C2"),
        (70, 80, W, None),
        (80, 90, ASSUMED, "C1"),
    ]
    always: list[Stroke] = [(60, 70, W), (70, 80, W), (80, 90, ASSUMED)]

    found = drawn(told, last_at=80, watermarks={"C1": 99, "C2": 99}, gaps={"C1": gaps, "C3": [(0, 99)]})

    assert [*expected, *always] == found


@pytest.mark.parametrize(
    ("stretches", "before", "watermark", "expected"),
    [
        ([(100, 200)], False, 200, []),
        ([(150, 200)], False, 200, []),
        ([(150, 200)], True, 200, [(100, 150)]),
        ([(100, 120), (150, 180)], True, 180, [(120, 150)]),
        ([(100, 120)], True, 190, [(120, 190)]),
        ([(100, 120)], True, 300, [(120, 200)]),
        ([(100, 120)], True, 120, []),
        ([], True, 300, [(100, 200)]),
        ([], True, 90, []),
        ([(100, 120), (120.5, 200)], True, 200, []),
        ([(100, 120), (121, 200)], True, 200, [(120, 121)]),
    ],
    ids=[
        "always", "from its first instant on", "as the window began", "in between", "up to its watermark", "up to the end",
        "not yet", "all of it", "long before", "too short to be seen", "just seen",
    ],
)  # fmt: skip
def test_a_camera_that_once_watched_has_breaks(
    stretches: list[tuple[float, float]], before: bool, watermark: int, expected: list[tuple[int, int]]
) -> None:
    """From the first instant that it watched to its watermark; before that nobody can say so."""
    watched = {"C1": [(round(start * SECOND), round(end * SECOND)) for start, end in stretches]} if stretches else {}

    found = sight(watched, before={"C1"} if before else (), watermarks={"C1": watermark * SECOND}, window=WINDOW)

    assert ({"C1": [(start * SECOND, end * SECOND) for start, end in expected]} if expected else {}) == found.gaps


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9), st.sampled_from([W, I, ASSUMED]), st.sampled_from(["C1", "C2", "C3", None])), max_size=12),
    st.dictionaries(st.sampled_from(["C1", "C2"]), st.integers(0, 150)),
    st.dictionaries(st.sampled_from(["C1", "C2"]), st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=8)),
)  # fmt: skip
def test_what_is_drawn_is_each_moment_by_its_own_camera(
    parts: list[tuple[int, int, Look, str | None]],
    watermarks: dict[str, int],
    breaks: dict[str, list[tuple[int, int]]],
) -> None:
    """Moment for moment: not behind the camera's watermark, paler within its breaks, else as it was told."""
    told: list[Told] = []
    at = 0
    for between, length, look, camera in parts:
        told.append((at + between, at + between + length, look, camera))
        at += between + length
    gaps: Unwatched = {camera: _in_line(of) for camera, of in breaks.items()}
    expected = [
        (moment, (*look[:2], look[2] or any(first <= moment < last for first, last in gaps.get(camera or "", ()))))
        for start, end, look, camera in told
        for moment in range(start, end)
        if camera is None or moment < watermarks.get(camera, at)
    ]

    found = drawn(told, last_at=at, watermarks=watermarks, gaps=gaps)

    assert expected == [(moment, look) for start, end, look in found for moment in range(start, end)]


def test_time_that_no_camera_watched_is_counted_to_the_microsecond() -> None:
    """Of what is observed: breaks of its camera, also those too short to be drawn, and what it has not told of yet."""
    watched = {"C1": [(100 * SECOND, 120 * SECOND), (120 * SECOND + 1, 150 * SECOND), (160 * SECOND, 170 * SECOND)]}
    told: list[Told] = [
        (90 * SECOND, 165 * SECOND, W, "C1"),
        (165 * SECOND, 180 * SECOND, I, "C1"),
        (180 * SECOND, 190 * SECOND, ASSUMED, "C1"),
        (190 * SECOND, 300 * SECOND, W, "C2"),
    ]
    found = sight(watched, before={"C1"}, watermarks={"C1": 170 * SECOND, "C2": 195 * SECOND}, window=WINDOW)

    def unseen(since: int | None) -> int:
        return unwatched_time(told, window=WINDOW, since=since, unseen=found.unseen)

    assert {"C1": [(150 * SECOND, 160 * SECOND)]} == found.gaps
    assert (1 + 10 * SECOND + 10 * SECOND + 5 * SECOND, 18 * SECOND) == (unseen(None), unseen(157 * SECOND))
    assert 0 == unseen(250 * SECOND)  # of a window whose events are all gone


def _in_line(parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    result = []
    at = 0
    for between, length in parts:
        result.append((at + between, at + between + length))
        at += between + length
    return result
