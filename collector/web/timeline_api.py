"""`/api/timeline/`: one worker's time as spans that explain themselves; `/api/metrics/hours/`: what each hour brought."""

from dataclasses import replace
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from collector.metrics import worker_hours
from collector.metrics.asked import AskedWindow
from collector.metrics.hourly import HOUR_COLUMNS, MOST_ROWS, HourTotals, hour_rows
from collector.metrics.ratios import rounded
from collector.metrics.timeline import Timeline, span_rows, sum_row
from collector.web.access import Viewer
from collector.web.context import (
    REPORTS,
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
from shared.instants import MINUTE, format_instant

TIMELINE_QUERY = ("worker_id", *WINDOW_QUERY)
QUERY_OF_THE_FILE = (*TIMELINE_QUERY, "of")
TABLES = ("spans", "hours", "days")
"""Of a timeline: each is a file of its own."""
SPAN_COLUMNS = (
    "worker_id",
    "site",
    "start",
    "end",
    "state",
    "workstation_id",
    "basis",
    "began_by_timestamp",
    "began_by_camera",
    "ended_by_timestamp",
    "ended_by_event_type",
    "unwatched_minutes",
)


async def timeline(request: web.Request, viewer: Viewer) -> web.Response:
    """Return how a worker spent a window."""
    told, asked = await _told(request, viewer)
    zone = request.app[REPORTS].plan_of(told.worker.site).zone
    make = partial(timeline_answer, told, asked=asked, zone=zone)
    return await json_unless_known(request, make, headers=window_headers(asked))


async def timeline_as_csv(request: web.Request, viewer: Viewer) -> web.Response:
    """Return the spans as a file, or the hours or days."""
    of = request.query.get("of", "spans")
    if of not in TABLES:
        raise BadRequest(f"of: must be {', '.join(TABLES[:-1])} or {TABLES[-1]}", field="of")
    told, asked = await _told(request, viewer, known=QUERY_OF_THE_FILE)
    if of == "spans":
        make, columns = partial(flat_span_rows, told), list(SPAN_COLUMNS)
    else:
        zone = request.app[REPORTS].plan_of(told.worker.site).zone
        make, columns = partial(worker_hours.file_rows, told, of=of, zone=zone), list(worker_hours.PART_COLUMNS)
    return await csv_answer(make, columns=columns, name="timeline", headers=window_headers(asked))


async def hours(request: web.Request, viewer: Viewer) -> web.Response:
    """Return a row for each hour of the sites' clocks."""
    found, asked = await _hours(request, viewer, most=MOST_ROWS)
    return await json_unless_known(request, partial(hour_rows, found), headers=window_headers(asked))


async def hours_as_csv(request: web.Request, viewer: Viewer) -> web.Response:
    """Return the hours as a file."""
    found, asked = await _hours(request, viewer)
    return await csv_answer(
        partial(hour_rows, found), columns=HOUR_COLUMNS, name="hours", headers=window_headers(asked)
    )


def timeline_answer(told: Timeline, *, asked: AskedWindow, zone: ZoneInfo) -> dict[str, Any]:
    """Return a timeline as the API shows it; `zone` is where the worker lives."""
    start, end = told.window.start, told.window.end
    return {
        "worker_id": told.worker.id,
        "site": told.worker.site,
        "name": told.worker.name,
        "window": {
            "from": None if start is None else format_instant(start),
            "to": None if end is None else format_instant(end),
            "time_zone": zone.key,
            "shift": None if asked.shift is None else str(asked.shift),
        },
        "kept_from": None if told.kept_from is None else format_instant(told.kept_from),
        "spans": span_rows(told.pieces, unseen=told.unseen),
        "totals": sum_row(told.pieces, window=told.kept_window, unseen=told.unseen),
        "hours": worker_hours.hour_rows(told),
        "days": worker_hours.day_rows(told, zone=zone),
    }


def flat_span_rows(told: Timeline) -> list[dict[str, Any]]:
    """Return the spans of a timeline in one line each, for a file."""
    return [
        {
            "worker_id": told.worker.id,
            "site": told.worker.site,
            **{key: span[key] for key in ("start", "end", "state", "workstation_id", "basis")},
            **{f"began_by_{key}": span["began_by"][key] for key in ("timestamp", "camera")},
            **{f"ended_by_{key}": (span["ended_by"] or {}).get(key) for key in ("timestamp", "event_type")},
            "unwatched_minutes": rounded(span["unwatched_us"], MINUTE),
        }
        for span in span_rows(told.pieces, unseen=told.unseen)
    ]


async def _told(
    request: web.Request, viewer: Viewer, *, known: tuple[str, ...] = TIMELINE_QUERY
) -> tuple[Timeline, AskedWindow]:
    check_query(request, known)
    worker_id = read_id("worker_id", request.query.get("worker_id"))
    if worker_id is None:
        raise BadRequest("worker_id: name the worker", field="worker_id")
    asked = await window_of(request, viewer)
    sites = sites_of(request, viewer, asked=asked)
    told = await request.app[REPORTS].timeline(worker_id, window=asked.window, sites=sites)
    if not shows_names(request, viewer):
        told = replace(told, worker=replace(told.worker, name=told.worker.id))
    return told, asked


async def _hours(
    request: web.Request, viewer: Viewer, *, most: int | None = None
) -> tuple[list[HourTotals], AskedWindow]:
    check_query(request, WINDOW_QUERY)
    asked = await window_of(request, viewer)
    found = await request.app[REPORTS].hours(asked.window, sites=sites_of(request, viewer, asked=asked), most=most)
    return found, asked
