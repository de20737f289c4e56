"""What retention has taken is called "no longer kept", never "nobody was seen", on every page that would have shown it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from collector.control import service_door, socket_of
from tests.browser.conftest import Call, Opener
from tests.browser.watched_page import WatchedPage
from tests.support.collector import RunningCollector, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WINDOW = "?from=2026-01-15T10:00:00Z&to=2026-01-15T14:00:00Z"
WORKED = [
    item("10:00", "W1", "working"),
    item("10:40", "W1", "product_count", count=4),
    item("12:30", "W1", "idle"),
    item("13:00", "W1", "absent"),
]
TWO_DAYS = 2 * 24 * 3600
SPELLED = {"now": 0, "zone": "UTC", "until": 4_000_000_000_000}
ENDS = {
    "": "that is in sums and workstations, not in the rows of workers.",
    "workers/W1": "Of this time hours name nobody any more, and are not in these numbers.",
}
NOON = "2026-01-15T12:00:00Z"


async def purge(there: RunningCollector) -> None:
    """Let a collector let go what it may."""
    async with service_door(socket_of(there.settings.database_file())) as door:
        assert (await door.purge())["is_done"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def purged(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCollector]:
    """A collector whose events begin at noon."""
    folder = tmp_path_factory.mktemp("kept")
    async with running_collector(folder) as before:
        await before.post(WORKED)
    async with running_collector(folder, retention={"events": "1d", "person_hours": "2d"}) as there:
        await purge(there)
        yield there


async def said(page: WatchedPage, path: str) -> str:
    """What a page says on top of what is no longer kept; "" where it says nothing."""
    await page.open(path + WINDOW)
    text: str = await page.page.evaluate("document.getElementById('gone').checkVisibility() ? gone.textContent : ''")
    return text.replace("\u00a0", " ")


async def test_a_page_says_what_it_would_have_shown(watched: Opener, purged: RunningCollector) -> None:
    """First of events that are gone, then of hours that name nobody; pages of which nothing is missing say nothing."""
    page = await watched(f"{purged.url}/dashboard/")
    events = {path: await said(page, path) for path in ("hours", "workers/W1", "stations/S1", "data", "")}
    hatched = await page.page.eval_on_selector_all(
        "#workers .picture .no-data", "all => all.map(one => one.getAttribute('x'))"
    )
    purged.clock.advance(TWO_DAYS)
    await purge(purged)
    persons = {path: await said(page, path) for path in ENDS}

    before = "Before Thu 15 Jan 12:00"
    assert {
        "": f"{before} no timelines are kept any more; the numbers are.",
        "workers/W1": f"{before} spans are no longer kept.",
        "stations/S1": f"{before} it is no longer kept when who was here; the numbers are.",
        "data": f"{before} events are no longer kept; their numbers are.",
    } == {path: text for path, text in events.items() if text}
    assert ["77.083%"] == hatched  # after 13:05, but not before noon: nobody can tell any more who watched then
    assert ENDS == {path: persons[path][-len(end) :] for path, end in ENDS.items()}
    assert [] == [path for path, text in persons.items() if "Before" in text]
    assert [] == page.misdeeds


@pytest.mark.parametrize(
    ("page", "floor", "sentences"),
    [
        ("floor", {}, []),
        ("floor", {"timelines_from": NOON, "has_timelines": False}, []),
        ("floor", {"timelines_from": NOON, "shows_persons": False}, []),
        ("floor", {"persons_from": NOON, "shows_persons": False}, ["it is no longer kept who worked"]),
        ("worker", {"timelines_from": NOON, "has_timelines": False}, ["spans are no longer kept"]),
        ("worker", {"timelines_from": NOON, "persons_from": NOON}, ["spans are no longer", "name nobody any more"]),
        ("hours", {"timelines_from": NOON, "persons_from": NOON}, []),
    ],
)
async def test_only_what_is_missing_from_a_page_is_mentioned(
    call: Call, page: str, floor: dict[str, object], sentences: list[str]
) -> None:
    """A viewer misses no timeline, and a month had none to begin with."""
    whole = {"timelines_from": None, "persons_from": None, "shows_persons": True, "has_timelines": True}
    found = await call("retained.js", "goneFrom", page, whole | floor, SPELLED)

    assert [True] * len(sentences) == [part in one for part, one in zip(sentences, found, strict=True)]
