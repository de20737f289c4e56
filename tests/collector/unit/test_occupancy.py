"""When workstations were worked at, whoever it was."""

import pytest

from collector.measures import joined
from collector.metrics.occupancy import occupied_in, worked_at
from collector.metrics.windows import Window
from collector.records import Entry, LedgerRules, Run
from shared.events import EventType

absent, idle, working, product = map(int, EventType)
RULES = LedgerRules(session_gap=100, tail=5)


def run(*events: tuple[int, int, str]) -> Run:
    """Return a worker's whole life."""
    return Run(None, None, [Entry(at, kind, station, 0, None, None) for at, kind, station in events], is_last=True)


@pytest.mark.parametrize(
    ("stretches", "expected"),
    [
        ([], []),
        ([(3, 4)], [(3, 4)]),
        ([(5, 9), (0, 3)], [(0, 3), (5, 9)]),
        ([(0, 5), (5, 9)], [(0, 9)]),
        ([(0, 9), (2, 4), (8, 12)], [(0, 12)]),
    ],
    ids=["none", "one", "apart", "touching", "over each other"],
)
def test_stretches_are_joined(stretches: list[tuple[int, int]], expected: list[tuple[int, int]]) -> None:
    """What overlaps or touches becomes one."""
    assert expected == joined(stretches)


def test_time_is_told_once_however_many_work() -> None:
    """Two at a station for a while, then one of them goes on at another."""
    first = run((0, working, "S1"), (30, idle, "S1"))
    second = run((20, working, "S1"), (40, working, "S2"), (60, absent, "S2"))

    assert {"S1": [(0, 40)], "S2": [(40, 60)]} == worked_at([first, second], (0, 100), rules=RULES)


def test_time_is_cut_at_the_ends_of_the_stretch() -> None:
    """And what lies outside is left out."""
    assert {"S1": [(10, 30)]} == worked_at([run((0, working, "S1"), (50, idle, "S1"))], (10, 30), rules=RULES)
    assert {} == worked_at([run((0, working, "S1"), (50, idle, "S1"))], (50, 60), rules=RULES)


def test_open_time_is_not_told() -> None:
    """It moves with a watermark; a silence that has ended gives its tail."""
    assert {"S1": [(0, 10)]} == worked_at([run((0, working, "S1"), (10, product, "S1"))], (0, 100), rules=RULES)
    assert {"S1": [(0, 5)]} == worked_at([run((0, working, "S1"), (200, idle, "S1"))], (0, 100), rules=RULES)


def test_only_closed_windows_are_asked_for() -> None:
    """An open one has no hours to go through."""
    with pytest.raises(ValueError, match="closed"):
        occupied_in(Window(0, None), rules=RULES, most=1)
