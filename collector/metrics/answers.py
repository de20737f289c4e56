"""Rows as people and programs get them: formulas over the totals, shown to two decimals or exact.

Names are those of SEMANTICS §6 and §7. Every ratio is taken from integers and rounded once, half to even; a zero
denominator gives 0. Absent time is in no denominator.
"""

from typing import Any

from collector.metrics.kpis import Totals, WorkerTotals
from collector.metrics.ratios import rounded, rounded_mean, unrounded, unrounded_mean
from shared.instants import HOUR, MINUTE

WORKER_COLUMNS = (
    "site", "worker_id", "name", "working_minutes", "idle_minutes", "absent_minutes", "assumed_minutes",
    "no_data_minutes", "utilization_percent", "units_produced", "units_per_hour",
)  # fmt: skip
WORKSTATION_COLUMNS = (
    "site", "station_id", "name", "occupancy_minutes", "utilization_percent", "units_produced", "throughput_per_hour",
)  # fmt: skip
FACTORY_COLUMNS = (
    "total_productive_minutes", "total_idle_minutes", "total_absent_minutes", "total_assumed_minutes",
    "total_units_produced",
    "average_utilization_percent", "time_weighted_utilization_percent", "active_workers",
)  # fmt: skip


def worker_rows(totals: Totals) -> list[dict[str, Any]]:
    """Return a row for each worker.

    utilization_percent = working / (working + idle) × 100; units_per_hour = units / (working + idle): 30 min of work,
    no idle time and 3 units are 100.0 % and 6.0 units/h. no_data_minutes is the window less the three states, None
    where the window is open, or where hours of it name nobody any more.
    """
    length = totals.window.length if totals.persons_from is None else None
    return [_worker_row(worker, window_length=length) for worker in totals.workers]


def workstation_rows(totals: Totals) -> list[dict[str, Any]]:
    """Return a row for each workstation.

    utilization_percent = occupancy / window × 100 and throughput_per_hour = units / window: 30 min of work and 3 units
    in a window of 30 min are 100.0 % and 6.0 units/h. Two people at once count twice: it may exceed 100 %.
    """
    return [
        {
            "site": station.site,
            "station_id": station.station_id,
            "name": station.name,
            "occupancy_minutes": rounded(station.occupancy, MINUTE),
            **(_occupied(station.occupied) if totals.knows_occupied else {}),
            "utilization_percent": rounded(100 * station.occupancy, station.window_length),
            "units_produced": station.units,
            "throughput_per_hour": rounded(HOUR * station.units, station.window_length),
        }
        for station in totals.stations
    ]


def factory_row(totals: Totals) -> dict[str, Any]:
    """Return the sums over workers and the two averages.

    average_utilization_percent is the unweighted mean over the active workers, those with working + idle > 0: workers
    at 100 %, 100 % and 0 % make 66.67; None, and so their number, where hours of the window name nobody. time_weighted_utilization_percent is Σ working / Σ (working + idle) × 100.
    """
    everybody = [*totals.workers, *totals.nameless]
    working = sum(worker.working for worker in everybody)
    idle = sum(worker.idle for worker in everybody)
    ratios = _utilizations(totals)
    return {
        "total_productive_minutes": rounded(working, MINUTE),
        "total_idle_minutes": rounded(idle, MINUTE),
        "total_absent_minutes": rounded(sum(worker.absent for worker in everybody), MINUTE),
        "total_assumed_minutes": rounded(sum(worker.assumed for worker in everybody), MINUTE),
        "total_units_produced": sum(worker.units for worker in everybody),
        "average_utilization_percent": None if ratios is None else rounded_mean(ratios),
        "time_weighted_utilization_percent": rounded(100 * working, working + idle),
        "active_workers": None if ratios is None else len(ratios),
    }


def exact_worker_rows(totals: Totals) -> list[dict[str, Any]]:
    """Return the rows of the workers in integer microseconds, ratios unrounded."""
    return [
        {
            "site": worker.site,
            "worker_id": worker.worker_id,
            "working_us": worker.working,
            "idle_us": worker.idle,
            "absent_us": worker.absent,
            "assumed_us": worker.assumed,
            "utilization_percent": unrounded(100 * worker.working, worker.working + worker.idle),
            "units": worker.units,
            "units_per_hour": unrounded(HOUR * worker.units, worker.working + worker.idle),
        }
        for worker in totals.workers
    ]


def exact_workstation_rows(totals: Totals) -> list[dict[str, Any]]:
    """Return the rows of the workstations in integer microseconds, ratios unrounded; `occupied_us` counts time once."""
    return [
        {
            "site": station.site,
            "workstation_id": station.station_id,
            "occupancy_us": station.occupancy,
            **({"occupied_us": station.occupied} if totals.knows_occupied else {}),
            "utilization_percent": unrounded(100 * station.occupancy, station.window_length),
            "units": station.units,
            "throughput_per_hour": unrounded(HOUR * station.units, station.window_length),
        }
        for station in totals.stations
    ]


def exact_factory_row(totals: Totals) -> dict[str, Any]:
    """Return the factory in integer microseconds, averages unrounded."""
    everybody = [*totals.workers, *totals.nameless]
    working = sum(worker.working for worker in everybody)
    idle = sum(worker.idle for worker in everybody)
    ratios = _utilizations(totals)
    return {
        "productive_us": working,
        "idle_us": idle,
        "absent_us": sum(worker.absent for worker in everybody),
        "assumed_us": sum(worker.assumed for worker in everybody),
        "units": sum(worker.units for worker in everybody),
        "average_utilization_percent": None if ratios is None else unrounded_mean(ratios),
        "time_weighted_utilization_percent": unrounded(100 * working, working + idle),
        "active_workers": None if ratios is None else len(ratios),
    }


def _worker_row(worker: WorkerTotals, *, window_length: int | None) -> dict[str, Any]:
    seen = worker.working + worker.idle
    no_data = None if window_length is None else window_length - seen - worker.absent
    return {
        "site": worker.site,
        "worker_id": worker.worker_id,
        "name": worker.name,
        "working_minutes": rounded(worker.working, MINUTE),
        "idle_minutes": rounded(worker.idle, MINUTE),
        "absent_minutes": rounded(worker.absent, MINUTE),
        "assumed_minutes": rounded(worker.assumed, MINUTE),
        "no_data_minutes": None if no_data is None else rounded(no_data, MINUTE),
        "utilization_percent": rounded(100 * worker.working, seen),
        "units_produced": worker.units,
        "units_per_hour": rounded(HOUR * worker.units, seen),
    }


def _occupied(time: int) -> dict[str, Any]:
    """Return how long a workstation was occupied; exact too, for what is shown in hours must not be rounded twice."""
    return {"occupied_minutes": rounded(time, MINUTE), "occupied_us": time}


def _utilizations(totals: Totals) -> list[tuple[int, int]] | None:
    """Return what the mean is of; None where hours of the window name nobody any more."""
    if totals.persons_from is not None:
        return None
    active = (worker for worker in totals.workers if worker.working + worker.idle > 0)
    return [(100 * worker.working, worker.working + worker.idle) for worker in active]
