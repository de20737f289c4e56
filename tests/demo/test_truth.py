"""The truth of small shifts that can be worked out on paper, and how it is held against answers."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypedDict

import pytest

from demo.comparison import Check, arrived, compared, table
from demo.shift import CREW, HOUR, MINUTE, SHIFT, Spell, whole
from demo.truth import Numbers, shown, truth

# One hour; Ana comes before it and is carried in, Bo comes late and leaves after it, both are at Press for a while.
SPELLS = [
    Spell("Ana", "Press", "working", -10 * MINUTE, 20 * MINUTE, units=((-1, 7), (0, 2), (19 * MINUTE, 1))),
    Spell("Ana", "Press", "idle", 20 * MINUTE, 30 * MINUTE),
    Spell("Ana", "Press", "absent", 30 * MINUTE, 90 * MINUTE),
    Spell("Bo", "Press", "working", 15 * MINUTE, 25 * MINUTE, units=((16 * MINUTE, 4),)),
    Spell("Bo", "Saw", "working", 25 * MINUTE, 65 * MINUTE, units=((60 * MINUTE - 1, 5), (60 * MINUTE, 9))),
]


def test_each_number_of_a_worker_is_of_the_window_alone() -> None:
    """Time and units outside `[0:00, 1:00)` are nobody's; time before the first sighting is no data."""
    workers = truth(SPELLS, start=0, end=HOUR).workers

    assert {
        "Ana": _numbers(working=20, idle=10, absent=30, no_data=0, percent=Fraction(200, 3), units=3, rate=6),
        "Bo": _numbers(working=45, idle=0, absent=0, no_data=15, percent=100, units=9, rate=12),
    } == workers


def test_two_people_at_a_workstation_count_twice() -> None:
    """Occupancy is the sum over workers: 20 minutes of Ana and 10 of Bo at Press."""
    stations = truth(SPELLS, start=0, end=HOUR).workstations

    assert {
        "occupancy_minutes": 30,
        "utilization_percent": 50,
        "units_produced": 7,
        "throughput_per_hour": 7,
    } == stations["Press"]
    assert {
        "occupancy_minutes": 35,
        "utilization_percent": Fraction(175, 3),
        "units_produced": 5,
        "throughput_per_hour": 5,
    } == stations["Saw"]


def test_the_factory_sums_and_averages_unrounded_values() -> None:
    """The mean is of workers, the weighted mean of their time."""
    factory = truth(SPELLS, start=0, end=HOUR).factory

    assert {
        "total_productive_minutes": 65,
        "total_idle_minutes": 10,
        "total_absent_minutes": 30,
        "total_assumed_minutes": 0,
        "total_units_produced": 12,
        "average_utilization_percent": Fraction(250, 3),
        "time_weighted_utilization_percent": Fraction(260, 3),
        "active_workers": 2,
    } == factory


def test_someone_absent_all_the_time_is_not_in_the_mean() -> None:
    """A zero denominator gives 0 and makes nobody active."""
    result = truth([Spell("Cy", "Saw", "absent", 0, HOUR)], start=0, end=HOUR)

    assert 0 == result.workers["Cy"]["utilization_percent"] == result.factory["average_utilization_percent"]
    assert 0 == result.factory["active_workers"]


def test_worker_minutes_of_the_demo_fill_the_window() -> None:
    """Working, idle, absent and no data are the eight hours of each worker, and all work is at some station."""
    result = truth([spell for worker in CREW for spell in whole(worker, seed=1)], start=0, end=SHIFT)
    parts = ("working_minutes", "idle_minutes", "absent_minutes", "no_data_minutes")

    assert {480} == {sum(numbers[part] for part in parts) for numbers in result.workers.values()}
    assert result.factory["total_productive_minutes"] == sum(
        numbers["occupancy_minutes"] for numbers in result.workstations.values()
    )
    assert 22 == result.workers["Chiku"]["no_data_minutes"]


@pytest.mark.parametrize(
    ("exact", "seen"), [("1/8", "0.12"), ("3/8", "0.38"), ("2/3", "0.67"), ("-1/8", "-0.12"), ("5", "5")]
)
def test_numbers_are_shown_half_to_even(exact: str, seen: str) -> None:
    """A tie goes to the even digit."""
    result = shown(Fraction(exact))

    assert Fraction(seen) == result


@pytest.mark.parametrize(
    ("answer", "agrees"), [("66.67", True), ("66.66", False), ("66.6667", False), ("67", False), (None, False)]
)
def test_a_check_agrees_with_the_rounded_truth_alone(answer: str | None, agrees: bool) -> None:
    """Neither a rounding to the other side nor more digits pass."""
    check = Check("Ana", "utilization_percent", Fraction(200, 3), None if answer is None else Fraction(answer))

    assert agrees == check.agrees


def test_right_answers_all_agree() -> None:
    """Six numbers a worker and more, and not one differs."""
    checks = compared(truth(SPELLS, start=0, end=HOUR), **_answers())

    assert [] == [check for check in checks if not check.agrees]
    assert "34 numbers compared, 0 differ" == table(checks).splitlines()[-1]


@pytest.mark.parametrize("wrong", [True, "45", None, Decimal("45.01")])
def test_one_wrong_number_is_found(wrong: object) -> None:
    """A boolean, a text, nothing at all and a hundredth too much all differ."""
    answers = _answers()
    answers["workers"][1]["working_minutes"] = wrong
    checks = compared(truth(SPELLS, start=0, end=HOUR), **answers)

    assert [("Bo", "working_minutes")] == [(check.subject, check.number) for check in checks if not check.agrees]
    assert "34 numbers compared, 1 differ" == table(checks).splitlines()[-1]


def test_a_number_that_never_arrived_is_found() -> None:
    """A camera must be there, and nothing of it may be missing."""
    checks = arrived(["cam-saw", "cam-press"], [{"camera": "cam-saw", "missing": 3}])

    assert [
        Check("collector", "camera rows", Fraction(2), Fraction(1)),
        Check("cam-saw", "missing", Fraction(0), Fraction(3)),
        Check("cam-press", "missing", Fraction(0), None),
    ] == checks


def test_a_worker_listed_twice_is_found() -> None:
    """Each exists exactly once: with two rows none of the numbers counts."""
    answers = _answers()
    answers["workers"].append(answers["workers"][0])
    checks = compared(truth(SPELLS, start=0, end=HOUR), **answers)

    assert {"Ana", "collector"} == {check.subject for check in checks if not check.agrees}


class Answers(TypedDict):
    """What the three routes answer."""

    workers: list[dict[str, object]]
    workstations: list[dict[str, object]]
    factory: dict[str, object]


def _answers() -> Answers:
    true = truth(SPELLS, start=0, end=HOUR)
    return {
        "workers": [{"worker_id": name, **_json(row)} for name, row in true.workers.items()],
        "workstations": [{"station_id": name, **_json(row)} for name, row in true.workstations.items()],
        "factory": _json(true.factory),
    }


def _json(numbers: Mapping[str, Fraction]) -> dict[str, object]:
    return {name: Decimal(f"{float(shown(value)):.2f}") for name, value in numbers.items()}


def _numbers(
    *, working: int, idle: int, absent: int, no_data: int, percent: int | Fraction, units: int, rate: int
) -> Numbers:
    return {
        "working_minutes": Fraction(working),
        "idle_minutes": Fraction(idle),
        "absent_minutes": Fraction(absent),
        "assumed_minutes": Fraction(0),
        "no_data_minutes": Fraction(no_data),
        "utilization_percent": Fraction(percent),
        "units_produced": Fraction(units),
        "units_per_hour": Fraction(rate),
    }
