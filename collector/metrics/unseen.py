"""Workstations of which nobody knows what goes on there now: not empty, but out of sight.

Where nobody works there are two reasons: nobody is there, or the camera that looks there is behind. Which camera looks at a place
is not written down anywhere; it is taken to be the one that saw somebody there last.

    cameras of the site                              a workstation without anybody on record there now
    all at most two minutes behind                   nobody is there
    none of them                                     nobody knows
    some                                             nobody knows where one that is behind saw somebody last
"""

from collections.abc import Iterable, Mapping

from collector.measures import Person, Place
from collector.metrics.camera_states import LATE_BEHIND
from collector.records import Entry, OpenState, Run, State

Watermarks = Mapping[str, Mapping[str, int]]
"""By site and camera, of those that have one."""


def unknown_places(
    places: Iterable[Place],
    *,
    states: Mapping[Person, OpenState],
    runs: Mapping[Person, Run],
    watermarks: Watermarks,
    now: int,
) -> frozenset[Place]:
    """Return those of these workstations of which nobody knows; `runs` are what was read of the workers' events.

    >>> state = OpenState(5, State(5, 0, "S1", "C1"))
    >>> both = {"north": {"C1": 0, "C2": 600_000_000}}
    >>> places = [("north", "S1"), ("north", "S2")]
    >>> unknown_places(places, states={("north", "W1"): state}, runs={}, watermarks=both, now=600_000_000)
    frozenset({('north', 'S1')})
    """
    late = {
        site: {name for name, watermark in of_site.items() if now - watermark > LATE_BEHIND}
        for site, of_site in watermarks.items()
    }
    mixed = {site for site, names in late.items() if 0 < len(names) < len(watermarks[site])}
    seen = _last_seen(mixed, states=states, runs=runs) if mixed else {}
    return frozenset(place for place in places if _is_unknown(place, late=late, watermarks=watermarks, seen=seen))


def _is_unknown(
    place: Place, *, late: Mapping[str, set[str]], watermarks: Watermarks, seen: Mapping[Place, State | Entry]
) -> bool:
    site = place[0]
    names = late.get(site, set())
    if len(names) == len(watermarks.get(site, {})):
        return True
    last = seen.get(place)
    return last is not None and last.camera in names


def _last_seen(
    sites: set[str], *, states: Mapping[Person, OpenState], runs: Mapping[Person, Run]
) -> dict[Place, State | Entry]:
    """Return what was seen last at each workstation of these sites, as far as it was read."""
    found: dict[Place, State | Entry] = {}
    for person, stands in states.items():
        if person[0] not in sites:
            continue
        run = runs.get(person)
        seen: dict[str, State | Entry] = {} if run is None else {entry.workstation_id: entry for entry in run.events}
        for sighting in [*seen.values(), *([] if stands.state is None else [stands.state])]:
            place = (person[0], sighting.workstation_id)
            if place not in found or found[place].at < sighting.at:
                found[place] = sighting
    return found
