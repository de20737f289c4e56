"""The contract's words about time, taken literally: for each tick, which state is in force and whether anybody saw it.

Nothing here is shared with the code under test: time is walked tick by tick instead of sighting by sighting, and sets of
ticks are counted. It costs ticks × sightings and is meant for histories of some dozen ticks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

ORDER = ("absent", "idle", "working", "product_count")


class Told(NamedTuple):
    """One event as the oracle hears it."""

    at: int
    worker: str
    station: str
    kind: str
    units: int
    camera: str | None


class Moment(NamedTuple):
    """What holds for one worker during one tick."""

    kind: str
    station: str
    is_assumed: bool


@dataclass(frozen=True)
class Oracle:
    """Events of one site, each camera's watermark, the two settings, and how far to walk."""

    events: Sequence[Told]
    watermarks: Mapping[str, int]
    gap: int
    tail: int
    ticks: int

    def moments(self, worker: str) -> dict[int, Moment]:
        """Return what holds for a worker, for each tick at which anything does."""
        mine = [event for event in self.events if event.worker == worker]
        found = ((tick, self._moment(mine, tick)) for tick in range(self.ticks))
        return {tick: moment for tick, moment in found if moment is not None}

    def _moment(self, mine: Sequence[Told], tick: int) -> Moment | None:
        before = [event for event in mine if event.at <= tick]
        after = [event for event in mine if event.at > tick]
        states = [event for event in before if event.kind != "product_count"]
        if not states:
            return None
        state = max(states, key=lambda event: (event.at, ORDER.index(event.kind), event.station))
        seen_at = max(event.at for event in before)
        if after:
            is_watched = min(event.at for event in after) - seen_at <= self.gap
        else:
            watermark = self.watermarks.get(state.camera) if state.camera else None
            is_watched = watermark is not None and watermark <= seen_at + self.gap and tick < watermark
        if is_watched:
            return Moment(state.kind, state.station, is_assumed=False)
        return Moment(state.kind, state.station, is_assumed=True) if tick < state.at + self.tail else None

    def worker_row(self, worker: str, window: Iterable[int]) -> tuple[int, int, int, int, int]:
        """Return working, idle, absent and assumed ticks of a window, and the units in it."""
        ticks = set(window)
        held = [moment for tick, moment in self.moments(worker).items() if tick in ticks]
        units = sum(
            event.units
            for event in self.events
            if event.worker == worker and event.kind == "product_count" and event.at in ticks
        )
        return (
            sum(moment.kind == "working" for moment in held),
            sum(moment.kind == "idle" for moment in held),
            sum(moment.kind == "absent" for moment in held),
            sum(moment.is_assumed for moment in held),
            units,
        )

    def station_row(self, station: str, start: int | None, end: int | None) -> tuple[int, int, int, int]:
        """Return occupancy, occupied and length of the station's window in ticks, and the units in the window asked for."""
        first, last = self._own_window(station)
        own_length = max(0, (last if end is None else end) - (first if start is None else start))
        ticks = set(range(0 if start is None else start, self.ticks if end is None else end))
        busy = [
            tick
            for worker in {event.worker for event in self.events}
            for tick, moment in self.moments(worker).items()
            if tick in ticks and (moment.kind, moment.station) == ("working", station)
        ]
        units = sum(
            event.units
            for event in self.events
            if event.station == station and event.kind == "product_count" and event.at in ticks
        )
        return len(busy), len(set(busy)), own_length, units

    def _own_window(self, station: str) -> tuple[int, int]:
        instants = [event.at for event in self.events if event.station == station]
        held = [
            tick + 1
            for worker in {event.worker for event in self.events}
            for tick, moment in self.moments(worker).items()
            if moment.station == station
        ]
        return min(instants), max(instants + held)
