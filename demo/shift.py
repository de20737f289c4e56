"""A believable shift, invented: who worked where, when, and what was made.

The same seed gives the same shift, relative to its start. Times are integer microseconds after that start (before it:
negative). A worker's spells follow each other without a gap; only the first may be late. Spells come first, and what
a camera reports of them (`sightings`) is derived: the truth is never computed from what was sent.

    Hruday   |idle|==Welding==|===== Quality Check ====|i|======|--- lunch, absent ---|=====...
    Chiku               |idle|===== Welding ====|i|=========...              (22 minutes late)
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import NamedTuple

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
SHIFT = 8 * HOUR


class Pace(NamedTuple):
    """How a station runs: seconds from one count to the next, most units in one, minutes of a usual idle."""

    seconds: int
    most_units: int
    idle_minutes: float


PACE = {
    "Assembly": Pace(seconds=24, most_units=1, idle_minutes=2),
    "Packaging": Pace(seconds=18, most_units=6, idle_minutes=3),
    "Quality Check": Pace(seconds=15, most_units=4, idle_minutes=1.5),
    "Welding": Pace(seconds=40, most_units=1, idle_minutes=6),
    "Painting": Pace(seconds=32, most_units=2, idle_minutes=4),
    "Final Inspection": Pace(seconds=21, most_units=3, idle_minutes=2.5),
}


@dataclass(frozen=True, slots=True)
class Worker:
    """Someone with a station of their own, a time of arrival and of lunch, and perhaps a station to cover first."""

    name: str
    station: str
    arrives: int
    lunch: int
    covers: str | None = None


@dataclass(frozen=True, slots=True)
class Spell:
    """Time `[start, end)` of one worker in one state at one station; `units` are (instant, count) strictly inside."""

    worker: str
    station: str
    state: str
    start: int
    end: int
    units: tuple[tuple[int, int], ...] = ()
    seen_again: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the camera of `station` reports at one instant; `count` only where units were made."""

    at: int
    worker: str
    station: str
    event_type: str
    confidence: float
    count: int | None = None


CREW = (
    Worker("Amit", "Assembly", arrives=-5 * MINUTE, lunch=220 * MINUTE),
    Worker("Manoj", "Packaging", arrives=-4 * MINUTE, lunch=225 * MINUTE),
    Worker("Hruday", "Quality Check", arrives=-2 * MINUTE, lunch=235 * MINUTE, covers="Welding"),
    Worker("Chiku", "Welding", arrives=22 * MINUTE, lunch=255 * MINUTE),
    Worker("Ram", "Painting", arrives=-7 * MINUTE, lunch=240 * MINUTE),
    Worker("Asish", "Final Inspection", arrives=-3 * MINUTE, lunch=245 * MINUTE),
)


def endless(worker: Worker, *, seed: int) -> Iterator[Spell]:
    """Yield the worker's spells in order, for ever: what the live demo shows."""
    random = _chance(worker, seed)
    for spell in _course(worker, random):
        yield _observed(spell, random)


def whole(worker: Worker, *, seed: int) -> list[Spell]:
    """Return the spells of a shift with an end: the worker leaves in its last minutes and is last seen absent after it."""
    random = _chance(worker, seed)
    leaves = SHIFT - random.randrange(0, 6 * MINUTE, SECOND // 1000)
    spells = []
    for spell in _course(worker, random):
        if spell.start >= leaves:
            break
        spells.append(_observed(_until(spell, leaves), random))
    last_look = SHIFT + random.randrange(5 * SECOND, MINUTE)
    spells.append(Spell(worker.name, spells[-1].station, "absent", leaves, last_look, seen_again=(last_look,)))
    return spells


def sightings(spells: Iterable[Spell], *, seed: int) -> Iterator[Sighting]:
    """Yield what the cameras report of one worker's spells, in order of time; no two have the same key."""
    random = Random(f"confidence {seed}")
    for spell in spells:
        seen = ((at, spell.state, None) for at in (spell.start, *spell.seen_again))
        made = ((at, "product_count", units) for at, units in spell.units)
        for at, event_type, units in heapq.merge(seen, made, key=lambda item: item[0]):
            confidence = random.randint(80, 99) / 100
            yield Sighting(at, spell.worker, spell.station, event_type, confidence, units)


def _chance(worker: Worker, seed: int) -> Random:
    return Random(f"{seed} {worker.name}")


def _course(worker: Worker, random: Random) -> Iterator[Spell]:
    """Alternate work and short idles at the worker's station around the fixed points of the day."""
    at = worker.arrives
    usual_idle = PACE[worker.station].idle_minutes
    for fixed in _fixed_points(worker, random):
        working = True
        while at < fixed.start:
            minutes = random.triangular(8, 55, 22) if working else random.uniform(0.5, 1.5) * usual_idle
            end = min(fixed.start, at + _milliseconds(minutes))
            yield Spell(worker.name, worker.station, "working" if working else "idle", at, end)
            at, working = end, not working
        yield fixed
        at = fixed.end


def _fixed_points(worker: Worker, random: Random) -> Iterator[Spell]:
    """Yield start-up, the station covered for half an hour, and lunch every eight hours."""
    ready = worker.arrives + _milliseconds(random.triangular(2, 7, 4))
    yield Spell(worker.name, worker.station, "idle", worker.arrives, ready)
    if worker.covers:
        yield Spell(worker.name, worker.covers, "working", ready, ready + 30 * MINUTE)
    for day in count():
        start = worker.lunch + day * SHIFT + _milliseconds(random.uniform(-4, 4))
        yield Spell(worker.name, worker.station, "absent", start, start + _milliseconds(random.uniform(28, 33)))


def _observed(spell: Spell, random: Random) -> Spell:
    """Return the spell with the units made in it and the instants at which a camera repeats its state."""
    pace = PACE[spell.station]
    units = []
    if spell.state == "working":
        instants = _steps(spell, random, shortest=pace.seconds / 120, longest=pace.seconds / 40)
        units = [(at, random.randint(1, pace.most_units)) for at in instants]
    seen_again = tuple(_steps(spell, random, shortest=3, longest=8))
    return Spell(spell.worker, spell.station, spell.state, spell.start, spell.end, tuple(units), seen_again)


def _steps(spell: Spell, random: Random, *, shortest: float, longest: float) -> Iterator[int]:
    """Yield instants strictly inside the spell, `shortest` to `longest` minutes apart."""
    at = spell.start + _milliseconds(random.uniform(shortest, longest))
    while at < spell.end:
        yield at
        at += _milliseconds(random.uniform(shortest, longest))


def _until(spell: Spell, end: int) -> Spell:
    return Spell(spell.worker, spell.station, spell.state, spell.start, min(spell.end, end))


def _milliseconds(minutes: float) -> int:
    """Return so many minutes in microseconds, cut to whole milliseconds as cameras report them."""
    return int(minutes * 60_000) * 1000
