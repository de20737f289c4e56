"""A day on which clocks are set forward or back has its own length, everywhere on the page."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.instants import parse_instant
from tests.browser.conftest import Opener
from tests.browser.drawn import drawn
from tests.support.collector import running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BERLIN = {"sites": {"default": {"time_zone": "Europe/Berlin"}}}
DST_DAYS = [
    ("2026-03-29", 23, "Sun 29 Mar", {"01": "3", "02": None, "03": "5"}),
    ("2026-10-25", 25, "Sun 25 Oct", {"01": "0", "02": "3 + 5", "03": "0"}),
]
"""The hours that begin at midnight and at one o'clock UTC bring three and five units."""
OF_DAY = """
table => [...table.tBodies[0].rows].map(row => [row.cells[0].textContent, Object.fromEntries(
    [...row.cells].slice(1).map((cell, index) => [
        table.tHead.rows[0].cells[index + 1].textContent,
        cell.classList.contains('none') ? null : cell.textContent,
    ]))])
"""


@pytest.mark.parametrize(("day", "hours", "title", "cells"), DST_DAYS)
async def test_a_day_on_which_clocks_are_set(
    watched: Opener, tmp_path: Any, day: str, hours: int, title: str, cells: dict[str, str | None]
) -> None:
    """It has 23 or 25 hours in numbers, pictures and tables; the hour that was there twice is there twice, in one cell."""
    start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZoneInfo("Europe/Berlin"))
    async with running_collector(tmp_path, **BERLIN) as there:
        there.clock.set(parse_instant(f"{day}T20:00:00Z"))
        clock = {"timestamp": start.isoformat(), "worker_id": "W1", "workstation_id": "S1", "event_type": "working"}
        made = [
            clock | {"event_type": "product_count", "timestamp": f"{day}T{hour:02}:30:00Z", "count": count}
            for hour, count in enumerate((3, 5))
        ]
        gone = clock | {"timestamp": start.replace(hour=9).isoformat(), "event_type": "absent"}
        await there.post([clock, *made, gone, clock | {"worker_id": "W2"}])
        page = await watched(f"{there.url}/dashboard/")
        await page.open()
        worked = {row["name"]: row["working_us"] for row in await page.rows("workers")}
        picture = await drawn(page, "W1")
        noon = await page.page.locator("#workers .axis text", has_text="12:00").get_attribute("x") or ""
        await page.page.get_by_role("tab", name="Hours").click()
        bars = await page.page.locator("#hour-bars").get_by_role("img").get_attribute("aria-label") or ""
        period = await page.page.locator("#period").inner_text()
        there.clock.set(parse_instant(f"{day}T23:30:00Z"))
        ends = [(start + timedelta(days=days)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for days in (-1, 1)]
        await page.open(f"hours?from={ends[0]}&to={ends[1]}")

        seconds = (hours - 24 + 9) * 3600
        assert (f"{hours - 24 + 9}:00", f"{title}, so far") == (worked["W1"], period.replace("\u00a0", " "))
        assert (hours * 3600, [[0, seconds]]) == (picture["seconds"], picture["states"]["working"])
        assert pytest.approx(100 * (hours - 12) / hours, abs=0.01) == float(noon.rstrip("%"))
        assert bars.count("02:00 ") == {None: 0, "3 + 5": 2}[cells["02"]]
        named = [row["name"].replace("\u00a0", " ") for row in await page.rows("hours")]
        (_, before), (shown, heat) = await page.page.locator("#heat table").evaluate(OF_DAY)
        assert (hours, 24) == (sum(title in name for name in named), len(before))
        assert bars.count("02:00 ") == sum(f"{title} 02:00" in name for name in named)
        assert (title, cells) == (shown.replace("\u00a0", " "), {hour: heat[hour] for hour in cells})
        assert [] == page.misdeeds
