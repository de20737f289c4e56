"""When the last state at a workstation ended, in windows without an end: whoever stayed longest, wherever they went."""

from functools import partial

import pytest

from collector.metrics import measured
from collector.metrics.parts import split
from collector.metrics.windows import Window
from collector.storage.base import Storage
from shared.events import Event, EventType
from shared.instants import MINUTE, format_instant
from tests.support.collector import RULES, at, decide, delivery

Told = tuple[str, int, str, str]
"""Worker, minutes after ten o'clock, kind, station."""
NEXT_DAY = 24 * 60
CASES: dict[str, tuple[list[Told], int]] = {
    "left for another station": ([("W1", 0, "working", "S1"), ("W1", 30, "working", "S2")], 30),
    "outlasted by parts made elsewhere, hours later": (
        [("W1", 0, "working", "S1"), *(("W1", minute, "product_count", "S2") for minute in (30, 200, 290)), ("W1", 300, "idle", "S2")],
        300,
    ),
    "only parts made elsewhere since": ([("W1", 0, "working", "S1"), ("W1", 90, "product_count", "S2")], 90),
    "a silence of a day": ([("W1", 0, "working", "S1"), ("W1", NEXT_DAY, "idle", "S2")], 5),
    "a silence of a day after a part": (
        [("W1", 0, "working", "S1"), ("W1", 10, "product_count", "S2"), ("W1", NEXT_DAY, "idle", "S2")],
        10,
    ),
    "taken up after a silence": (
        [("W1", 0, "working", "S1"), *(("W1", NEXT_DAY + minute, "product_count", "S2") for minute in (0, 20)), ("W1", 3 * NEXT_DAY, "idle", "S2")],
        NEXT_DAY + 20,
    ),
    "two people, the one who came later stays": (
        [("W1", 0, "working", "S1"), ("W2", 1, "idle", "S1"), ("W1", 20, "idle", "S2"), ("W2", 50, "idle", "S3")],
        50,
    ),
    "two people, the one who came first stays": (
        [("W1", 0, "absent", "S1"), ("W2", 1, "idle", "S1"), ("W1", 80, "idle", "S2"), ("W2", 50, "idle", "S3")],
        80,
    ),
    "a late event takes time away": (
        [("W1", 0, "working", "S1"), ("W1", 90, "idle", "S2"), ("W1", 15, "idle", "S3")],
        15,
    ),
    "of two states at one instant the other one lasts": (
        [("W1", 0, "working", "S1"), ("W1", 0, "working", "S2"), ("W1", 30, "idle", "S2")],
        0,
    ),
    "the last event there is another's": (
        [("W1", 0, "working", "S1"), ("W1", 70, "idle", "S2"), ("W2", 65, "product_count", "S1")],
        70,
    ),
    "the last event there is later than any time": (
        [("W1", 0, "working", "S1"), ("W1", 70, "idle", "S2"), ("W2", 300, "product_count", "S1")],
        300,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_a_workstations_own_window_reaches_to_the_end_of_the_last_state_there(
    storage: Storage, name: str
) -> None:
    """In each batch one event, in the order they are told."""
    told, minutes = CASES[name]
    for worker, minute, kind, station in told:
        event = Event(at("10:00") + minute * MINUTE, worker, station, EventType[kind], 1, None)
        await storage.store([delivery(event)], decide=decide)
    measure = await storage.measure(split=partial(split, Window()))
    found = measured.totals(measure, window=Window(), rules=RULES).stations[0]

    assert found.window_end is not None
    assert format_instant(at("10:00") + minutes * MINUTE) == format_instant(found.window_end)
