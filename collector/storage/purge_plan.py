"""What a step of a purge takes, and what it must write down before: the judgement that both stores share. No I/O here.

`collector/storage/purging.py` shows a step; hours are those of the site.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collector import hours
from collector.measures import Kept, Stretches
from collector.records import Run

BEGINNING = -(2**62)
"""Before all events and all hours."""
PlaceHour = tuple[str, int]
"""A workstation's id and an hour."""


@dataclass(frozen=True, slots=True)
class Place:
    """A site as a purge sees it."""

    name: str
    number: int
    offset: int
    kept: Kept

    @property
    def horizon(self) -> int:
        """The instant before which all events are gone but for those that stay."""
        return BEGINNING if self.kept.events is None else self.kept.events


def next_due(kept: Kept, to: Kept) -> str | None:
    """Return which of the three goes next, as `Kept` calls it; None if a site has no more than it shall keep.

    Events first: what they tell is written into hours, which go after them.

    >>> next_due(Kept(events=5, persons=2), Kept(events=5, persons=3))
    'persons'
    """
    for what, there, wanted in zip(Kept._fields, kept, to, strict=True):
        if wanted is not None and (there is None or there < wanted):
            return what
    return None


def end_of_step(first: int | None, *, until: int, together: int = 1) -> int:
    """Return up to where a step goes, if `first` is the first hour of which there is anything.

    >>> end_of_step(None, until=7)
    7
    """
    return until if first is None else min(until, first + together * hours.LENGTH)


def look_back(site: Place, standing: Iterable[PlaceHour], *, gap: int) -> int:
    """Return from where on events may have changed what was written down of hours that are gone."""
    return min([site.horizon - gap - hours.LENGTH, *(hour for _, hour in standing)])


def changing(
    site: Place,
    pieces: Iterable[PlaceHour],
    *,
    standing: Iterable[PlaceHour],
    reached: Iterable[PlaceHour],
    gap: int,
) -> set[PlaceHour]:
    """Return the hours of workstations that a step writes.

    Earlier hours only if they may still change; what kept events tell of the others is in their sums already.
    """
    return {*standing, *reached, *(place for place in pieces if place[1] > last_closed(site.horizon, gap=gap))}


def last_closed(horizon: int, *, gap: int) -> int:
    """Return the hour up to which nothing changes any more: time of a kept event reaches a gap behind the horizon."""
    return horizon - gap - hours.LENGTH


def bounds(runs: Iterable[Run], *, until: int, stayed: Mapping[str, int]) -> dict[str, tuple[int | None, int]]:
    """Return from when to when each workstation is known by events before an instant, and by the time they began."""
    found: dict[str, tuple[int | None, int]] = {station_id: (None, end) for station_id, end in stayed.items()}
    for run in runs:
        for entry in run.events:
            if entry.at < until:
                first, last = found.get(entry.workstation_id, (None, entry.at))
                first = entry.at if first is None else min(first, entry.at)
                found[entry.workstation_id] = (first, max(last, entry.at))
    return found


def seen_within(runs: Mapping[int, Run], *, since: int, until: int) -> list[int]:
    """Return who has an event in a stretch: of everybody else only what stays is there."""
    return [worker for worker, run in runs.items() if any(since <= entry.at < until for entry in run.events)]


def earlier(one: int | None, other: int | None) -> int | None:
    """Return the earlier of two instants, of which either may not be.

    >>> earlier(None, 3)
    3
    """
    return min((at for at in (one, other) if at is not None), default=None)


def length(stretches: Stretches) -> int:
    """Return how long stretches of time are together.

    >>> length([(0, 3), (5, 6)])
    4
    """
    return sum(end - start for start, end in stretches)
