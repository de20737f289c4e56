"""One worker's time and units by the hours and days of the site's clock: sums of the very pieces that explain them.

    pieces   |====== W ======|== I ==|        |= W =|
    hours    |---------|---------|---------|---------|
    result     W 60       W 35 I 25   I 15      W 30      minutes; the rest is no data

Hours are clock hours as in the ledger, days are local days, of 23 to 25 hours; a window cuts the first and the last. Both
add up to the worker's metrics, to the microsecond.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import time
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from collector import hours
from collector.metrics.ratios import rounded
from collector.metrics.shifts import Shift, worked_on
from collector.metrics.timeline import Timeline, sum_row, within
from collector.metrics.windows import Window
from shared.errors import BadRequest
from shared.instants import HOUR, MINUTE, datetime_of, format_instant

MOST_BY_HOUR = 49 * HOUR
"""Two days, also where one has 25 hours; of more, nobody reads the hours of one worker."""
MOST_BY_DAY = 366 * 24 * HOUR
PART_COLUMNS = (
    "worker_id",
    "site",
    "from",
    "to",
    "working_minutes",
    "idle_minutes",
    "absent_minutes",
    "assumed_minutes",
    "no_data_minutes",
    "units_produced",
    "unwatched_minutes",
)
_DAY = Shift("day", time(), time())

Stretch = tuple[int, int]


def hour_rows(told: Timeline) -> list[dict[str, Any]]:
    """Return a row for each hour of a closed window of at most two days."""
    window = told.kept_window
    if window.start is None or window.end is None or window.end - window.start > MOST_BY_HOUR:
        return []
    return _rows(
        told, [(start, end) for _, start, end in hours.by_hour(window.start, window.end, offset=told.hour_offset)]
    )


def day_rows(told: Timeline, *, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return a row for each local day of a closed window of at most a year."""
    window = told.kept_window
    if window.start is None or window.end is None or window.end - window.start > MOST_BY_DAY:
        return []
    return _rows(told, list(_days(window.start, window.end, zone=zone)))


def file_rows(told: Timeline, *, of: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return `hours` or `days` for a file, in minutes, as files tell time.

    Raises:
        BadRequest: the window is open, or longer than these are told of: an empty file would look like an answer.
    """
    window = told.kept_window
    longest, instead = (MOST_BY_HOUR, "49 hours") if of == "hours" else (MOST_BY_DAY, "366 days")
    if window.length is None or window.length > longest:
        raise BadRequest(
            f"of: {of} are told of a window closed at both ends and of {instead} at most",
            field="of",
            hint="ask for a smaller window, or leave `of` out: the spans are told of longer ones",
        )
    parts = hour_rows(told) if of == "hours" else day_rows(told, zone=zone)
    return [
        {"worker_id": told.worker.id, "site": told.worker.site}
        | {column: part[column] for column in ("from", "to", "units_produced")}
        | {
            f"{name}_minutes": rounded(part[f"{name}_us"], MINUTE)
            for name in ("working", "idle", "absent", "assumed", "unwatched", "no_data")
        }
        for part in parts
    ]


def _days(start: int, end: int, *, zone: ZoneInfo) -> Iterator[Stretch]:
    while start < end:
        worked = worked_on(_DAY, datetime_of(start).astimezone(zone).date(), zone=zone)
        until = end if worked is None else min(end, worked.end)
        yield start, until
        start = until


def _rows(told: Timeline, stretches: Sequence[Stretch]) -> list[dict[str, Any]]:
    ats = [at for at, _ in told.counts]
    made = [0, *accumulate(count for _, count in told.counts)]
    return [
        {
            "from": format_instant(start),
            "to": format_instant(end),
            "units_produced": made[bisect_left(ats, end)] - made[bisect_left(ats, start)],
            **sum_row(within(Window(start, end), told.pieces), window=Window(start, end), unseen=told.unseen),
        }
        for start, end in stretches
    ]
