"""Workstations by their names, each of its own site; every minute of a worker is explained, to the microsecond."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Call, Opener
from tests.browser.plant import call as camera_calls
from tests.support.collector import at, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

DAY = "2026-01-15"
START, END = (1_768_464_000_000 + hours * 3_600_000 for hours in (0, 8))  # 08:00 to 16:00

SETTINGS: dict[str, Any] = {
    "sites": {"north": {"workstations": {"S1": "Press"}}, "south": {"workstations": {"S1": "Oven"}}},
    "cameras": {"cam-n": {"site": "north"}, "cam-s": {"site": "south"}},
}


async def test_an_id_at_two_sites_is_two_workstations_with_two_names(watched: Opener, tmp_path: Any) -> None:
    """Where it is not said which one is meant, both are offered; 59 minutes and 59.8 seconds are no hour anywhere."""
    async with running_collector(tmp_path, **SETTINGS) as there:
        there.clock.set(at("11:00"))
        await camera_calls(there, "cam-n", [item("10:30", "W1", "working")], seen_up_to="11:00")
        seen = [item("10:00", "W1", "working"), item("10:59:59.8", "W1", "idle")]
        await camera_calls(there, "cam-s", seen, seen_up_to="11:00")
        page = await watched(f"{there.url}/dashboard/")
        await page.open("board")
        tiles = sorted(await page.page.locator(".tile-name").all_inner_texts())
        await page.open("workers/W1?site=south")
        await page.page.wait_for_selector("#spans tbody tr")
        await page.page.wait_for_selector("#spans tbody tr")
        rows = await page.rows("spans")
        places = {row["place"] for row in rows if row["place"] != "–"}
        await expect(page.page.locator("#now-more")).to_contain_text("at Oven")
        await page.open("stations/S1")
        await expect(page.page.locator("#nobody")).to_have_text(
            "S1 is a workstation of several sites: Press (north), Oven (south)."
        )
        await page.page.get_by_role("link", name="Oven (south)").click()
        await expect(page.page.locator("#heading")).to_have_text("Oven")

        assert ["Oven south", "Press north"] == tiles
        assert {"Oven"} == places
        assert [("no data", "10:00:00"), ("working", "0:59:59"), ("idle", "0:00:00")] == [
            (row["state"], row["length"]) for row in rows
        ]
        for number in ("[data-row=occupancy_us]", "#occupied"):
            await expect(page.page.locator(f".cards {number}")).to_have_text("0:59")
        assert [] == page.misdeeds


async def test_a_worker_of_several_sites_leads_to_each(watched: Opener, tmp_path: Any) -> None:
    """As "All sites" does from the page of one of them; the same in the other direction."""
    async with running_collector(tmp_path, **SETTINGS) as there:
        there.clock.set(at("11:00"))
        for camera in ("cam-n", "cam-s"):
            await camera_calls(there, camera, [item("10:30", "W1", "working")], seen_up_to="11:00")
        page = await watched(f"{there.url}/dashboard/")
        await page.open("workers/W1?site=north")
        await page.page.locator("#site").select_option("")
        await expect(page.page.locator("#nobody")).to_have_text(
            "W1 is a worker of several sites: W1 (north), W1 (south)."
        )
        await expect(page.page.locator("#spans")).to_be_hidden()
        await page.page.get_by_role("link", name="W1 (south)").click()
        await expect(page.page.locator("#site-name")).to_have_text(" · south")
        await expect(page.page.locator("#now-more")).to_contain_text("at Oven")

        assert [] == page.misdeeds


def span(start: str, end: str) -> dict[str, Any]:
    """What the API tells of a stretch in one state."""
    return {"start": f"{DAY}T{start}Z", "end": f"{DAY}T{end}Z", "state": "working", "basis": "observed"}


@pytest.mark.parametrize(
    ("spans", "ends", "rows"),
    [
        ([], (START, END), ["08:00-16:00 no data"]),
        ([], (None, END), []),
        ([], (START, START), []),
        ([span("08:00:00", "16:00:00")], (START, END), ["08:00-16:00 working"]),
        (
            [span("09:00:00", "10:00:00.000001"), span("12:30:00", "15:59:59.500001")],
            (START, END),
            ["08:00-09:00 no data", "09:00-10:00 working", "10:00-12:30 no data", "12:30-15:59 working"],
        ),
        ([span("09:00:00", "10:00:00")], (None, END), ["09:00-10:00 working", "10:00-16:00 no data"]),
    ],
    ids=["nothing seen", "no begin, nothing seen", "not begun", "all of it", "gaps on every side", "no begin"],
)
async def test_time_without_data_has_rows_of_its_own(
    call: Call, spans: list[dict[str, Any]], ends: tuple[int | None, int], rows: list[str]
) -> None:
    """The rows follow one another from the first to the last minute; half a second is no row."""
    told = await call("span_table.js", "explained", spans, {"from": ends[0], "until": ends[1]})

    assert rows == [f"{row['start'][11:16]}-{row['end'][11:16]} {row['state']}" for row in told]
