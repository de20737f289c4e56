"""Stretches of time without an end: their pictures end where the numbers do, and tell what those of any other stretch tell."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Opener
from tests.browser.drawn import drawn
from tests.browser.plant import Plant, plant

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SINCE = "?from=2026-01-15T05:00:00Z"
SECONDS = 24_000
"""From then until now."""
SEEN_SECONDS = 21_480
"""Until the last word of the camera that is silent."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """The plant, whose clock stands."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        yield there


async def test_a_silent_camera_s_worker_is_hatched_behind_its_last_word(watched: Opener, running: Plant) -> None:
    """He is not drawn as if he had worked all the time."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(SINCE)
    picture = await drawn(page, "W2")
    share = SEEN_SECONDS / SECONDS

    assert SECONDS == picture["seconds"]
    assert [[0, 15_000], [16_800, SEEN_SECONDS]] == picture["states"]["working"]
    assert [pytest.approx([share, 1.0], abs=0.01)] == picture["hatched"]
    assert "100.000%" == picture["now"]
    assert [] == page.misdeeds


@pytest.mark.parametrize("path", ["", "workers/W2", "stations/S2", "cameras"])
async def test_each_picture_is_of_the_whole_stretch_and_stands_below_a_clock(
    watched: Opener, running: Plant, path: str
) -> None:
    """On each page that has pictures of time."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(f"{path}{SINCE}")
    axis = page.page.locator(".axis").locator("visible=true")
    await expect(axis).to_have_count(1)
    hours = await axis.locator("text").all_text_contents()
    boxes = await page.page.locator(".picture .states").evaluate_all(
        "pictures => pictures.map(picture => picture.getAttribute('viewBox'))"
    )

    assert {"08:00", "10:00", "12:00"} <= set(hours)
    assert {f"0 0 {SECONDS} 20"} == set(boxes)
    assert [] == page.misdeeds


@pytest.mark.parametrize(
    ("share", "moment", "place"),
    [(0.1, "W2: working", "1 of 4"), (0.66, "W2: idle", "2 of 4"), (0.97, "W2: no data", "4 of 4")],
)
async def test_a_click_opens_the_moment_under_the_pointer(
    watched: Opener, running: Plant, share: float, moment: str, place: str
) -> None:
    """At a share of the picture's width."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(f"workers/W2{SINCE}")
    frame = page.page.get_by_role("button", name="W2: working")
    box = await frame.bounding_box()
    assert box is not None
    await frame.click(position={"x": box["width"] * share, "y": box["height"] / 2})

    await expect(page.page.get_by_role("dialog", name=moment)).to_be_visible()
    await expect(page.page.locator("#moment-place")).to_have_text(place)


async def test_a_worker_s_days_stand_beside_his_hours(watched: Opener, running: Plant) -> None:
    """As for any stretch of more than 24 hours."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open("workers/W1?from=2026-01-14T05:00:00Z")

    await expect(page.page.locator("#days-section")).to_be_visible()
    assert 2 == len(await page.rows("days"))


@pytest.mark.parametrize("path", ["", "cameras"])
async def test_what_has_neither_begun_nor_an_end_is_drawn_empty(watched: Opener, running: Plant, path: str) -> None:
    """Nothing is hatched: nobody could have seen anything yet."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(f"{path}?from=2026-01-16T05:00:00Z&show=all")

    await expect(page.page.locator(".picture")).to_have_count(3)
    await expect(page.page.locator(".picture .no-data")).to_have_count(0)
    await expect(page.page.locator(".picture path")).to_have_count(0)
    assert [] == page.misdeeds


async def test_what_has_no_begin_has_no_pictures_and_its_page_says_so(watched: Opener, running: Plant) -> None:
    """Of the cameras as of the workers."""
    page = await watched(f"{running.url}/dashboard/")
    for path, note in (("", "#timelines-note"), ("cameras", "#watches-note")):
        await page.open(f"{path}?to=2026-01-15T10:00:00Z")

        await expect(page.page.locator(note)).to_contain_text("This stretch is too long")
        await expect(page.page.locator(".picture")).to_have_count(0)
    assert [] == page.misdeeds
