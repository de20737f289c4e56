"""A worker's hours and days: parts of the timeline that add up to the whole, by the clock of the site."""

from zoneinfo import ZoneInfo

import pytest

from collector.metrics.timeline import Piece, Timeline, sum_row
from collector.metrics.windows import Window
from collector.metrics.worker_hours import day_rows, hour_rows
from collector.records import Registered, State
from shared.events import EventType
from shared.instants import HOUR, MINUTE, parse_instant

START = parse_instant("2026-10-24T20:00:00Z")  # 22:00 in Berlin, on the eve of a day of 25 hours
BERLIN = ZoneInfo("Europe/Berlin")


def told(hours: float, *, offset: int = 0) -> Timeline:
    """Somebody who works 50 minutes of each hour, is idle for 5, and makes a part when he begins."""
    pieces, counts = [], []
    for number in range(int(hours)):
        at = START + number * HOUR
        working, idle = (State(at, int(kind), "S1", None) for kind in (EventType.working, EventType.idle))
        pieces.append(Piece(at, at + 50 * MINUTE, working, None, is_assumed=False))
        pieces.append(Piece(at + 50 * MINUTE, at + 55 * MINUTE, idle, None, is_assumed=True))
        counts.append((at, 2))
    window = Window(START, START + int(hours * HOUR))
    return Timeline(Registered("default", "W1", "W1"), window, pieces, counts, offset)


def test_an_hour_has_what_of_the_spans_lies_in_it() -> None:
    """And the units that were made in it; the last one is cut by the window."""
    rows = hour_rows(told(1.5))

    assert [
        ("2026-10-24T20:00:00Z", "2026-10-24T21:00:00Z", 50, 5, 5, 2),
        ("2026-10-24T21:00:00Z", "2026-10-24T21:30:00Z", 0, 0, 30, 0),
    ] == [
        (row["from"], row["to"], *(row[f"{key}_us"] // MINUTE for key in ("working", "idle", "no_data")), row["units_produced"])
        for row in rows
    ]  # fmt: skip


def test_days_are_local_ones() -> None:
    """The day on which clocks are set back has 25 hours of work."""
    rows = day_rows(told(28), zone=BERLIN)

    assert ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T00:00:00Z"] == [row["to"] for row in rows]
    assert [2, 25, 1] == [row["units_produced"] // 2 for row in rows]


@pytest.mark.parametrize("offset", [0, 30 * MINUTE])
def test_parts_add_up_to_the_whole(offset: int) -> None:
    """To the microsecond, also where hours begin at half past."""
    timeline = told(26, offset=offset)
    whole = sum_row(timeline.pieces, window=timeline.window, unseen=timeline.unseen)

    for rows in (hour_rows(timeline), day_rows(timeline, zone=BERLIN)):
        assert whole == {key: sum(row[key] for row in rows) for key in whole}
        assert 52 == sum(row["units_produced"] for row in rows)


@pytest.mark.parametrize("window", [Window(None, START), Window(START, None), Window(0, START)])
def test_what_nobody_would_read_is_not_told(window: Window) -> None:
    """Hours and days of open and of very long windows."""
    timeline = Timeline(Registered("default", "W1", "W1"), window, [])

    assert ([], []) == (hour_rows(timeline), day_rows(timeline, zone=BERLIN))
