"""The same events by two rules: the original's, where a state lasts until the worker's next event of any type, and ours.

    events      working ..... product ..... idle ..... (a night) ..... working
    original    |== working =|              |========== idle =========|
    ours        |======= working ==========|=idle=|      no data       |= tail

The original counts every row, however often an event was sent, ends a state with each part that is finished, gives the last event
no time, and takes its mean over everybody registered. docs/metrics.md says why each of it is otherwise here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from collector.metrics.ratios import rounded, rounded_mean
from collector.metrics.spans import spans
from collector.records import LedgerRules, Sighting
from shared.events import Event, EventType
from shared.instants import MINUTE

ROWS = ("working_minutes", "idle_minutes", "units_produced", "average_utilization_percent", "workers_in_the_average")


@dataclass(slots=True)
class Sums:
    """What the workers of a factory add up to, by one rule; microseconds and units."""

    working: int = 0
    idle: int = 0
    units: int = 0
    ratios: list[tuple[int, int]] = field(default_factory=list)
    """working and working + idle of everybody who is in the average."""

    def shown(self) -> dict[str, float | int]:
        """Return the numbers as they are shown, by the names in `ROWS`."""
        return {
            "working_minutes": rounded(self.working, MINUTE),
            "idle_minutes": rounded(self.idle, MINUTE),
            "units_produced": self.units,
            "average_utilization_percent": rounded_mean([(100 * part, whole) for part, whole in self.ratios]),
            "workers_in_the_average": len(self.ratios),
        }


def add_original(sums: Sums, events: Sequence[Event]) -> None:
    """Add one worker's events, in the order of the original: by timestamp, then as they came.

    >>> W, P = EventType.working, EventType.product_count
    >>> sums = Sums()
    >>> add_original(sums, [Event(0, "W1", "S1", W, 0, None), Event(60, "W1", "S1", P, 2, None), Event(90, "W1", "S1", P, 2, None)])
    >>> sums.working, sums.units
    (60, 4)
    """
    working = idle = 0
    for event, following in pairwise(events):
        if event.event_type is EventType.working:
            working += following.at - event.at
        elif event.event_type is EventType.idle:
            idle += following.at - event.at
    units = sum(event.count for event in events if event.event_type is EventType.product_count)
    # The mean is over everybody: a worker without any time counts as 0 %.
    _add(sums, (working, idle, units), ratio=(working, working + idle or 1))


def add_ours(sums: Sums, events: Sequence[Event], *, rules: LedgerRules) -> None:
    """Add one worker's events, in any order and as often as they came, without a camera to vouch for more."""
    working = idle = units = 0
    sightings = _sightings(events)
    for span in spans(sightings, rules=rules, watermarks={}):
        if span.state is EventType.working:
            working += span.end - span.start
        elif span.state is EventType.idle:
            idle += span.end - span.start
    units = sum(each.count for each in sightings if each.event_type is EventType.product_count)
    seen = working + idle
    _add(sums, (working, idle, units), ratio=(working, seen) if seen else None)


def _add(sums: Sums, amounts: tuple[int, int, int], *, ratio: tuple[int, int] | None) -> None:
    working, idle, units = amounts
    sums.working += working
    sums.idle += idle
    sums.units += units
    if ratio is not None:
        sums.ratios.append(ratio)


def _sightings(events: Sequence[Event]) -> list[Sighting]:
    """Return each event once, in the order of SEMANTICS §3, with the greatest count of its versions."""
    counts: dict[tuple[int, EventType, str], int] = {}
    for event in events:
        key = (event.at, event.event_type, event.workstation_id)
        counts[key] = max(counts.get(key, 0), event.count)
    return [Sighting(at, kind, station, counts[at, kind, station], None) for at, kind, station in sorted(counts)]
