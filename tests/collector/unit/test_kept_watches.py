"""What is kept of the stretches that a camera says it watched: enough for people, and no more than there is room for."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.storage.watching import LEAST_APART, SHORTEST_BREAK, grown
from shared.instants import HOUR, MINUTE, SECOND

DAY = 24 * HOUR
NOW = 20_000 * DAY
Stretch = tuple[int, int]


def minutes(*of: tuple[float, float]) -> list[Stretch]:
    """Return stretches in minutes before now."""
    return [(NOW + round(start * MINUTE), NOW + round(until * MINUTE)) for start, until in of]


@pytest.mark.parametrize(
    ("last", "told", "expected"),
    [
        ([], [(-9, -5)], [(-9, -5)]),
        ([(-9, -5)], [], []),
        ([(-9, -5)], [(-5, -3)], [(-9, -3)]),
        ([(-9, -5)], [(-5 + 0.9 / 60, -3)], [(-9, -3)]),
        ([(-9, -5)], [(-5 + 1 / 60, -3)], [(-5 + 1 / 60, -3)]),
        ([(-9, -8.9)], [(-8.5, -8.2), (-8.1, -7)], [(-8, -7)]),
        ([(-9, -8.9)], [(-8.5, -8)], []),
        ([(-9, -8.9)], [(-8.1, -7), (-7, -6), (-5, -4)], [(-8, -6), (-5, -4)]),
        ([(-9_000, -8_999)], [(-8_998, -8_980), (-8_000, -7_000)], [(-8_991.002, -8_980), (-8_000, -7_000)]),
    ],
    ids=[
        "the first",
        "nothing",
        "it goes on",
        "a break of less than a second",
        "a break of a second",
        "too soon",
        "too soon, all of it",
        "what was cut goes on",
        "told days later",
    ],
)
def test_a_stretch_goes_on_or_begins_late_enough(
    last: list[tuple[float, float]], told: list[tuple[float, float]], expected: list[tuple[float, float]]
) -> None:
    """A minute after the one before, or a thousandth of how late it is told; the rest of it counts."""
    before = next(iter(minutes(*last)), None)

    assert minutes(*expected) == grown(before, minutes(*told), received_at=NOW)


@st.composite
def ascending(draw: st.DrawFn) -> list[Stretch]:
    """Draw stretches of the last hours, most of them close to each other."""
    lengths = st.one_of(st.integers(1, 3 * SECOND), st.integers(1, 5 * MINUTE))
    at, found = NOW - 3 * HOUR, []
    for gap, length in draw(st.lists(st.tuples(lengths, lengths), max_size=30)):
        found.append((at + gap, at + gap + length))
        at += gap + length
    return found


@given(stretches=ascending(), calls=st.integers(1, 5))
def test_nothing_is_kept_that_was_not_told(stretches: list[Stretch], calls: int) -> None:
    """But for breaks of less than a second; however many calls tell it, a minute begins one stretch at most."""
    kept: dict[int, int] = {}
    size = len(stretches) // calls + 1
    for first in range(0, len(stretches), size):
        rows = grown(max(kept.items(), default=None), stretches[first : first + size], received_at=NOW)
        kept.update(dict(rows))
    seen = sum(max(0, min(until, end) - max(start, begin)) for start, until in kept.items() for begin, end in stretches)
    in_breaks = sum(b - a for (_, a), (b, _) in pairwise(stretches) if b - a < SHORTEST_BREAK)

    assert sum(until - start for start, until in kept.items()) <= seen + in_breaks
    assert all(later - start >= LEAST_APART for start, later in pairwise(sorted(kept)))
    assert all(until < later for (_, until), (later, _) in pairwise(sorted(kept.items())))


@given(stretches=ascending())
def test_what_agents_tell_is_kept_as_it_is(stretches: list[Stretch]) -> None:
    """A silence ends a stretch after five minutes, so no two begin within a minute."""
    apart = [
        (start + number * 5 * MINUTE, until + number * 5 * MINUTE) for number, (start, until) in enumerate(stretches)
    ]

    assert apart == grown(None, apart, received_at=NOW)


def test_all_of_time_has_room_for_some_thousand_stretches() -> None:
    """Of a camera that has called once, long ago, and tells today as much as it can of the years since."""
    start, rows = 0, 0
    while start < NOW:
        ((start, _),) = grown((start, start), [(start + SHORTEST_BREAK, NOW)], received_at=NOW) or [(NOW, NOW)]
        rows += 1

    assert rows < 11_500
