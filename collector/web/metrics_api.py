"""`/api/metrics/…`: workers, workstations and the factory, as JSON and as CSV."""

from functools import partial
from typing import Any

from aiohttp import web

from collector.metrics.answers import FACTORY_COLUMNS, WORKER_COLUMNS, WORKSTATION_COLUMNS
from collector.metrics.kpis import Totals, without_names
from collector.reports import shown_rows
from collector.web.access import Viewer
from collector.web.context import REPORTS, WINDOW_QUERY, check_query, shows_names, sites_of, window_headers, window_of
from collector.web.csv_answers import csv_answer
from collector.web.json_answers import json_answer
from shared.errors import BadRequest

COLUMNS = {"workers": WORKER_COLUMNS, "workstations": WORKSTATION_COLUMNS, "factory": FACTORY_COLUMNS}
MOST_STATES = 2_000_000
"""Of people who share workstations, for `occupied`: a month of three shifts of 200 of them, and a quarter of a minute."""


async def workers(request: web.Request, viewer: Viewer) -> web.Response:
    """Return a row for each registered worker."""
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
    return await json_answer(partial(shown_rows, totals, what), headers=headers)


async def _totals(request: web.Request, viewer: Viewer, *, what: str) -> tuple[Totals, dict[str, str]]:
    check_query(request, (*WINDOW_QUERY, "include") if what == "workstations" else WINDOW_QUERY)
    include = request.query.get("include")
    if include not in (None, "occupied"):
        raise BadRequest("include: only occupied can be included", field="include")
    asked = await window_of(request, viewer)
    sites = sites_of(request, viewer, asked=asked)
    most = None if include is None else MOST_STATES
    totals = await request.app[REPORTS].totals(
        asked.window, sites=sites, stations=what == "workstations", occupied_by_states=most
    )
    named = totals if shows_names(request, viewer) else without_names(totals)
    return named, window_headers(asked)
