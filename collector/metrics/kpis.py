"""The numbers of SEMANTICS §6, in integer microseconds and units, from spans and sightings.

Formulas, with their worked examples, stand in `answers.py`, where integers become what is shown; here they are summed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from collector.metrics.spans import Span, spans
from collector.metrics.windows import Window
from collector.records import LedgerRules, Sighting, Snapshot
from shared.events import EventType


@dataclass(slots=True)
class WorkerTotals:
    """One worker's time and units within a window."""

    site: str
    worker_id: str
    name: str
    working: int = 0
    idle: int = 0
    absent: int = 0
    assumed: int = 0
    """Included in the three above."""
    units: int = 0


@dataclass(slots=True)
class StationTotals:
    """One workstation's time and units within its window."""

    site: str
    station_id: str
    name: str
    occupancy: int = 0
    """Working time of all workers there, added up."""
    units: int = 0
    window_start: int | None = None
    """Where the asked window is open: the station's first event."""
    window_end: int | None = None
    """Where the asked window is open: the later of its last event and the end of the last state there."""
    stretches: list[tuple[int, int]] = field(default_factory=list)
    """Working time there, as `(start, end)` within the window, in no order."""
    alone: int = 0
    """Working time there that is in no stretch and overlaps none."""

    @property
    def window_length(self) -> int:
        """Microseconds of the window the ratios are taken over; 0 if it never began."""
        if self.window_start is None or self.window_end is None:
            return 0
        return max(0, self.window_end - self.window_start)

    @property
    def occupied(self) -> int:
        """Return the working time counted once, however many worked at a time."""
        total = self.alone
        covered_until = 0
        for start, end in sorted(self.stretches):
            total += max(0, end - max(start, covered_until))
            covered_until = max(covered_until, end)
        return total


@dataclass(frozen=True, slots=True)
class Totals:
    """All that the three routes are made of, ordered by (site, id)."""

    window: Window
    workers: Sequence[WorkerTotals]
    stations: Sequence[StationTotals]
    knows_occupied: bool = True
    """False where `StationTotals.occupied` was not asked for and says nothing."""
    nameless: Sequence[WorkerTotals] = ()
    """What is known of no worker any more, by site: in the sums over workers, in no list and in no mean."""
    persons_from: int | None = None
    """Where the window begins before this instant, hours before it name nobody; None: everybody has all of it."""


def without_names(totals: Totals) -> Totals:
    """Return totals in which workers are called by their ids."""
    return replace(totals, workers=[replace(worker, name=worker.worker_id) for worker in totals.workers])


def totals(snapshot: Snapshot, *, window: Window, rules: LedgerRules) -> Totals:
    """Return the totals of every registered worker and workstation, zeros too."""
    workers = {(row.site, row.id): WorkerTotals(row.site, row.id, row.name) for row in snapshot.workers}
    stations = {(row.site, row.id): StationTotals(row.site, row.id, row.name) for row in snapshot.workstations}
    watermarks: dict[str, dict[str, int]] = {}
    for camera in snapshot.cameras:
        if camera.watermark is not None:
            watermarks.setdefault(camera.site, {})[camera.name] = camera.watermark
    for (site, worker_id), sightings in snapshot.sightings.items():
        of_worker = spans(sightings, rules=rules, watermarks=watermarks.get(site, {}))
        worker = workers[site, worker_id]
        _add_spans(worker, of_worker, window=window)
        worker.units = _units(sightings, window=window)
        _add_to_stations(stations, site, sightings=sightings, of_worker=of_worker, window=window)
    for station in stations.values():
        station.window_start = station.window_start if window.start is None else window.start
        station.window_end = station.window_end if window.end is None else window.end
    return Totals(window, list(workers.values()), list(stations.values()))


def _add_spans(worker: WorkerTotals, of_worker: Iterable[Span], *, window: Window) -> None:
    for span in of_worker:
        inside = window.overlap(span.start, span.end)
        if span.state is EventType.working:
            worker.working += inside
        elif span.state is EventType.idle:
            worker.idle += inside
        else:
            worker.absent += inside
        if span.is_assumed:
            worker.assumed += inside


def _units(sightings: Iterable[Sighting], *, window: Window) -> int:
    return sum(
        sighting.count
        for sighting in sightings
        if sighting.event_type is EventType.product_count and window.holds(sighting.at)
    )


def _add_to_stations(
    stations: Mapping[tuple[str, str], StationTotals],
    site: str,
    *,
    sightings: Iterable[Sighting],
    of_worker: Iterable[Span],
    window: Window,
) -> None:
    for sighting in sightings:
        station = stations[site, sighting.workstation_id]
        _widen(station, start=sighting.at, end=sighting.at)
        if sighting.event_type is EventType.product_count and window.holds(sighting.at):
            station.units += sighting.count
    for span in of_worker:
        station = stations[site, span.workstation_id]
        _widen(station, start=span.began_at, end=span.end)
        if span.state is EventType.working and (inside := window.overlap(span.start, span.end)):
            start = span.start if window.start is None else max(span.start, window.start)
            station.occupancy += inside
            station.stretches.append((start, start + inside))


def _widen(station: StationTotals, *, start: int, end: int) -> None:
    station.window_start = start if station.window_start is None else min(station.window_start, start)
    station.window_end = end if station.window_end is None else max(station.window_end, end)
