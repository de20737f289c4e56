"""What is drawn is what is known: a silent camera is no work, a state reaches into its window, every minute is explained."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from collector.storage.sqlite import SqliteStorage
from tests.browser.conftest import Opener
from tests.browser.drawn import DRAWN, drawn
from tests.browser.plant import NOW, SETTINGS, Plant, call, plant, watermark
from tests.browser.watched_page import WatchedPage
from tests.support.collector import RULES, at, contact, decide, delivery, envelope, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SHIFT_SECONDS = 8 * 3600


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """At 13:40 in Jerusalem, in the shift from 07:00 to 15:00; cam-2 has been silent since 12:58."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        yield there


async def opened(watched: Opener, running: Plant, path: str = "") -> WatchedPage:
    """A page of the plant."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(path)
    return page


def since(clock_time: str, *, start: str = "05:00") -> int:
    """Seconds of a time of the day in UTC after the shift's start."""
    return (at(clock_time) - at(start)) // 1_000_000


async def test_a_silent_camera_s_worker_is_hatched_and_not_working(watched: Opener, running: Plant) -> None:
    """W2 worked until 12:58 as far as anybody knows: nothing is drawn behind it but the hatching, and *now* is no data."""
    page = await opened(watched, running)
    row = next(row for row in await page.rows("workers") if row["name"] == "W2")

    picture = await drawn(page, "W2")

    assert "no data 0:42" == row["state"].replace("\u00a0", " ")
    assert since("10:58") == max(end for _, end in picture["states"]["working"])
    (hatched,) = picture["hatched"]
    assert [since("10:58") / SHIFT_SECONDS, since(NOW) / SHIFT_SECONDS] == pytest.approx(hatched, abs=0.005)
    assert "now no data since 12:58" in picture["sentence"]
    await expect(page.page.get_by_role("status")).to_have_text("Not complete yet: 1 of 2 cameras is behind.")
    await expect(page.page.locator("#verdict-detail")).to_contain_text(
        re.compile("All in up to 13:40, except cam-2: nothing after 12:58, 1,204.events waiting there. 1.camera never called")
    )  # fmt: skip
    await expect(page.page.locator("#at-work-more")).to_have_text("0 working · 1 idle · 1 last known")
    assert "▲ Floor · Lineside" == await page.page.title()
    await page.open("workers/W2")
    await expect(page.page.locator("#now-more")).to_have_text("nothing after 12:58")
    await page.open("stations/S2")
    there = await drawn(page, "W2")
    assert {"W2": "no data\u00a00:42"} == {
        row["name"]: row["state"].replace(" 0", "\u00a00") for row in await page.rows("workers")
    }
    assert [since("10:58") / SHIFT_SECONDS, since(NOW) / SHIFT_SECONDS] == pytest.approx(there["hatched"][0], abs=0.005)
    assert [] == page.misdeeds


async def test_what_nobody_watched_is_not_drawn_as_if_somebody_had(watched: Opener, tmp_path: Path) -> None:
    """cam-2 catches up with its newest event first: hatched from its watermark on. cam-1 was off for an hour: paler."""
    async with running_collector(tmp_path, **SETTINGS) as there:
        there.clock.set(at("05:00"))
        await call(there, "cam-1", [item("05:00", "W1", "working")], seen_up_to="05:00")
        await call(there, "cam-2", [], seen_up_to="05:00")
        there.clock.set(at("10:00"))
        await call(there, "cam-1", [], seen_up_to="10:00", batch="b2", last_seq=1)
        there.clock.set(at("10:58"))
        await call(there, "cam-2", [item("09:40", "W2", "working")], seen_up_to="10:58", batch="b2")
        there.clock.set(at("11:00"))
        off = envelope([], camera="cam-1", epoch="another", batch="b3")
        await there.post(off)
        await there.post(off | {"agent": off["agent"] | {"batch": "b4", "watermark": watermark("11:00")}})
        there.clock.set(at(NOW))
        await call(there, "cam-1", [], seen_up_to=NOW, batch="b5", last_seq=1)
        ahead = {"seqs": [[1206, 1206]], "last_seq": 1206, "pending": 1204, "oldest_pending_at": watermark("10:58")}
        await call(there, "cam-2", [item("11:38", "W2", "working")], seen_up_to="10:58", batch="b3", **ahead)
        page = await watched(f"{there.url}/dashboard/")
        await page.open()
        pictures = [await drawn(page, name) for name in ("Zoë", "W2")]
        await page.page.get_by_role("button", name="Zoë: working").click(position={"x": 5, "y": 5})
        moment = page.page.locator("#moment")
        await expect(moment).to_contain_text("Not all of it: the camera did not watch")

        assert {
            "working": [[0, since("10:00")], [since("11:00"), since(NOW)]],
            "working assumed": [[since("10:00"), since("11:00")]],
        } == pictures[0]["states"]
        assert {"working": [[since("09:40"), since("10:58")]]} == pictures[1]["states"]
        assert "now no data since 12:58" in pictures[1]["sentence"]
        await page.open("workers/W2")
        await expect(page.page.locator("#now-more")).to_have_text("nothing after 12:58")
        assert [] == page.misdeeds


async def test_a_state_that_began_before_the_window_reaches_into_it(watched: Opener, running: Plant) -> None:
    """W1 began at 06:50 by the clock of the site; the shift's picture begins with work, and its numbers count it."""
    page = await opened(watched, running)

    picture = await drawn(page, "Zoë")
    row = next(row for row in await page.rows("workers") if row["name"] == "Zoë")

    assert [[0, since("07:30")], [since("08:15"), since("11:10")]] == picture["states"]["working"]
    assert [[since("07:30"), since("08:15")]] == picture["states"]["absent"]
    assert [] == picture["hatched"]
    assert ("5:25", "0:30", "12") == (row["working_us"], row["idle_us"], row["units_produced"])
    assert pytest.approx(100 * since(NOW) / SHIFT_SECONDS, abs=0.01) == float(picture["now"].rstrip("%"))


async def test_every_minute_of_a_worker_is_explained(watched: Opener, running: Plant) -> None:
    """His page, two clicks on from the picture, lists the spans with what began and ended them; the hours add up."""
    page = await opened(watched, running)
    await page.page.get_by_role("button", name="Zoë: working 5:25").click()
    await page.page.get_by_role("link", name="All spans").click()
    await page.page.wait_for_selector("#spans tbody tr")
    rows = await page.rows("spans")

    assert ["working", "absent", "working", "idle"] == [row["state"] for row in rows]
    assert ["2:30:00", "0:45:00", "2:55:00", "0:30:00"] == [row["length"] for row in rows]
    assert "working Thu 15 Jan 06:50:00 by cam-1" == rows[0]["began"].replace("\u00a0", " ")
    assert "nothing seen" == rows[-1]["ended"]
    hours = await page.rows("parts")
    assert ["1:00", "1:00", "0:30", "0:45", "1:00", "1:00", "0:10"] == [row["working_us"] for row in hours]
    assert {"working_us": "5:25", "idle_us": "0:30", "absent_us": "0:45", "no_data_us": "0:00"}.items() <= (
        await page.totals("parts")
    ).items()
    await expect(page.page.get_by_role("heading", level=1)).to_have_text("Zoë")
    assert [] == page.misdeeds


async def test_how_it_was_a_week_before_stands_beside_the_mean(watched: Opener, running: Plant) -> None:
    """By the same clock and for as long; the API's mean of that stretch, with its n. One conflict leads to itself."""
    seen = {"06:00": "working", "07:00": "idle", "08:00": "absent", "11:50": "working", "11:55": "absent"}
    await running.post(
        [item(moment, "W1", kind) | {"timestamp": f"2026-01-08T{moment}:00Z"} for moment, kind in seen.items()]
    )
    page = await opened(watched, running)
    await expect(page.page.locator("#trend")).to_have_text("▲ a week before 50.00\u00a0%, 1\u00a0worker")

    await page.page.get_by_role("link", name="1\u00a0conflict").click()
    await page.page.wait_for_selector("#events tbody tr")

    assert ["12"] == [row["count"] for row in await page.rows("events")]
    assert [] == page.misdeeds


async def test_a_moment_that_cannot_be_loaded_says_what_to_do(watched: Opener, running: Plant) -> None:
    """After an upgrade the collector may have no such file for a page that was left open: the click is answered all the same."""
    page = await opened(watched, running)
    await page.page.route("**/moment.js", lambda route: route.fulfill(status=404))
    await page.page.get_by_role("button", name="W2: working").press("Enter")

    await expect(page.page.locator("#moment-dialog")).to_contain_text("Load the page anew")


async def test_a_moment_of_a_timeline_opens(watched: Opener, running: Plant) -> None:
    """A click tells what was then, Enter what is known last: from when to when, where, by which events and camera."""
    page = await opened(watched, running)
    dialog = page.page.locator("#moment-dialog")
    facts = dialog.locator("#moment")
    picture = page.page.get_by_role("button", name="Zoë: working 5:25")
    await picture.click()  # in its middle: 11:00 by the clock of the site
    await expect(facts).to_contain_text("10:15:00")
    clicked = await facts.inner_text()
    await dialog.get_by_role("button", name="What was before it").click()
    before = await dialog.get_by_role("heading").inner_text()
    await page.page.keyboard.press("Escape")
    await page.page.get_by_role("button", name="W2: working").press("Enter")
    await expect(facts).to_contain_text("12:58:00")
    last = await facts.inner_text()
    await dialog.get_by_role("button", name="What was before it").click()
    await dialog.get_by_role("link", name="Events").click()
    await page.page.wait_for_selector("#events tbody tr")

    day = "Thu 15 Jan"
    assert [
        "From", f"{day} 10:15:00", "To", f"{day} 13:10:00", "Length", "2:55:00 (h:mm:ss)", "Station", "Press", "Camera", "cam-1",
        "Began with", f"working {day} 10:15:00", "Counts up to", f"idle {day} 13:10:00",
    ] == clicked.replace("\u00a0", " ").split("\n")  # fmt: skip
    assert "Zoë: absent" == before
    assert ["From", f"{day} 12:58:00", "To", f"{day} 13:40:00"] == last.replace("\u00a0", " ").split("\n")[:4]
    assert ["working Thu 15 Jan 11:40:00"] == [
        f"{row['type']} {row['name']}".replace("\u00a0", " ") for row in await page.rows("events")
    ]
    assert [] == page.misdeeds


async def test_the_board_names_no_person(watched: Opener, running: Plant) -> None:
    """Workstations, their state and for how long; nobody who works there, and nothing to scroll."""
    page = await opened(watched, running, "board")
    text = await page.page.locator("body").inner_text()

    assert all(name not in text for name in ("Zoë", "W1", "W2", "W3"))
    tile = page.page.locator(".tile", has_text="Press")
    await expect(tile).to_contain_text("IDLE 0:30")
    await expect(page.page.locator(".tile", has_text="S2")).to_contain_text("NO DATA")
    await expect(page.page.locator("#board-of")).to_have_text("Thu 15 Jan · morning 07:00–15:00")
    assert await page.page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
    assert [] == page.misdeeds


async def test_an_hour_that_a_camera_still_owes_does_not_look_finished(watched: Opener, running: Plant) -> None:
    """cam-2 has told nothing after 12:58: the hours from 12:00 on say so in bars, heat map, table and on the board."""
    marked = "parts => parts.map(part => part.getAttribute('class'))"
    page = await opened(watched, running, "hours?shift=2026-01-15/morning")
    bars = page.page.locator("#hour-bars svg")
    looks = await bars.locator(".bar").evaluate_all(marked)
    cells = await page.page.locator("#heat td").evaluate_all(marked)
    names = [row["name"] for row in await page.rows("hours")]
    sentence = await bars.get_attribute("aria-label") or ""
    await expect(page.page.locator("#owed-note")).to_be_visible()
    await page.open("board")
    of_board = await page.page.locator("#board-hours tbody th").all_inner_texts()

    assert ["bar"] * 5 + ["bar owed", "bar going-on owed"] == looks
    assert ["heat"] * 5 + ["heat owed", "heat going-on owed"] == cells
    for hours in (names[::-1], sentence.split("; "), of_board):
        assert [False] * 5 + [True] * 2 == ["not all in yet" in hour for hour in hours], hours
    assert [] == page.misdeeds


async def test_cameras_are_listed_worst_first_with_what_they_hold(watched: Opener, running: Plant) -> None:
    """Late before New before Up; backlog, clock and when each watched."""
    page = await opened(watched, running, "cameras")
    rows = await page.rows("cameras")

    assert [("cam-2", "Down", "1,204", "12:58"), ("cam-9", "New", "0", "–"), ("cam-1", "Up", "0", "13:40")] == [
        (row["name"], row["state"], row["pending"], row["watermark"]) for row in rows
    ]
    hatched = await page.page.locator("#cameras tbody tr").first.evaluate(DRAWN)
    assert [since("10:58") / SHIFT_SECONDS, since(NOW) / SHIFT_SECONDS] == pytest.approx(
        hatched["hatched"][-1], abs=0.005
    )


async def test_conflicts_and_rejected_items_can_be_looked_at(watched: Opener, running: Plant) -> None:
    """Which version stands, which lost, and why an item is no event: of the stretch shown, as many as the floor counts."""
    await running.post([{"timestamp": "of this very moment"}])
    page = await opened(watched, running, "data?tab=conflicts")

    (conflict,) = await page.rows("events")
    await page.page.get_by_role("tab", name="Rejected").click()
    (item_,) = await page.rows("rejected")

    assert ("12", "count 9, confidence –") == (conflict["count"], conflict["losers"])
    assert 1 == (await page.api("floor"))["rejected"]
    assert "from=" in str(await page.page.locator("#rejected-csv").get_attribute("href"))
    assert ("bad_timestamp", '{"timestamp":"yesterday"}') == (item_["code"], item_["item"].replace(" ", ""))


async def test_a_camera_beyond_those_that_are_drawn_has_no_picture_that_says_never(
    watched: Opener, tmp_path: Path
) -> None:
    """500 are drawn; of the others the page says that they watched, and shows no hatching as if they had not."""
    storage = SqliteStorage.open(tmp_path / "collector.db", rules=RULES)
    for clock_time in ("11:39", NOW):
        said = contact(watermark=at(clock_time), pending=1)
        calls = [delivery(camera=f"cam-{number:03}", contact=said) for number in range(502)]
        await storage.store(calls, decide=decide)
    await storage.close()
    async with running_collector(tmp_path) as there:
        page = await watched(f"{there.url}/dashboard/")
        await page.open(f"cameras?from={watermark('11:00')}&to={watermark('12:00')}")
        table = page.page.locator("#cameras")
        await expect(table.locator("tbody tr")).to_have_count(502)
        await expect(table).not_to_have_attribute("aria-busy", "true")
        pictures = {name: table.locator("tr", has_text=name).locator("svg.picture") for name in ("cam-499", "cam-500")}

        await expect(pictures["cam-499"]).to_have_attribute(
            "aria-label", "cam-499 watched 0:01, not 11:00–11:39, 11:40–12:00."
        )
        await expect(pictures["cam-500"]).to_have_count(0)
        await expect(page.page.locator("#watches-note")).to_have_text(
            "2 cameras more watched then; no picture says when."
        )
        assert [] == page.misdeeds
