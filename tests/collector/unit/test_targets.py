"""What hours aim at: a site's target, for as much of each hour as lies in its shifts."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from collector.metrics.asked import SitePlan
from collector.metrics.hourly import HourTotals
from collector.metrics.shifts import Shift
from collector.metrics.targets import aimed_at
from shared.instants import HOUR, parse_instant

BERLIN = ZoneInfo("Europe/Berlin")
EARLY = Shift("early", time(6, 30), time(14, 0))
LATE = Shift("late", time(13, 30), time(22, 0))
NIGHT = Shift("night", time(22, 0), time(6, 30))
WEEKDAYS = Shift("early", time(6, 30), time(14, 0), frozenset(range(5)))


def hours(first: str, number: int, *, site: str = "default") -> list[HourTotals]:
    """So many whole hours from an instant on."""
    start = parse_instant(first)
    return [HourTotals(site, start + at * HOUR, start + (at + 1) * HOUR, [0, 0, 0, 0, 0], 0) for at in range(number)]


def targets(of: list[HourTotals], *shifts: Shift, target: int | None = 60) -> list[int | None]:
    """What they aim at."""
    return [hour.target for hour in aimed_at(of, plans={"default": SitePlan(BERLIN, shifts, target)})]


@pytest.mark.parametrize(
    ("first", "shifts", "expected"),
    [
        ("2026-01-15T05:00:00+01:00", [EARLY], [0, 30, 60]),
        ("2026-01-15T12:00:00+01:00", [EARLY], [60, 60, 0]),
        ("2026-01-15T12:00:00+01:00", [EARLY, LATE], [60, 60, 60]),  # where two overlap no hour counts twice
        ("2026-01-15T05:00:00+01:00", [NIGHT, EARLY], [60, 60, 60]),
        ("2026-01-15T05:00:00+01:00", [NIGHT], [60, 30, 0]),  # it began the day before
        ("2026-01-17T07:00:00+01:00", [WEEKDAYS], [0, 0, 0]),  # a Saturday
        ("2026-03-29T00:00:00+01:00", [NIGHT], [60, 60, 60]),  # the clock goes from 2 to 3
        ("2026-01-15T05:00:00+01:00", [], [60, 60, 60]),
    ],
)
def test_an_hour_aims_at_as_much_as_lies_in_a_shift(first: str, shifts: list[Shift], expected: list[int]) -> None:
    """By the clock of the site; a site without shifts aims around the clock."""
    assert expected == targets(hours(first, 3), *shifts)


def test_what_is_cut_of_an_hour_aims_at_its_own_part() -> None:
    """A quarter of an hour at a quarter of the target, rounded half to even."""
    whole = hours("2026-01-15T08:00:00+01:00", 2)
    cut = [whole[0]._replace(end=whole[0].start + HOUR // 4), whole[1]._replace(end=whole[1].start + HOUR // 2)]

    assert [15, 30] == targets(cut, EARLY)
    assert [2, 4] == targets(cut, EARLY, target=9)  # 2.25 and 4.5


def test_a_site_without_a_target_has_none_and_others_keep_theirs() -> None:
    """None is not nothing."""
    both = [*hours("2026-01-15T08:00:00+01:00", 1), *hours("2026-01-15T08:00:00+01:00", 1, site="north")]
    plans = {"default": SitePlan(BERLIN, [EARLY], 7), "north": SitePlan(BERLIN, [EARLY])}

    assert [7, None] == [hour.target for hour in aimed_at(both, plans=plans)]
    assert [None, None] == [hour.target for hour in aimed_at(both, plans={})]
    assert [] == aimed_at([], plans=plans)
