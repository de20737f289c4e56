"""`/api/rejected/`: items that were not stored as events, with the reason, for people to look at.

`from` and `to` are about when an item was received, as in the floor's number of them: its own time may be what is wrong with it.
"""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from collector.metrics.windows import read_window
from collector.records import KeptRefusal
from collector.storage.base import KEPT_REFUSALS
from collector.web.access import Viewer
from collector.web.context import REPORTS, STORAGE, check_query, read_limit, sites_of
from collector.web.csv_answers import csv_answer
from collector.web.json_answers import json_unless_known
from shared.instants import format_instant

COLUMNS = ("received_at", "site", "camera", "code", "error", "item")
QUERY = ("from", "to", "site", "limit")


async def rejected(request: web.Request, viewer: Viewer) -> web.Response:
    """Return the newest rejected items, newest first."""
    rows = await _rows(request, viewer, unless_limited=1_000)
    return await json_unless_known(request, lambda: rows)


async def as_csv(request: web.Request, viewer: Viewer) -> web.Response:
    """Return them as a file, all that are kept unless fewer are asked for."""
    rows = await _rows(request, viewer, unless_limited=KEPT_REFUSALS)
    return await csv_answer(lambda: rows, columns=COLUMNS, name="rejected")


def rejected_row(kept: KeptRefusal) -> dict[str, Any]:
    """Return a rejected item as the API shows it; `item` is its JSON, or the text of a line that was none."""
    return {
        "received_at": format_instant(kept.received_at),
        "site": kept.site,
        "camera": kept.camera,
        "code": kept.refusal.code,
        "error": kept.refusal.error,
        "item": kept.refusal.item,
    }


async def _rows(request: web.Request, viewer: Viewer, *, unless_limited: int) -> Sequence[dict[str, Any]]:
    check_query(request, QUERY)
    window = read_window(request.query.get("from"), request.query.get("to"))
    most = read_limit(request.query.get("limit", str(unless_limited)), most=KEPT_REFUSALS)
    sites = sites_of(request, viewer)
    await request.app[REPORTS].check_sites(sites)
    kept = await request.app[STORAGE].refusals(sites, stretch=(window.start, window.end), most=most)
    return [rejected_row(each) for each in kept]
