"""What hours and workstations gain and lose: hour by hour, and where nothing happens for long, for all hours in between at once.

A state that came late may be in force for years, in which only counts followed. Its hours are one range then, and taking the
state that was in force before away from it is another; where they end the sums take a step. So such an event costs what
lies at its ends, here, and one statement in the store.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from collector import hours
from collector.hours import HourRange, hour_from, hour_of
from collector.records import Amounts

FEW_HOURS = 24
"""So many are gone through one by one: more than the usual session gap has, so that long ranges stay rare."""
_NOTHING = (0, 0, 0, 0, 0)


class HourSums:
    """Sums of what is added and taken away, by (hour, workstation)."""

    def __init__(self, offset: int) -> None:
        self._offset = offset
        self._sums: dict[tuple[int, str], Amounts] = {}
        self._steps: defaultdict[str, dict[int, Amounts]] = defaultdict(dict)

    def of(self, hour: int, station: str) -> Amounts:
        """Return the sums of an hour at a workstation, to be changed in place."""
        sums = self._sums.get((hour, station))
        if sums is None:
            sums = self._sums[hour, station] = [0, 0, 0, 0, 0]
        return sums

    def add_time(self, start: int, end: int, *, station: str, columns: tuple[int, ...], sign: int) -> None:
        """Add (or, with sign -1, take away) the time from `start` to `end`, cut where hours end; none if it ends first."""
        first, behind = hour_from(start, offset=self._offset), hour_of(end, offset=self._offset)
        if behind - first > FEW_HOURS * hours.LENGTH:
            self._step(first, station, columns=columns, by=sign * hours.LENGTH)
            self._step(behind, station, columns=columns, by=-sign * hours.LENGTH)
            pieces = [(start, first), (behind, end)]
        else:
            pieces = [(start, end)]
        for piece_start, piece_end in pieces:
            for hour, begin, until in hours.by_hour(piece_start, piece_end, offset=self._offset):
                sums = self.of(hour, station)
                for each in columns:
                    sums[each] += sign * (until - begin)

    def result(self) -> tuple[Mapping[tuple[int, str], Amounts], Sequence[HourRange]]:
        """Return the sums that are not nothing: of single hours, and of ranges that hold none of these."""
        if not self._steps:  # nearly always
            return {place: sums for place, sums in self._sums.items() if any(sums)}, ()
        ranges = [found for station, steps in self._steps.items() for found in _ranges(station, steps)]
        long = [piece for found in ranges for piece in self._without_single_hours(found)]
        return {place: sums for place, sums in self._sums.items() if any(sums)}, long

    def _step(self, hour: int, station: str, *, columns: tuple[int, ...], by: int) -> None:
        step = self._steps[station].setdefault(hour, [0, 0, 0, 0, 0])
        for column in columns:
            step[column] += by

    def _without_single_hours(self, found: HourRange) -> list[HourRange]:
        """Return what is left of a range beside the hours that have sums of their own, which take their part of it in."""
        singles = sorted(
            hour for hour, station in self._sums if station == found.workstation_id and found.first <= hour < found.end
        )
        pieces = []
        begin = found.first
        for hour in singles:
            sums = self._sums[hour, found.workstation_id]
            sums[:] = [a + b for a, b in zip(sums, found.amounts, strict=True)]
            pieces.append(found._replace(first=begin, end=hour))
            begin = hour + hours.LENGTH
        pieces.append(found._replace(first=begin))
        return [piece for piece in pieces if piece.first < piece.end]


def _ranges(station: str, steps: Mapping[int, Amounts]) -> list[HourRange]:
    """Return the ranges between steps over which something is left."""
    found = []
    height: Sequence[int] = _NOTHING
    ordered = sorted(steps)
    for hour, following in pairwise(ordered):
        height = [a + b for a, b in zip(height, steps[hour], strict=True)]
        if any(height):
            found.append(HourRange(station, hour, following, list(height)))
    return found
