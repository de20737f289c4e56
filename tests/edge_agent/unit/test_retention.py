"""When sent events may go: judged by marks of running time, in tables."""

import pytest

from edge_agent.buffer.retention import Mark, may_go_up_to, next_mark, oldest_removable
from shared.receipts import Ranges

DAY = 24 * 3_600
WEEK = 7 * DAY


@pytest.mark.parametrize(
    ("marks", "tick", "seq", "expected"),
    [
        ([], 0, 0, None),
        ([], 0, 5, Mark(0, 5)),
        ([Mark(0, 5)], 3_599, 9, None),
        ([Mark(0, 5)], 3_600, 9, Mark(3_600, 9)),
        ([Mark(0, 5)], 3_600, 5, None),
        ([Mark(0, 5)], 90_000, 3, None),
    ],
)
def test_a_mark_is_made_when_something_changed_and_an_hour_has_passed(
    marks: list[Mark], tick: int, seq: int, expected: Mark | None
) -> None:
    """At most one small write an hour, and none while nothing happens."""

    assert expected == next_mark(marks, tick=tick, seq=seq, retain_seconds=WEEK)


def test_for_a_short_time_marks_come_closer() -> None:
    """Eight in the time that events are kept; none can have the tick of another."""

    assert Mark(10, 9) == next_mark([Mark(0, 5)], tick=10, seq=9, retain_seconds=80)
    assert None is next_mark([Mark(0, 5)], tick=9, seq=9, retain_seconds=80)
    assert Mark(1, 9) == next_mark([Mark(0, 5)], tick=0, seq=9, retain_seconds=0)


@pytest.mark.parametrize(("tick", "expected"), [(0, 0), (WEEK - 1, 0), (WEEK, 5), (WEEK + DAY, 9), (9 * WEEK, 20)])
def test_what_was_dealt_with_at_a_mark_goes_when_the_mark_is_old_enough(tick: int, expected: int) -> None:
    """Not a second earlier."""
    marks = [Mark(0, 5), Mark(DAY, 9), Mark(2 * DAY, 20)]

    assert expected == may_go_up_to(marks, tick=tick, retain_seconds=WEEK)


@pytest.mark.parametrize(
    ("settled", "removed", "up_to", "expected"),
    [
        ((), (), 100, ()),
        (((1, 9),), (), 0, ()),
        (((1, 9),), (), 5, ((1, 3),)),
        (((1, 9),), ((1, 4),), 5, ((5, 5),)),
        (((1, 2), (5, 9)), (), 9, ((1, 2), (5, 5))),
        (((1, 9),), ((1, 9),), 9, ()),
    ],
)
def test_the_oldest_go_first_and_no_more_than_a_step(
    settled: Ranges, removed: Ranges, up_to: int, expected: Ranges
) -> None:
    """Only what is settled and still there."""

    assert expected == oldest_removable(settled, removed, up_to=up_to, most=3)
