"""Histories of workers in whole minutes, and what they add up to."""

from collections.abc import Sequence

from collector.metrics.kpis import StationTotals, Totals, WorkerTotals, totals
from collector.metrics.windows import Window
from collector.records import Camera, LedgerRules, Registered, Sighting, Snapshot
from shared.events import EventType
from shared.instants import MINUTE

absent, idle, working, product = EventType
RULES = LedgerRules(session_gap=600 * MINUTE, tail=5 * MINUTE)

Seen = tuple[str, float, EventType, str, int]
"""Worker, minute, type, station, count."""


def snapshot(seen: Sequence[Seen], *, site: str = "default", watermark: float | None = None) -> Snapshot:
    """Return a snapshot of one site whose one camera saw everything."""
    sightings: dict[tuple[str, str], list[Sighting]] = {}
    for worker, minute, kind, station, count in seen:
        of_worker = sightings.setdefault((site, worker), [])
        of_worker.append(Sighting(round(minute * MINUTE), kind, station, count, "C1"))
    for of_worker in sightings.values():
        of_worker.sort(key=lambda sighting: (sighting.at, sighting.event_type, sighting.workstation_id))
    workers = sorted({worker for worker, *_ in seen})
    stations = sorted({station for _, _, _, station, _ in seen})
    end = None if watermark is None else round(watermark * MINUTE)
    return Snapshot(
        workers=[Registered(site, worker, worker) for worker in workers],
        workstations=[Registered(site, station, station) for station in stations],
        cameras=[Camera(site, "C1", end, None, 0, None, None, None, 0)],
        sightings=sightings,
    )


def added_up(
    seen: Sequence[Seen], start: float | None = None, end: float | None = None, *, watermark: float | None = None
) -> Totals:
    """Return the totals within a window of minutes."""
    window = Window(*(None if edge is None else round(edge * MINUTE) for edge in (start, end)))
    return totals(snapshot(seen, watermark=watermark), window=window, rules=RULES)


def minutes_of(worker: WorkerTotals) -> tuple[float, float, float, float, int]:
    """Return working, idle, absent and assumed minutes, and the units."""
    times = (worker.working, worker.idle, worker.absent, worker.assumed)
    first, second, third, fourth = (time / MINUTE for time in times)
    return first, second, third, fourth, worker.units


def station_minutes(station: StationTotals) -> tuple[float, float, float, int]:
    """Return occupancy, occupied and window in minutes, and the units."""
    return (
        station.occupancy / MINUTE,
        station.occupied / MINUTE,
        station.window_length / MINUTE,
        station.units,
    )
