"""What a moment of a timeline says of what was not seen: that, and nothing of what is only on its way."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Call, Opener
from tests.browser.plant import SETTINGS
from tests.browser.plant import call as camera_calls
from tests.support.collector import at, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

START, UNTIL = at("08:00") // 1000, at("09:00") // 1000
SEEN, ASSUMED = 0, 1


def seconds(clock_time: str) -> int:
    """Seconds of a time of the day after the start."""
    return at(clock_time) // 1_000_000 - START // 1000


def segment(start: str, end: str, look: int = SEEN) -> list[Any]:
    """A stretch of work as the API has it for pictures."""
    return [seconds(start), seconds(end) - seconds(start), "w", 0, look]


@pytest.mark.parametrize(
    ("timeline", "now", "is_all_seen"),
    [
        ([segment("08:00", "09:00")], "09:00", True),
        ([segment("08:00", "08:59:50")], "09:00", True),
        ([segment("08:00", "08:58")], "09:00", True),
        ([segment("08:00", "08:57:50")], "09:00", False),
        ([segment("08:00", "08:59:50")], "09:20", False),
        ([segment("08:00", "08:59:50")], "09:01", True),
        ([segment("08:00", "08:30"), segment("08:31", "08:59:50")], "09:00", False),
        ([segment("08:00", "08:30", ASSUMED), segment("08:30", "08:59:50")], "09:00", False),
        ([], "09:00", True),
    ],
    ids=[
        "all",
        "a heartbeat behind",
        "as far behind as one that is up to date",
        "late",
        "a window that has passed",
        "a window that has just passed",
        "a gap",
        "a part that nobody watched",
        "nothing drawn",
    ],
)
async def test_what_is_on_its_way_is_not_called_unseen(
    call: Call, timeline: list[list[Any]], now: str, is_all_seen: bool
) -> None:
    """Of a state from 08:00 to 09:00, by what is drawn of it and when that was told."""
    view = {"timeline": timeline, "from": START, "until": UNTIL, "now": at(now) // 1000}

    assert is_all_seen == await call("moment.js", "isAllSeen", {"start": START, "end": UNTIL}, view)


async def test_a_state_that_goes_on_is_all_seen_while_its_camera_is_up_to_date(watched: Opener, tmp_path: Path) -> None:
    """An hour into a shift, the last heartbeat ten seconds before the page, the next one before the click."""
    async with running_collector(tmp_path, **SETTINGS) as there:
        there.clock.set(at("05:00"))
        await camera_calls(there, "cam-1", [], seen_up_to="05:00")
        there.clock.set(at("06:00:05"))
        await camera_calls(there, "cam-1", [item("05:10", "W1", "working")], seen_up_to="05:59:55", batch="b2")
        page = await watched(f"{there.url}/dashboard/")
        await page.open()
        there.clock.set(at("06:00:10"))
        await camera_calls(there, "cam-1", [], seen_up_to="06:00:10", batch="b3", last_seq=1)
        await page.page.get_by_role("button", name="Zoë: working").press("Enter")
        moment = page.page.locator("#moment")
        await expect(moment).to_contain_text("nothing seen")

        await expect(page.page.get_by_role("status")).to_have_text("The camera is up to date.")
        await expect(moment).not_to_contain_text("Not all of it")
        assert [] == page.misdeeds
