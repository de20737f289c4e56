"""What happened in each clock hour of a site: rows for the API, for files and for the page.

An hour that the window cuts is named by the part that was asked for, so that nobody takes half an hour for a whole one.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from collector import hours
from collector.measures import Watched
from collector.metrics.ratios import rounded
from collector.metrics.watch import Watch
from collector.metrics.windows import Window
from collector.records import ABSENT, IDLE, UNITS, WORKING, Amounts
from shared.instants import HOUR, MINUTE, format_instant

HOUR_COLUMNS = (
    "site",
    "from",
    "to",
    "units_produced",
    "working_minutes",
    "idle_minutes",
    "absent_minutes",
    "watched_minutes",
    "utilization_percent",
    "target_units",
)
MOST_FILLED = 31 * 24 * HOUR
"""Of a longer window, and of an open one, only hours with something in them are told."""

MOST_ROWS = 10_000
"""Of all sites in one answer, somewhat more than a year of one: 2 MB."""

_NOTHING: Amounts = [0, 0, 0, 0, 0]


class HourTotals(NamedTuple):
    """What workers and cameras of a site did in `[start, end)`, which is an hour or what the window leaves of it."""

    site: str
    start: int
    end: int
    amounts: Amounts
    """Of all workers."""
    watched: int
    """Of all cameras, in microseconds."""
    target: int | None = None
    """How many units it aims at (`targets.py`); None: the site has no target."""


def in_order(
    found: Mapping[tuple[str, int], Amounts],
    *,
    window: Window,
    offsets: Mapping[str, int],
    watched: Mapping[str, Watched],
) -> list[HourTotals]:
    """Return the hours of a window by (site, hour), empty ones too where the window is closed and not too long.

    `found` is what happened by (site, hour); `offsets` says where the hours of each site begin, `watched` when its cameras
    watched.
    """
    places = sorted({*found, *_all_hours(window, offsets)})
    watches = {site: Watch(watched.get(site, {})) for site in {site for site, _ in places}}
    totals = []
    for site, hour in places:
        start, end = _cut(hour, window=window)
        amounts = found.get((site, hour), _NOTHING)
        totals.append(HourTotals(site, start, end, amounts, watches[site].within(start, end)))
    return totals


def can_be_filled(window: Window, *, sites: int) -> bool:
    """Say whether all hours of so many sites within a window, empty ones too, are few enough to be told."""
    length = window.length
    return length is not None and length <= MOST_FILLED and sites * (length // HOUR + 2) <= MOST_ROWS


def hour_rows(of: list[HourTotals]) -> list[dict[str, Any]]:
    """Return hours as the API shows them."""
    return [
        {
            **_named(hour),
            "units_produced": hour.amounts[UNITS],
            "working_minutes": rounded(hour.amounts[WORKING], MINUTE),
            "idle_minutes": rounded(hour.amounts[IDLE], MINUTE),
            "absent_minutes": rounded(hour.amounts[ABSENT], MINUTE),
            "watched_minutes": rounded(hour.watched, MINUTE),
            "utilization_percent": _utilization(hour.amounts),
            "target_units": hour.target,
        }
        for hour in of
    ]


def exact_hour_rows(of: list[HourTotals]) -> list[dict[str, Any]]:
    """Return hours in integer microseconds."""
    return [
        {
            **_named(hour),
            "units_produced": hour.amounts[UNITS],
            "working_us": hour.amounts[WORKING],
            "idle_us": hour.amounts[IDLE],
            "absent_us": hour.amounts[ABSENT],
            "watched_us": hour.watched,
            "utilization_percent": _utilization(hour.amounts),
            "target_units": hour.target,
        }
        for hour in of
    ]


def _utilization(amounts: Amounts) -> float:
    """Return working / (working + idle) of all workers together, in per cent."""
    return rounded(100 * amounts[WORKING], amounts[WORKING] + amounts[IDLE])


def _named(hour: HourTotals) -> dict[str, Any]:
    return {"site": hour.site, "from": format_instant(hour.start), "to": format_instant(hour.end)}


def _all_hours(window: Window, offsets: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    if window.start is None or window.end is None or window.end - window.start > MOST_FILLED:
        return
    for site, offset in offsets.items():
        for hour, _, _ in hours.by_hour(window.start, window.end, offset=offset):
            yield site, hour


def _cut(hour: int, *, window: Window) -> tuple[int, int]:
    start = hour if window.start is None else max(hour, window.start)
    end = hour + hours.LENGTH if window.end is None else min(hour + hours.LENGTH, window.end)
    return start, end
