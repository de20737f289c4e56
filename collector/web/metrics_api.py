"""`/api/metrics/…`: workers, workstations and the factory, as JSON and as CSV."""

from aiohttp import web

from collector.metrics.answers import FACTORY_COLUMNS, WORKER_COLUMNS, WORKSTATION_COLUMNS
from collector.reports import shown_rows
from collector.web.context import REPORTS, check_query, sites_of, window_of
from collector.web.csv_answers import csv_answer

QUERY = ("from", "to", "site")
COLUMNS = {"workers": WORKER_COLUMNS, "workstations": WORKSTATION_COLUMNS, "factory": FACTORY_COLUMNS}


async def workers(request: web.Request) -> web.Response:
    """Return a row for each registered worker."""
    return await _json(request, "workers")


async def workstations(request: web.Request) -> web.Response:
    """Return a row for each registered workstation."""
    return await _json(request, "workstations")


async def factory(request: web.Request) -> web.Response:
    """Return the sums and averages over the workers."""
    return await _json(request, "factory")


async def as_csv(request: web.Request) -> web.Response:
    """Return one of the three as a file."""
    what = request.match_info["what"]
    if what not in COLUMNS:
        raise web.HTTPNotFound
    check_query(request, QUERY)
    totals = await request.app[REPORTS].totals(window_of(request), sites=sites_of(request))
    rows = shown_rows(totals, what)
    return csv_answer(rows if isinstance(rows, list) else [rows], columns=COLUMNS[what], name=what)


async def _json(request: web.Request, what: str) -> web.Response:
    check_query(request, QUERY)
    totals = await request.app[REPORTS].totals(window_of(request), sites=sites_of(request))
    return web.json_response(shown_rows(totals, what))
