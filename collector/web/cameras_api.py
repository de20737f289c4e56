"""`/api/cameras/`: how each camera is, and `/healthz`: how the collector is."""

from importlib.metadata import version

from aiohttp import web

from collector.grants import Needs
from collector.reports import CAMERA_COLUMNS
from collector.web.access import Viewer
from collector.web.context import INGEST, REPORTS, check_query, sites_of
from collector.web.csv_answers import csv_answer
from collector.web.json_answers import json_unless_known
from shared.http_body import problem


async def cameras(request: web.Request, viewer: Viewer) -> web.Response:
    """Return a row for each camera."""
    check_query(request, ("site",))
    rows = await request.app[REPORTS].cameras(sites=sites_of(request, viewer))
    return await json_unless_known(request, lambda: rows)


async def as_csv(request: web.Request, viewer: Viewer) -> web.Response:
    """Return the cameras as a file."""
    check_query(request, ("site",))
    rows = await request.app[REPORTS].cameras(sites=sites_of(request, viewer))
    return await csv_answer(lambda: rows, columns=CAMERA_COLUMNS, name="cameras")


async def healthz(request: web.Request, viewer: Viewer) -> web.Response:
    """Say that the store answers and takes events, and what people must know of its numbers; else, what is wrong.

    Strangers, and who does not look, are told no more than whether it is so: not of which version it is.
    """
    is_known = Needs.look in viewer.may
    failure = request.app[INGEST].failure
    if failure is not None:
        return problem(503, "the last events could not be stored" + (f": {failure}" if is_known else ""))
    if not is_known:
        return web.json_response({"status": "ok"})
    warnings = await request.app[REPORTS].warnings(sites=viewer.sites)
    return web.json_response({"status": "ok", "version": version("lineside"), "warnings": warnings})
