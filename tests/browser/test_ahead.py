"""Stretches of time that have not begun: every page says that, and its files are files."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Call, Opener
from tests.browser.plant import Plant, plant

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AHEAD = "this has not begun yet."
TOMORROW = "?shift=2026-01-16/morning"
WINDOW: dict[str, Any] = {"from": "2026-01-16T05:00:00Z", "to": "2026-01-16T13:00:00Z"}
STARTED = {"until": "2026-01-16T06:00:00Z"}
NOT_BEGUN = {"until": WINDOW["from"]}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """The plant, on the day before."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        yield there


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", "#nobody"),
        ("hours", "#nobody"),
        ("stations/S1", "#nobody"),
        ("cameras", "#watches-note"),
        ("board", "#board-of"),
        ("workers/W1", "#nobody"),
        ("data", "#events-note"),
        ("data", "#rejected-note"),
    ],
)
async def test_what_has_not_begun_is_called_that(watched: Opener, running: Plant, path: str, place: str) -> None:
    """On each page, by the collector's clock; nothing that it asks is refused."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(f"{path}{TOMORROW}{'&tab=rejected' if 'rejected' in place else ''}")

    await expect(page.page.locator(place)).to_be_visible()
    await expect(page.page.locator(place)).to_contain_text(AHEAD)
    await expect(page.page.locator("#trust")).to_have_attribute("data-level", "behind")
    assert [] == page.misdeeds


async def test_nobody_says_that_a_camera_did_not_watch_what_has_not_begun(watched: Opener, running: Plant) -> None:
    """Neither the sentences of the pictures nor a hatching."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(f"cameras{TOMORROW}")
    pictures = page.page.locator("#cameras .picture")
    said = [await picture.get_attribute("aria-label") for picture in await pictures.all()]

    assert {f"{camera}: {AHEAD}" for camera in ("cam-1", "cam-2", "cam-9")} == set(said)
    await expect(pictures.locator(".no-data")).to_have_count(0)


async def test_a_picture_of_what_has_not_begun_opens_with_that(watched: Opener, running: Plant) -> None:
    """Of a worker of whom there is nothing yet."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(f"{TOMORROW}&show=all")
    await page.page.get_by_role("button", name="Zoë: working").press("Enter")

    await expect(page.page.get_by_role("dialog", name="Zoë")).to_contain_text(AHEAD)
    assert [] == page.misdeeds


@pytest.mark.parametrize("query", [TOMORROW, "?from=2026-01-16T05:00:00Z"], ids=["a shift", "without an end"])
async def test_the_files_of_what_has_not_begun_are_files(watched: Opener, running: Plant, query: str) -> None:
    """Each link of a floor and of the events leads to one."""
    page = await watched(f"{running.url}/dashboard/")
    links = []
    for path in ("", "data"):
        await page.open(f"{path}{query}")
        links += await page.page.locator("a.file[href*='.csv']").evaluate_all(
            "links => links.map(link => link.getAttribute('href'))"
        )
    answers = [await running.get(link) for link in links]

    assert 5 == len(answers)
    assert {200} == {answer.status for answer in answers}


@pytest.mark.parametrize(
    ("window", "asked"),
    [
        (WINDOW | STARTED, f"?from={WINDOW['from']}&to={STARTED['until']}"),
        (WINDOW | NOT_BEGUN, f"?from={WINDOW['from']}&to={WINDOW['to']}"),
        (WINDOW | NOT_BEGUN | {"to": None}, f"?from={WINDOW['from']}"),
        (WINDOW | STARTED | {"from": None}, f"?to={STARTED['until']}"),
    ],
    ids=["goes on", "not begun", "not begun, without an end", "without a begin"],
)
async def test_a_window_is_asked_for_by_ends_that_make_sense(call: Call, window: dict[str, Any], asked: str) -> None:
    """Where it has begun up to where the numbers end, else by its own."""
    query = await call("address.js", "closed", "?shift=x&tab=hours", window)

    assert asked.replace(":", "%3A") == query
