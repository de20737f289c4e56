"""`/api/metrics/…`: workers, workstations and the factory, as JSON and as CSV."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from aiohttp import web

from collector.metrics.answers import FACTORY_COLUMNS, WORKER_COLUMNS, WORKSTATION_COLUMNS
from collector.metrics.at_station import rows_at, totals_at
from collector.metrics.kpis import Totals, without_names
from collector.metrics.windows import Window
from collector.reports import shown_rows
from collector.web.access import Viewer
from collector.web.context import (
    REPORTS,
    STORAGE,
    WINDOW_QUERY,
    check_query,
    read_id,
    shows_names,
    sites_of,
    window_headers,
    window_of,
)
from collector.web.csv_answers import csv_answer
from collector.web.json_answers import json_unless_known
from shared.errors import BadRequest

WORKERS_QUERY = (*WINDOW_QUERY, "workstation_id")
STATIONS_QUERY = (*WINDOW_QUERY, "include")
_QUERIES = {"workers": WORKERS_QUERY, "workstations": STATIONS_QUERY, "factory": WINDOW_QUERY}
COLUMNS = {"workers": WORKER_COLUMNS, "workstations": WORKSTATION_COLUMNS, "factory": FACTORY_COLUMNS}
MOST_STATES = 2_000_000
"""Of people who share workstations, for `occupied`: a month of three shifts of 200 of them, and a quarter of a minute."""


async def workers(request: web.Request, viewer: Viewer) -> web.Response:
    """Return a row for each registered worker, or for each who was at one workstation."""
    return await _json(request, viewer, what="workers")


async def workstations(request: web.Request, viewer: Viewer) -> web.Response:
    """Return a row for each registered workstation."""
    return await _json(request, viewer, what="workstations")


async def factory(request: web.Request, viewer: Viewer) -> web.Response:
    """Return the sums and averages over the workers."""
    return await _json(request, viewer, what="factory")


async def workers_as_csv(request: web.Request, viewer: Viewer) -> web.Response:
    """Return the workers as a file."""
    return await _csv(request, viewer, what="workers")


async def workstations_as_csv(request: web.Request, viewer: Viewer) -> web.Response:
    """Return the workstations as a file."""
    return await _csv(request, viewer, what="workstations")


async def factory_as_csv(request: web.Request, viewer: Viewer) -> web.Response:
    """Return the factory as a file of one row."""
    return await _csv(request, viewer, what="factory")


async def _csv(request: web.Request, viewer: Viewer, *, what: str) -> web.Response:
    totals, headers = await _totals(request, viewer, what=what)
    columns = [*COLUMNS[what], *(["occupied_minutes"] if what == "workstations" and totals.knows_occupied else [])]

    def make() -> list[dict[str, Any]]:
        rows = shown_rows(totals, what)
        return rows if isinstance(rows, list) else [rows]

    return await csv_answer(make, columns=columns, name=what, headers=headers)


async def _json(request: web.Request, viewer: Viewer, *, what: str) -> web.Response:
    totals, headers = await _totals(request, viewer, what=what)
    is_at_one = "workstation_id" in request.query
    make = partial(rows_at, totals) if is_at_one else partial(shown_rows, totals, what)
    return await json_unless_known(request, make, headers=headers)


async def _totals(request: web.Request, viewer: Viewer, *, what: str) -> tuple[Totals, dict[str, str]]:
    check_query(request, _QUERIES[what])
    include = request.query.get("include")
    if include not in (None, "occupied"):
        raise BadRequest("include: only occupied can be included", field="include")
    station_id = read_id("workstation_id", request.query.get("workstation_id"))
    asked = await window_of(request, viewer)
    sites = sites_of(request, viewer, asked=asked)
    if station_id is not None:
        totals = await _totals_at(request, station_id, window=asked.window, sites=sites)
    else:
        most = None if include is None else MOST_STATES
        totals = await request.app[REPORTS].totals(
            asked.window, sites=sites, stations=what == "workstations", occupied_by_states=most
        )
    named = totals if shows_names(request, viewer) else without_names(totals)
    return named, window_headers(asked)


async def _totals_at(request: web.Request, station_id: str, *, window: Window, sites: Sequence[str] | None) -> Totals:
    reports, rules = request.app[REPORTS], request.app[STORAGE].rules
    await reports.check_sites(sites)
    measure = await reports.facts(window, sites=sites, by_hour=False)
    return await asyncio.to_thread(totals_at, measure, station_id, window=window, rules=rules)
