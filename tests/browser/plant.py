"""A collector in this process, with a clock that tests set, and a shift in which everything happens that has a look."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from shared.instants import format_instant
from tests.support.collector import RunningCollector, at, envelope, item, running_collector

Plant = RunningCollector
SHIFTS = [
    {"name": "morning", "start": "07:00", "end": "15:00"},
    {"name": "late", "start": "15:00", "end": "23:00"},
]
SETTINGS: dict[str, Any] = {
    "sites": {
        "default": {
            "time_zone": "Asia/Jerusalem",
            "shifts": SHIFTS,
            "target_units_per_hour": 20,
            "workers": {"W1": "Zoë"},
            "workstations": {"S1": "Press"},
        }
    },
    "cameras": {"cam-9": {}},
}
NOW = "11:40"


def watermark(clock_time: str) -> str:
    """A watermark at a time of the day in UTC."""
    return format_instant(at(clock_time))


async def call(there: Plant, camera: str, events: list[dict[str, Any]], *, seen_up_to: str, **header: Any) -> None:
    """Let a camera's agent call: what it delivers, and up to where it has watched."""
    answer = await there.post(
        envelope(events, camera=camera, epoch=f"e-{camera}", watermark=watermark(seen_up_to), **header)
    )
    assert 200 == answer.status, answer.text


@asynccontextmanager
async def plant(folder: Path) -> AsyncIterator[Plant]:
    """Run the plant: at 13:40 in Jerusalem, cam-1 up to date, cam-2 silent since 12:58."""
    async with running_collector(folder, **SETTINGS) as there:
        there.clock.set(at("04:30"))
        await call(there, "cam-1", [], seen_up_to="04:30")
        await call(there, "cam-2", [], seen_up_to="04:30", batch="first")
        there.clock.set(at("10:58"))
        seen = [
            item("04:40", "W2", "working"),
            item("08:00", "W2", "product_count", count=40),
            item("09:10", "W2", "idle"),
            item("09:40", "W2", "working"),
        ]
        await there.post([{"timestamp": "yesterday"}])
        await call(there, "cam-2", seen, seen_up_to="10:58", pending=1204, oldest_pending_at=watermark("10:58"))
        there.clock.set(at(NOW))
        seen = [
            item("04:50", "W1", "working"),
            item("06:00", "W1", "product_count", count=12),
            item("06:00", "W1", "product_count", count=9),
            item("07:30", "W1", "absent"),
            item("08:15", "W1", "working"),
            item("11:10", "W1", "idle"),
            item("05:30", "W3", "working"),
            item("09:00", "W3", "product_count", count=30),
            item("11:00", "W3", "absent"),
        ]
        await call(there, "cam-1", seen, seen_up_to=NOW)
        yield there
