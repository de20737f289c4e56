"""Who was at one workstation, and what each did there: a worker's time in states whose event names it, and the units made there.

Its working time and units add up to the workstation's own occupancy and units, to the microsecond: both are sums of the same
pieces (SEMANTICS §6). Who was there only before `persons_from` is in the workstation's sums and in no row.
"""

from typing import Any

from collector.measures import Measure
from collector.metrics.answers import worker_rows
from collector.metrics.kpis import Totals, WorkerTotals
from collector.metrics.measured import add_to_worker, persons_from, pieces
from collector.metrics.windows import Window
from collector.records import LedgerRules
from shared.errors import NotFound


def totals_at(measure: Measure, station_id: str, *, window: Window, rules: LedgerRules) -> Totals:
    """Return the totals of whoever has any time or units at the workstation of that id, each with these alone.

    The window of the result is open: what a worker did elsewhere is not *no data*.

    Raises:
        NotFound: none of these sites has such a workstation.
    """
    if all(station.id != station_id for station in measure.stations):
        raise NotFound(f"workstation_id: there is no workstation {station_id!r}", field="workstation_id")
    workers = {(row.site, row.id): WorkerTotals(row.site, row.id, row.name) for row in measure.workers}
    found: dict[tuple[str, str], WorkerTotals] = {}
    for (site, worker_id, place), amounts in pieces(measure, window=window, rules=rules):
        if place == station_id and any(amounts) and (site, worker_id) in workers:
            worker = found.setdefault((site, worker_id), workers[site, worker_id])
            add_to_worker(worker, amounts)
    there = [worker for person, worker in workers.items() if person in found]
    return Totals(Window(), there, (), knows_occupied=False, persons_from=persons_from(measure, window))


def rows_at(totals: Totals) -> list[dict[str, Any]]:
    """Return the rows of such totals as the API shows them, with the exact time that a page cuts to the minute."""
    return [
        row | {"working_us": worker.working, "idle_us": worker.idle}
        for row, worker in zip(worker_rows(totals), totals.workers, strict=True)
    ]
