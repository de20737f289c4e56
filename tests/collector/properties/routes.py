"""The two ways to every number: the ledger's, as the routes go it, and the reference, which reads all events each time."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from collector.hours import by_hour, hour_of
from collector.metrics import kpis, measured
from collector.metrics.measured import COLUMNS
from collector.metrics.occupancy import occupied_in
from collector.metrics.parts import split
from collector.metrics.spans import spans
from collector.metrics.windows import Window
from collector.records import ASSUMED, UNITS, Snapshot
from collector.reports import exact_rows, may_tell_occupied, shown_rows
from collector.storage.base import Storage
from shared.events import EventType

TABLES = ("workers", "workstations", "factory")
Hours = dict[tuple[str, int], list[int]]


async def by_ledger(storage: Storage, window: Window, *, sites: Sequence[str] | None) -> tuple[bytes, Hours]:
    """Return what the ledger says of a window: the three tables, shown and exact, and what happened in each hour."""
    question = occupied_in(window, rules=storage.rules, most=10**6) if may_tell_occupied(window) else None
    measure = await storage.measure(sites, split=partial(split, window), by_hour=True, occupied=question)
    totals = measured.totals(measure, window=window, rules=storage.rules)
    offsets = await storage.hour_offsets()
    return _said(totals), measured.hours(measure, window=window, rules=storage.rules, offsets=offsets)


async def by_reference(storage: Storage, window: Window, *, sites: Sequence[str] | None) -> tuple[bytes, Hours]:
    """Return the same from all events."""
    snapshot = await storage.snapshot(sites)
    totals = kpis.totals(snapshot, window=window, rules=storage.rules)
    offsets = await storage.hour_offsets()
    hours: Hours = {}
    for site in offsets:
        _add_hours(hours, snapshot, site=site, of=(storage, window, offsets[site]))
    found = {place: amounts for place, amounts in sorted(hours.items()) if any(amounts)}
    return _said(replace(totals, knows_occupied=may_tell_occupied(window))), found


def _add_hours(hours: Hours, snapshot: Snapshot, *, site: str, of: tuple[Storage, Window, int]) -> None:
    storage, window, offset = of
    watermarks = {each.name: each.watermark for each in snapshot.cameras if each.site == site and each.watermark}
    first, last = -(2**62) if window.start is None else window.start, 2**62 if window.end is None else window.end
    for (of_site, _), sightings in snapshot.sightings.items():
        if of_site != site:
            continue
        for span in spans(sightings, rules=storage.rules, watermarks=watermarks):
            for hour, start, end in by_hour(max(span.start, first), min(span.end, last), offset=offset):
                amounts = hours.setdefault((site, hour), [0] * 5)
                amounts[COLUMNS[span.state]] += end - start
                amounts[ASSUMED] += end - start if span.is_assumed else 0
        for sighting in sightings:
            if sighting.event_type is EventType.product_count and window.holds(sighting.at):
                hours.setdefault((site, hour_of(sighting.at, offset=offset)), [0] * 5)[UNITS] += sighting.count


def _said(totals: kpis.Totals) -> bytes:
    tables: list[Any] = [[shown_rows(totals, what), exact_rows(totals, what)] for what in TABLES]
    return json.dumps(tables).encode()
