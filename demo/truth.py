"""The true numbers of a shift, from the simulated spells themselves and in exact fractions.

Knows neither events nor any code of the programs it checks. A spell counts for the part of it inside the half-open
window, a unit where its instant lies inside:

    spell          |=====W=====|
    window             [-----------------)
    counted            |===W===|

Values are unrounded; `shown` gives what should be seen of one: half to even, two decimals.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from demo.shift import HOUR, MINUTE, Spell

Numbers = dict[str, Fraction]


@dataclass(frozen=True, slots=True)
class Truth:
    """What the three metrics routes should answer: by worker, by workstation, for the factory."""

    workers: dict[str, Numbers]
    workstations: dict[str, Numbers]
    factory: Numbers


def truth(spells: Sequence[Spell], *, start: int, end: int) -> Truth:
    """Return the numbers of the window `[start, end)`, in microseconds after the start of the shift."""
    workers: dict[str, Numbers] = {}
    sums: list[_Sum] = []
    for name in sorted({spell.worker for spell in spells}):
        own = _summed((spell for spell in spells if spell.worker == name), start=start, end=end)
        workers[name] = _worker(own, end - start)
        sums.append(own)
    workstations = {
        name: _workstation(
            _summed((spell for spell in spells if spell.station == name), start=start, end=end), end - start
        )
        for name in sorted({spell.station for spell in spells})
    }
    return Truth(workers, workstations, _factory(sums))


def shown(value: Fraction) -> Fraction:
    """Return the value as it should be seen: rounded half to even to two decimals (0.125 -> 0.12, 0.375 -> 0.38)."""
    return round(value, 2)


@dataclass(frozen=True, slots=True)
class _Sum:
    """Microseconds by state, and units."""

    working: int
    idle: int
    absent: int
    units: int

    @property
    def attended(self) -> int:
        return self.working + self.idle

    @property
    def utilization(self) -> Fraction:
        return _ratio(100 * self.working, self.attended)


def _summed(spells: Iterable[Spell], *, start: int, end: int) -> _Sum:
    spent = {"working": 0, "idle": 0, "absent": 0}
    units = 0
    for spell in spells:
        spent[spell.state] += max(0, min(spell.end, end) - max(spell.start, start))
        units += sum(made for at, made in spell.units if start <= at < end)
    return _Sum(**spent, units=units)


def _worker(own: _Sum, window: int) -> Numbers:
    return {
        "working_minutes": Fraction(own.working, MINUTE),
        "idle_minutes": Fraction(own.idle, MINUTE),
        "absent_minutes": Fraction(own.absent, MINUTE),
        "assumed_minutes": Fraction(0),
        "no_data_minutes": Fraction(window - own.attended - own.absent, MINUTE),
        "utilization_percent": own.utilization,
        "units_produced": Fraction(own.units),
        "units_per_hour": _ratio(own.units * HOUR, own.attended),
    }


def _workstation(all_there: _Sum, window: int) -> Numbers:
    return {
        "occupancy_minutes": Fraction(all_there.working, MINUTE),
        "utilization_percent": _ratio(100 * all_there.working, window),
        "units_produced": Fraction(all_there.units),
        "throughput_per_hour": _ratio(all_there.units * HOUR, window),
    }


def _factory(workers: Sequence[_Sum]) -> Numbers:
    def total(part: Callable[[_Sum], int]) -> int:
        return sum(part(worker) for worker in workers)

    active = [worker for worker in workers if worker.attended > 0]
    working, idle = total(lambda worker: worker.working), total(lambda worker: worker.idle)
    return {
        "total_productive_minutes": Fraction(working, MINUTE),
        "total_idle_minutes": Fraction(idle, MINUTE),
        "total_absent_minutes": Fraction(total(lambda worker: worker.absent), MINUTE),
        "total_assumed_minutes": Fraction(0),
        "total_units_produced": Fraction(total(lambda worker: worker.units)),
        "average_utilization_percent": _ratio(sum((worker.utilization for worker in active), Fraction(0)), len(active)),
        "time_weighted_utilization_percent": _ratio(100 * working, working + idle),
        "active_workers": Fraction(len(active)),
    }


def _ratio(numerator: int | Fraction, denominator: int) -> Fraction:
    return Fraction(numerator) / denominator if denominator else Fraction(0)
