"""What is drawn paler or hatched is also said: to those who do not see it, in the table of spans and in its file."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.browser.plant import Plant, call, watermark
from tests.support.collector import at, envelope, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WINDOW = "from=2026-01-15T05:00:00Z&to=2026-01-15T11:00:00Z"


async def off_from_seven_to_ten(there: Plant) -> None:
    """W1 works from 05:00 on, and the agent of the camera is off for three hours; at 10:10 it still says working."""
    there.clock.set(at("05:00"))
    await call(there, "cam-1", [item("05:00", "W1", "working")], seen_up_to="05:00")
    there.clock.set(at("07:00"))
    await call(there, "cam-1", [], seen_up_to="07:00", batch="b2", last_seq=1)
    there.clock.set(at("10:00"))
    begun = envelope([], camera="cam-1", epoch="another", batch="b3")
    await there.post(begun)
    for batch, clock_time in (("b4", "10:00"), ("b5", "10:10")):
        there.clock.set(at(clock_time))
        await there.post(begun | {"agent": begun["agent"] | {"batch": batch, "watermark": watermark(clock_time)}})
    there.clock.set(at("10:11"))
    await call(there, "cam-2", [], seen_up_to="10:11")


async def test_what_is_paler_is_also_said(watched: Opener, tmp_path: Path) -> None:
    """Three hours of five: in the picture's sentence, in the row of the span and in the sums."""
    async with running_collector(tmp_path) as there:
        await off_from_seven_to_ten(there)
        page = await watched(f"{there.url}/dashboard/")
        await page.open(f"?{WINDOW}")
        sentence = await page.page.locator("#workers .picture").get_attribute("aria-label")
        await page.open(f"workers/W1?{WINDOW}")
        (span,) = [row for row in await page.rows("spans") if row["state"] == "working"]
        sums = await page.page.locator('#spans [data-total="unwatched_us"]').inner_text()
        await page.open(f"cameras?{WINDOW}")
        pictures = page.page.locator("#cameras .picture")
        cameras = [await picture.get_attribute("aria-label") for picture in await pictures.all()]

        assert (
            "W1: working 5:10, idle 0:00, absent 0:00, of these not watched 3:00, no data 0:01; now working since 05:00."
            == sentence
        )
        assert ("5:10:00", "3:00:00", "3:00:00") == (span["length"], span["unwatched"], sums)
        assert ["cam-1 watched 2:10, not 07:00–10:00, 10:10–10:11.", "cam-2 watched never."] == sorted(
            map(str, cameras)
        )
        assert [] == page.misdeeds


async def test_what_is_assumed_is_said_in_the_sentence(watched: Opener, tmp_path: Path) -> None:
    """A last state lasts five minutes by the numbers; nobody saw them, and nobody claims that no camera watched."""
    async with running_collector(tmp_path) as there:
        there.clock.set(at("10:30"))
        await there.post(item("10:00", "W1", "working"))
        page = await watched(f"{there.url}/dashboard/")
        await page.open(f"?{WINDOW}")

        await expect(page.page.locator("#workers .picture")).to_have_attribute(
            "aria-label",
            "W1: working 0:05, idle 0:00, absent 0:00, of these assumed 0:05, no data 5:25; now no data since 10:05.",
        )
        assert [] == page.misdeeds


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-01-14T22:00:00Z", "2026-01-15T06:00:00Z", (8, [])),
        ("2026-01-14T00:00:00Z", "2026-01-16T00:00:00Z", (48, ["0:00", "0:05"])),
        ("2026-01-13T00:00:00Z", "2026-01-16T00:00:00Z", (3, [])),
    ],
    ids=["a night", "two days", "three days"],
)
async def test_a_worker_s_hours_and_days(
    watched: Opener, tmp_path: Path, start: str, end: str, expected: tuple[int, list[str]]
) -> None:
    """Up to two days by the hour, of more than 24 hours by the day, too; of more than two days by the day alone."""
    async with running_collector(tmp_path) as there:
        there.clock.set(at("23:59"))
        await there.post(item("05:00", "W1", "working"))
        page = await watched(f"{there.url}/dashboard/")
        await page.open(f"workers/W1?from={start}&to={end}")
        parts = await page.rows("parts")
        days = await page.rows("days")

        assert expected == (len(parts), [row["working_us"] for row in days])
        await expect(page.page.locator("#days-section")).to_be_visible(visible=bool(days))
        assert [] == page.misdeeds


async def test_each_order_of_a_worker_s_tables_is_in_the_address(watched: Opener, tmp_path: Path) -> None:
    """A link to the page shows hours, days and spans as they were sorted, each otherwise."""
    async with running_collector(tmp_path) as there:
        there.clock.set(at("23:59"))
        await there.post([item("05:00", "W1", "working"), item("06:00", "W1", "idle")])
        page = await watched(f"{there.url}/dashboard/")
        await page.open("workers/W1?from=2026-01-14T00:00:00Z&to=2026-01-16T00:00:00Z")
        days = page.page.locator("#days")
        for table in ("days", "spans"):
            await page.page.locator(f"#{table} thead").get_by_role("button").first.click()
        sorted_rows = [await page.rows(table) for table in ("parts", "days", "spans")]
        await page.page.reload()
        await expect(days.locator("tbody tr")).to_have_count(2)
        await page.page.wait_for_selector("[aria-busy]", state="detached")

        assert "sort_days=-name&sort_spans=-name" in page.page.url
        assert sorted_rows == [await page.rows(table) for table in ("parts", "days", "spans")]
        assert ["1:00", "0:00"] == [row["working_us"] for row in sorted_rows[1]]
        assert [] == page.misdeeds
