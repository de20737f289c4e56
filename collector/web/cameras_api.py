"""`/api/cameras/`: how each camera is, and `/healthz`: how the collector is."""

from importlib.metadata import version

from aiohttp import web

from collector.reports import CAMERA_COLUMNS
from collector.web.context import REPORTS, check_query, sites_of
from collector.web.csv_answers import csv_answer


async def cameras(request: web.Request) -> web.Response:
    """Return a row for each camera."""
    check_query(request, ("site",))
    return web.json_response(await request.app[REPORTS].cameras(sites=sites_of(request)))


async def as_csv(request: web.Request) -> web.Response:
    """Return the cameras as a file."""
    check_query(request, ("site",))
    rows = await request.app[REPORTS].cameras(sites=sites_of(request))
    return csv_answer(rows, columns=CAMERA_COLUMNS, name="cameras")


async def healthz(request: web.Request) -> web.Response:
    """Say that the store answers, and what people must know of its numbers; anything else ends as an error."""
    warnings = await request.app[REPORTS].warnings()
    return web.json_response({"status": "ok", "version": version("lineside"), "warnings": warnings})
