"""Shifts: wall-clock times of a site, and the stretches of time that they are on a day (SEMANTICS §5).

A wall-clock time is the first instant at which the site's clock shows it or a later one: in a gap that is the gap's end,
and of two the first. This rule never turns two times round, so shifts that join on the wall join in time. A shift belongs
to the day it starts; one that ends when it starts, or earlier, ends the day after. What a gap swallows whole is not worked.

    Europe/Berlin   the clock goes from 02:00 to 03:00        the clock goes from 03:00 to 02:00
    22:00 … 06:00   |======= 7 hours =======|                 |=========== 9 hours ===========|
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from collector.metrics.windows import Window
from shared.instants import SECOND, datetime_of, instant_of

EVERY_DAY = frozenset(range(7))
_REACH = timedelta(days=15)
"""A shift of one weekday comes every 7 days, and a change of the clock may swallow it once."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A rule: from when to when people work, on which days."""

    name: str
    start: time
    end: time
    weekdays: frozenset[int] = EVERY_DAY
    """Of the day it starts, Monday is 0."""


@dataclass(frozen=True, slots=True)
class WorkedShift:
    """A shift as it is worked on a day: `[start, end)` in microseconds UTC, never empty."""

    day: date
    """The day it starts, on the wall."""
    shift: Shift
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.day}/{self.shift.name}"

    @property
    def window(self) -> Window:
        """The whole of it."""
        return Window(self.start, self.end)


def worked_on(shift: Shift, day: date, *, zone: tzinfo) -> WorkedShift | None:
    """Return a shift as it is worked on a day; None if it is not."""
    if day.weekday() not in shift.weekdays:
        return None
    last_day = day if shift.start < shift.end else day + timedelta(days=1)
    start = _instant(datetime.combine(day, shift.start), zone)
    end = _instant(datetime.combine(last_day, shift.end), zone)
    return WorkedShift(day, shift, start, end) if start < end else None


def current(shifts: Sequence[Shift], *, now: int, zone: tzinfo) -> WorkedShift | None:
    """Return the shift that runs, of several the one begun last; outside any the one that ended last.

    A shift runs from the microsecond after its start on, so that what has passed of it is never nothing. None: there are
    no shifts.
    """
    today = datetime_of(now).astimezone(zone).date()
    begun = [one for one in _worked(shifts, today, zone=zone) if one.start < now]
    running = [one for one in begun if now < one.end]
    if running:
        return running[-1]
    return max(begun, key=lambda one: (one.end, one.start), default=None)


def previous(shifts: Sequence[Shift], of: WorkedShift, *, zone: tzinfo) -> WorkedShift | None:
    """Return the shift that begins before another one; None if nothing does."""
    around = _worked(shifts, of.day, zone=zone)
    place = around.index(of)
    return around[place - 1] if place else None


def following(shifts: Sequence[Shift], of: WorkedShift, *, zone: tzinfo) -> WorkedShift | None:
    """Return the shift that begins after another one; None if nothing does."""
    around = _worked(shifts, of.day, zone=zone)
    place = around.index(of) + 1
    return around[place] if place < len(around) else None


def _worked(shifts: Sequence[Shift], around: date, *, zone: tzinfo) -> tuple[WorkedShift, ...]:
    """Return what is worked for 15 days on either side of a day, by its start, then its end."""
    return _remembered(tuple(shifts), around, zone=zone)


@lru_cache(maxsize=256)
def _remembered(shifts: tuple[Shift, ...], around: date, *, zone: tzinfo) -> tuple[WorkedShift, ...]:
    """Return the same; every viewer of a page asks for it several times a minute, and it changes once a day."""
    days = [around + timedelta(days=distance) for distance in range(-_REACH.days, _REACH.days + 1)]
    found = [worked_on(shift, day, zone=zone) for day in days for shift in shifts]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: (one.start, one.end)))


def _instant(wall: datetime, zone: tzinfo) -> int:
    """Return the first instant at which the clock shows a time or a later one."""
    first = instant_of(wall.replace(tzinfo=zone, fold=0))
    if _shown(first, zone) == wall:
        return first
    # In a gap. Read with the offset from before it the time lies after its end, with the one from after it before.
    before_the_end = instant_of(wall.replace(tzinfo=zone, fold=1))
    seconds = range(before_the_end, first + 1, SECOND)
    return seconds[bisect_left(seconds, wall, key=lambda instant: _shown(instant, zone))]


def _shown(instant: int, zone: tzinfo) -> datetime:
    return datetime_of(instant).astimezone(zone).replace(tzinfo=None)
