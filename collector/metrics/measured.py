"""The numbers of SEMANTICS §6 from what the ledger knows, equal to the reference in `kpis.py` to the microsecond.

Three sources add up: amounts of whole hours as they stand, ragged edges from runs of events, and the open state of each
worker, which moves with its camera's watermark and is therefore never stored.
"""

from collections.abc import Iterable, Iterator, Mapping

from collector.hours import by_hour, hour_of
from collector.measures import NAMELESS, Measure
from collector.metrics.kpis import StationTotals, Totals, WorkerTotals
from collector.metrics.spans import Span, open_spans
from collector.metrics.timeline import pieces as pieces_of
from collector.metrics.windows import Window
from collector.records import ABSENT, ASSUMED, IDLE, UNITS, WORKING, Amounts, LedgerRules, Run
from shared.events import EventType

_STATES = tuple(EventType)
COLUMNS = {EventType.working: WORKING, EventType.idle: IDLE, EventType.absent: ABSENT}


def totals(measure: Measure, *, window: Window, rules: LedgerRules) -> Totals:
    """Return the totals of every registered worker and workstation, zeros too."""
    workers = {(row.site, row.id): WorkerTotals(row.site, row.id, row.name) for row in measure.workers}
    stations = {
        (row.site, row.id): StationTotals(row.site, row.id, row.name, window_start=row.first_at, window_end=row.last_at)
        for row in measure.stations
    }
    nameless: dict[str, WorkerTotals] = {}
    for (site, worker_id, station_id), amounts in pieces(measure, window=window, rules=rules):
        worker = workers.get((site, worker_id)) or nameless.setdefault(site, WorkerTotals(site, NAMELESS, NAMELESS))
        add_to_worker(worker, amounts)
        stations[site, station_id].occupancy += amounts[WORKING]
        stations[site, station_id].units += amounts[UNITS]
    if window.end is None:
        _widen(stations, measure, rules=rules)
    _occupy(stations, measure, window=window, rules=rules)
    for station in stations.values():
        station.window_start = station.window_start if window.start is None else window.start
        station.window_end = station.window_end if window.end is None else window.end
    return Totals(
        window,
        list(workers.values()),
        list(stations.values()),
        knows_occupied=measure.company is not None,
        nameless=[nameless[site] for site in sorted(nameless)],
        persons_from=persons_from(measure, window),
    )


def add_to_worker(worker: WorkerTotals, amounts: Amounts) -> None:
    """Let a piece count for a worker."""
    worker.working += amounts[WORKING]
    worker.idle += amounts[IDLE]
    worker.absent += amounts[ABSENT]
    worker.assumed += amounts[ASSUMED]
    worker.units += amounts[UNITS]


def persons_from(measure: Measure, window: Window) -> int | None:
    """Return from when on all workers have their hours, where the window begins before that; None if they have all."""
    sites = {worker.site for worker in measure.workers} | {station.site for station in measure.stations}
    since = [measure.kept[site].persons for site in sites if site in measure.kept]
    latest = max((instant for instant in since if instant is not None), default=None)
    return latest if latest is not None and (window.start is None or window.start < latest) else None


def hours(
    measure: Measure, *, window: Window, rules: LedgerRules, offsets: Mapping[str, int]
) -> dict[tuple[str, int], Amounts]:
    """Return what happened in each (site, hour) of a window; hours in which nothing did are left out."""
    result = {place: list(amounts) for place, amounts in measure.by_hour.items()}
    for (site, _), span in _spans_beside_the_hours(measure, window=window, rules=rules):
        for hour, start, end in by_hour(span.start, span.end, offset=offsets[site]):
            amounts = result.setdefault((site, hour), [0, 0, 0, 0, 0])
            amounts[COLUMNS[span.state]] += end - start
            amounts[ASSUMED] += end - start if span.is_assumed else 0
    for (site, _), stretch, run in measure.edges:
        for _, count, at in _counts(run, window=Window(*stretch)):
            result.setdefault((site, hour_of(at, offset=offsets[site])), [0, 0, 0, 0, 0])[UNITS] += count
    return {place: amounts for place, amounts in sorted(result.items()) if any(amounts)}


def pieces(measure: Measure, *, window: Window, rules: LedgerRules) -> Iterator[tuple[tuple[str, str, str], Amounts]]:
    """Yield (site, worker, workstation) and an amount, several times for the same place."""
    yield from ((place, list(amounts)) for place, amounts in measure.amounts.items())
    for (site, worker_id), span in _spans_beside_the_hours(measure, window=window, rules=rules):
        amounts = [0, 0, 0, 0, 0]
        amounts[COLUMNS[span.state]] = span.end - span.start
        amounts[ASSUMED] = span.end - span.start if span.is_assumed else 0
        yield (site, worker_id, span.workstation_id), amounts
    for (site, worker_id), stretch, run in measure.edges:
        for station_id, count, _ in _counts(run, window=Window(*stretch)):
            yield (site, worker_id, station_id), [0, 0, 0, 0, count]


def spans_of_run(run: Run, *, rules: LedgerRules) -> list[Span]:
    """Return the closed time of a run as spans; what goes on after the last sighting of all is not among them."""
    closed = run._replace(is_last=False)
    return [
        Span(start, end, _STATES[began_by.event_type], began_by.workstation_id, began_by.at, is_assumed)
        for start, end, began_by, _, is_assumed in pieces_of(closed, rules=rules, watermarks={})
    ]


def open_spans_of(measure: Measure, *, rules: LedgerRules) -> Iterator[tuple[tuple[str, str], Span]]:
    """Yield what goes on after the last sighting of each worker."""
    watermarks = {(camera.site, camera.name): camera.watermark for camera in measure.cameras}
    for (site, worker_id), stands in measure.open_states.items():
        state = stands.state
        if state is not None:
            watermark = None if state.camera is None else watermarks.get((site, state.camera))
            for span in open_spans(state, last_at=stands.last_at, rules=rules, watermark=watermark):
                yield (site, worker_id), span


def _spans_beside_the_hours(
    measure: Measure, *, window: Window, rules: LedgerRules
) -> Iterator[tuple[tuple[str, str], Span]]:
    for person, stretch, run in measure.edges:
        for span in _clipped(spans_of_run(run, rules=rules), Window(*stretch)):
            yield person, span
    for person, span in open_spans_of(measure, rules=rules):
        for clipped in _clipped([span], window):
            yield person, clipped


def _clipped(of: Iterable[Span], window: Window) -> Iterator[Span]:
    for span in of:
        start = span.start if window.start is None else max(span.start, window.start)
        end = span.end if window.end is None else min(span.end, window.end)
        if start < end:
            is_whole = (start, end) == (span.start, span.end)  # nearly always
            yield span if is_whole else span._replace(start=start, end=end)


def _counts(run: Run, *, window: Window) -> Iterator[tuple[str, int, int]]:
    for entry in run.events:
        if entry.event_type == EventType.product_count and window.holds(entry.at):
            yield entry.workstation_id, entry.count, entry.at


def _occupy(
    stations: Mapping[tuple[str, str], StationTotals], measure: Measure, *, window: Window, rules: LedgerRules
) -> None:
    """Note the working time at each workstation: stretches where they may overlap, a sum where none can."""
    company = measure.company
    if company is None:
        return
    for place, counted in company.counted.items():
        stations[place].alone += counted
    for place, stretches in company.stretches.items():
        stations[place].stretches.extend(stretches)
    for (site, _), span in open_spans_of(measure, rules=rules):
        if span.state is EventType.working:
            for clipped in _clipped([span], window):
                stations[site, span.workstation_id].stretches.append((clipped.start, clipped.end))


def _widen(stations: Mapping[tuple[str, str], StationTotals], measure: Measure, *, rules: LedgerRules) -> None:
    """Let the own window of each workstation reach to the end of the last state there."""
    for (site, station_id), runs in measure.stays.items():
        for run in runs:
            for span in spans_of_run(run, rules=rules):
                if span.workstation_id == station_id:
                    _reach(stations[site, station_id], span.end)
    for (site, _), span in open_spans_of(measure, rules=rules):
        _reach(stations[site, span.workstation_id], span.end)


def _reach(station: StationTotals, end: int) -> None:
    station.window_end = end if station.window_end is None else max(station.window_end, end)
