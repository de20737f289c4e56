"""What the three metrics routes must answer for a set of events: from the events alone, by the pure arithmetic of the reference.

Nothing of it comes from a store or a ledger. Only the camera's watermark is taken from the collector's word, for it moves
with the clock: of an open state the time up to it counts.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from collector.metrics import kpis
from collector.metrics.windows import read_window
from collector.records import Camera, Registered, Sighting, Snapshot
from collector.reports import shown_rows
from shared.events import Event, read_event
from shared.instants import parse_instant
from tests.support.collector import RULES

Get = Callable[..., Awaitable[Any]]
Rows = dict[str, Any]
ROUTES = ("workers", "workstations", "factory")
_SITE = "default"


async def told_metrics(get: Get, window: Mapping[str, str]) -> tuple[Rows, int | None]:
    """Return what the routes of a collector with at most one camera say of a window, and the watermark as of which they do.

    `get` returns the JSON of a path and a query. A watermark that moves meanwhile has everything asked anew.
    """
    while True:
        before = await get("/api/cameras/")
        rows = {what: await get(f"/api/metrics/{what}/", **window) for what in ROUTES}
        after = await get("/api/cameras/")
        told = [camera["watermark"] for camera in after]
        if told == [camera["watermark"] for camera in before]:
            return rows, next((parse_instant(watermark) for watermark in told if watermark), None)


def metrics_of(
    items: Iterable[Mapping[str, Any]],
    window: Mapping[str, str],
    *,
    camera: str | None = None,
    watermark: int | None = None,
) -> Rows:
    """Return what the routes must say of a window, of distinct events (as they were sent) that one camera or none has delivered."""
    events = [event for item in items if isinstance(event := read_event(dict(item)), Event)]
    events.sort(key=lambda event: (event.at, event.event_type, event.workstation_id))
    sightings: dict[tuple[str, str], list[Sighting]] = {}
    for event in events:
        seen = Sighting(event.at, event.event_type, event.workstation_id, event.count, camera)
        sightings.setdefault((_SITE, event.worker_id), []).append(seen)
    snapshot = Snapshot(
        workers=[Registered(*place, place[1]) for place in sorted(sightings)],
        workstations=[Registered(_SITE, each, each) for each in sorted({event.workstation_id for event in events})],
        cameras=[] if camera is None else [Camera(_SITE, camera, watermark, None, 0, None, None, None, 0)],
        sightings=sightings,
    )
    asked = read_window(window.get("from"), window.get("to"))
    totals = replace(kpis.totals(snapshot, window=asked, rules=RULES), knows_occupied=False)
    shown: Rows = json.loads(json.dumps({what: shown_rows(totals, what) for what in ROUTES}))
    return shown
