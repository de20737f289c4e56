"""The rows of the page: what `answers.py` says of a window, in microseconds, with each worker's present state and timeline.

Keys are those of SEMANTICS §6 with `_us` for `_minutes`. Ratios are rounded as everywhere, because the page computes none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collector.measures import EVERYTHING, Histories, Measure, Person, Place
from collector.metrics.drawing import Segment, Stroke, segments, strokes
from collector.metrics.kpis import StationTotals, Totals, WorkerTotals
from collector.metrics.present import Present, moment, present
from collector.metrics.ratios import rounded, rounded_mean
from collector.metrics.sight import CLEAR, Sight, drawn, sight, unwatched_time
from collector.metrics.timeline import kept_since, watermarks_of
from collector.metrics.unseen import unknown_places
from collector.metrics.windows import Window
from collector.records import LedgerRules, Run
from shared.events import EventType
from shared.instants import HOUR, format_instant

MOST_WORKERS = 2_000
"""More rows than anybody scrolls through; those who were seen come first."""
MOST_STATIONS = 2_000
"""Likewise; those where something was done come first."""
MOST_LOOKED_BACK = 31 * 24 * HOUR
"""For present states, where the window's histories do not tell them."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the page shows of each worker beside the numbers."""

    timelines: dict[Person, list[Segment]] = field(default_factory=dict)
    unwatched: dict[Person, int] = field(default_factory=dict)
    """Of those who have timelines: how much of their time counts as observed, and no camera watched or told of it yet."""
    present: dict[Person, Present] = field(default_factory=dict)
    """Of those whose state now is known, and known of within the window; rows tell none that is late."""
    unknown: frozenset[Place] = frozenset()
    """Workstations of which nobody knows whether anybody is there now."""


def draw(
    measure: Measure,
    histories: Histories | None,
    *,
    recent: Histories | None = None,
    stations: Mapping[Person, int],
    window: Window,
    rules: LedgerRules,
    now: int | None,
) -> Drawing:
    """Return the timelines of a closed window, if there are histories, and the present states, if there is a `now`.

    `recent` are the histories that tell present states where those of the window are not there. `stations` gives each
    (site, workstation) the number that it has in timelines.
    """
    read = recent if histories is None else histories
    runs: Mapping[Person, Run] = {} if read is None else read.runs
    cameras = measure.cameras if read is None else read.cameras
    numbers: dict[str, dict[str, int]] = {}
    for (site, station_id), number in stations.items():
        numbers.setdefault(site, {})[station_id] = number
    watermarks = {site: watermarks_of(cameras, site=site) for site in {camera.site for camera in cameras}}
    stretch = None if histories is None or window.start is None or window.end is None else (window.start, window.end)
    sights = {} if stretch is None else _sights(measure, watermarks=watermarks, window=stretch)
    states = measure.open_states
    unknown = frozenset[Place]()
    if now is not None:
        unknown = unknown_places(stations, states=states, runs=runs, watermarks=watermarks, now=now)
    drawing = Drawing(unknown=unknown)
    for person, stands in states.items():
        of_site = watermarks.get(person[0], {})
        whole = strokes(runs[person], rules=rules, watermarks=of_site) if person in runs else []
        if stretch is not None and whole:
            gaps, unseen = sights.get(person[0], CLEAR)
            seen = drawn(whole, last_at=stands.last_at, watermarks=of_site, gaps=gaps)
            since = measure.kept.get(person[0], EVERYTHING).events
            drawing.timelines[person] = segments(_kept(seen, since=since), window=stretch, stations=numbers[person[0]])
            drawing.unwatched[person] = unwatched_time(whole, window=stretch, since=since, unseen=unseen)
        found = None if now is None else present(stands, whole, rules=rules, watermarks=of_site, now=now)
        if found is not None and (window.start is None or window.start <= found[0]):
            drawing.present[person] = found[1]
    return drawing


def timelines_from(measure: Measure, window: Window) -> int | None:
    """Return from when on the timelines of all sites are kept, where the window begins before that."""
    sites = {worker.site for worker in measure.workers}
    since = [kept_since(measure.kept.get(site, EVERYTHING).events, window) for site in sites]
    return max((instant for instant in since if instant is not None), default=None)


def _sights(
    measure: Measure, *, watermarks: Mapping[str, Mapping[str, int]], window: tuple[int, int]
) -> dict[str, Sight]:
    return {
        site: sight(
            measure.watched.get(site, {}),
            before=measure.watched_before.get(site, ()),
            watermarks=of_site,
            window=window,
        )
        for site, of_site in watermarks.items()
    }


def _kept(of: list[Stroke], *, since: int | None) -> list[Stroke]:
    """Return the strokes from the site's horizon on: what is known of the time before is not all of it."""
    if since is None:
        return of
    return [(max(start, since), end, look) for start, end, look in of if since < end]


def untold_since(measure: Measure, *, now: int) -> int | None:
    """Return from when on histories are needed to tell all present states; None: where everybody's time stands tells them.

    Of cameras that are more than a month behind nothing is told then: looking for it would read all that came since.
    """
    watermarks = {camera.site: watermarks_of(measure.cameras, site=camera.site) for camera in measure.cameras}
    moments = [
        at
        for (site, _), stands in measure.open_states.items()
        if stands.state is not None
        and now - MOST_LOOKED_BACK
        <= (at := moment(stands.state, watermarks=watermarks.get(site, {}), now=now))
        < stands.last_at
    ]
    return min(moments, default=None)


def worker_rows(totals: Totals, drawing: Drawing, *, tells_sight: bool = True) -> list[dict[str, Any]]:
    """Return a row for each worker, at most 2,000 of them, those who were seen in the window first in line.

    `tells_sight`: what no camera watched is known.
    """
    shown = totals.workers
    if len(shown) > MOST_WORKERS:
        first_seen = sorted(shown, key=lambda worker: not was_seen(worker))[:MOST_WORKERS]
        shown = sorted(first_seen, key=lambda worker: (worker.site, worker.worker_id))
    length = totals.window.length if totals.persons_from is None else None
    rows = [_worker_row(worker, drawing, length=length) for worker in shown]
    return rows if tells_sight else [row | {"unwatched_us": None} for row in rows]


def stations_shown(totals: Totals) -> list[StationTotals]:
    """Return the workstations that get a row, at most 2,000, those where something was done first in line."""
    shown = totals.stations
    if len(shown) > MOST_STATIONS:
        first_used = sorted(shown, key=lambda station: not (station.occupancy or station.units))[:MOST_STATIONS]
        shown = sorted(first_used, key=lambda station: (station.site, station.station_id))
    return list(shown)


def in_line(totals: Totals, shown: Sequence[StationTotals]) -> list[StationTotals]:
    """Return all workstations in the order that timelines number them: those shown, then the others."""
    rows = {(station.site, station.station_id) for station in shown}
    return [*shown, *(one for one in totals.stations if (one.site, one.station_id) not in rows)]


def numbered(stations: Sequence[StationTotals]) -> dict[Person, int]:
    """Return for each (site, workstation) its place in a line."""
    return {(station.site, station.station_id): number for number, station in enumerate(stations)}


def station_rows(shown: Sequence[StationTotals], drawing: Drawing, *, is_live: bool) -> list[dict[str, Any]]:
    """Return a row for each of these workstations, with what goes on there now where somebody looks live."""
    there: dict[Person, list[Present]] = {}
    for (site, _), now in drawing.present.items():
        if now.event_type != EventType.absent:
            there.setdefault((site, now.workstation_id), []).append(now)
    rows = []
    for one in shown:
        place = (one.site, one.station_id)
        row = _station_row(one, there.get(place, []), is_live=is_live)
        is_unknown = row["state"] is None and (row["workers_late"] or place in drawing.unknown)
        rows.append(row | {"is_unknown": bool(is_unknown) if is_live else None})
    return rows


def named_in(workers: Sequence[dict[str, Any]], names: Sequence[str], *, shown: int) -> list[str]:
    """Return the names of the workstations by the numbers they have in the timelines of these rows.

    The first ones are those shown in rows of their own. Of the others only those stay that a timeline names, so the
    timelines' numbers are changed in place.
    """
    if len(names) == shown:
        return list(names)
    used = {segment[3] for worker in workers for segment in worker["timeline"]}
    others = sorted(number for number in used if number >= shown)
    renumbered = {number: shown + index for index, number in enumerate(others)}
    for worker in workers:
        worker["timeline"] = [(*one[:3], renumbered.get(one[3], one[3]), one[4]) for one in worker["timeline"]]
    return [*names[:shown], *(names[number] for number in others)]


def factory_row(totals: Totals) -> dict[str, Any]:
    """Return the sums over workers and the two averages."""
    everybody = [*totals.workers, *totals.nameless]
    working = sum(worker.working for worker in everybody)
    idle = sum(worker.idle for worker in everybody)
    knows_each = totals.persons_from is None
    active = [worker for worker in totals.workers if worker.working + worker.idle > 0]
    return {
        "total_productive_us": working,
        "total_idle_us": idle,
        "total_absent_us": sum(worker.absent for worker in everybody),
        "total_assumed_us": sum(worker.assumed for worker in everybody),
        "total_units_produced": sum(worker.units for worker in everybody),
        "average_utilization_percent": rounded_mean(
            [(100 * worker.working, worker.working + worker.idle) for worker in active]
        )
        if knows_each
        else None,
        "time_weighted_utilization_percent": rounded(100 * working, working + idle),
        "active_workers": len(active) if knows_each else None,
    }


def has_anything(factory: Mapping[str, Any]) -> bool:
    """Say whether anybody was seen: whether there is any time or any units in the sums."""
    seen = ("total_productive_us", "total_idle_us", "total_absent_us", "total_units_produced")
    return any(factory[field] for field in seen)


def at_work_row(totals: Totals, drawing: Drawing) -> dict[str, int]:
    """Return how many are working and idle, as the rows say, and how many a late camera saw so last; of those seen in the window.

    The three together are all who are working or idle at min(now, the watermark).
    """
    at_work = [present for present in drawing.present.values() if present.event_type != EventType.absent]
    states = [present.event_type for present in at_work if not present.is_late]
    return {
        "working": states.count(EventType.working),
        "idle": states.count(EventType.idle),
        "late": sum(present.is_late for present in at_work),
        "seen": sum(was_seen(worker) for worker in totals.workers),
    }


def was_seen(worker: WorkerTotals) -> bool:
    """Say whether a worker has any time or any units."""
    return bool(worker.working or worker.idle or worker.absent or worker.units)


def _worker_row(worker: WorkerTotals, drawing: Drawing, *, length: int | None) -> dict[str, Any]:
    person = (worker.site, worker.worker_id)
    known = drawing.present.get(person)
    now = None if known is None or known.is_late else known
    timeline: Sequence[Segment] = drawing.timelines.get(person, ())
    seen = worker.working + worker.idle
    return {
        "site": worker.site,
        "worker_id": worker.worker_id,
        "name": worker.name,
        "state": None if now is None else EventType(now.event_type).name,
        "state_since": None if now is None else format_instant(now.since),
        "workstation_id": None if now is None else now.workstation_id,
        "working_us": worker.working,
        "idle_us": worker.idle,
        "absent_us": worker.absent,
        "assumed_us": worker.assumed,
        "unwatched_us": drawing.unwatched.get(person, 0),
        "no_data_us": None if length is None else length - seen - worker.absent,
        "utilization_percent": rounded(100 * worker.working, seen),
        "units_produced": worker.units,
        "units_per_hour": rounded(HOUR * worker.units, seen),
        "timeline": timeline,
    }


def _station_row(station: StationTotals, known: Sequence[Present], *, is_live: bool) -> dict[str, Any]:
    there = [now for now in known if not now.is_late]
    # A workstation works while anybody works there, however many stand idle beside.
    state = max((now.event_type for now in there), default=None)
    return {
        "site": station.site,
        "station_id": station.station_id,
        "name": station.name,
        "state": None if state is None else EventType(state).name,
        "state_since": None
        if state is None
        else format_instant(min(now.since for now in there if now.event_type == state)),
        "workers_now": len(there) if is_live else None,
        "workers_late": len(known) - len(there) if is_live else None,
        "occupancy_us": station.occupancy,
        "utilization_percent": rounded(100 * station.occupancy, station.window_length),
        "units_produced": station.units,
        "throughput_per_hour": rounded(HOUR * station.units, station.window_length),
    }
