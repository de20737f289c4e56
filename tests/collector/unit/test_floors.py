"""Pages in memory: made once for everybody who looks at the same, and no more than a few."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from collector.floors import Floors
from collector.metrics.asked import Question
from collector.metrics.ledger import splice
from collector.pages import KEPT
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.storage.base import Storage
from collector.storage.sqlite import SqliteStorage
from tests.support.collector import NOON_AFTER, RULES, contact, delivery, event
from tests.support.fake_clock import FakeClock

HOURS = [Question(f"2026-01-15T{hour:02}:00:00Z", f"2026-01-15T{hour + 1:02}:00:00Z") for hour in range(KEPT + 1)]


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    """Return a store with one event."""
    storage = SqliteStorage.open(tmp_path / "collector.db", rules=RULES)
    await storage.store([delivery(event("10:00", "W1", "working"))], decide=partial(splice, rules=RULES))
    yield storage
    await storage.close()


@pytest.fixture
def floors(storage: Storage) -> Floors:
    """Return floors with no page in memory."""
    settings, clock = CollectorSettings(), FakeClock(NOON_AFTER)
    reports = Reports(storage, settings=settings, clock=clock)
    return Floors(storage, reports=reports, settings=settings, clock=clock)


async def test_many_who_look_at_the_same_cost_one_page(floors: Floors) -> None:
    """At the same time or later, even if the first to ask goes away."""
    view = await floors.look(HOURS[10], seen=None, shows_persons=True)
    impatient = asyncio.create_task(floors.page(view))
    await asyncio.sleep(0)
    impatient.cancel()
    pages = await asyncio.gather(*(floors.page(view) for _ in range(5)))
    pages.append(await floors.page(await floors.look(HOURS[10], seen=None, shows_persons=True)))

    assert 1 == len({id(page) for page in pages})
    assert pages[0].content == gzip.decompress(pages[0].compressed)


async def test_the_oldest_pages_go(floors: Floors) -> None:
    """So that memory is bounded, whatever windows are asked for."""
    views = [await floors.look(question, seen=None, shows_persons=True) for question in HOURS]
    first = await floors.page(views[0])
    for view in views[1:KEPT]:
        await floors.page(view)
    still_there = await floors.page(views[0])
    await floors.page(views[KEPT])
    second_again = await floors.page(views[1])

    assert first is still_there
    assert first is await floors.page(views[0])
    assert second_again is not first


async def test_what_somebody_sees_is_part_of_the_tag(floors: Floors) -> None:
    """Nobody is told that nothing has changed since a page of somebody else."""
    views = [
        await floors.look(HOURS[10], seen=None, shows_persons=True),
        await floors.look(HOURS[10], seen=None, shows_persons=False),
        await floors.look(HOURS[10], seen=["default"], shows_persons=True),
        await floors.look(HOURS[11], seen=None, shows_persons=True),
        await floors.look(HOURS[10]._replace(site="default"), seen=None, shows_persons=True),
    ]

    assert len(views) == len({view.etag for view in views})


async def test_a_site_that_somebody_may_not_see_is_empty(floors: Floors) -> None:
    """Asking for it by name does not open it."""
    view = await floors.look(HOURS[10]._replace(site="default"), seen=["north"], shows_persons=True)
    floor = json.loads((await floors.page(view)).content)

    assert ([], [], [], 0) == (
        floor["workers"],
        floor["workstations"],
        floor["hours"],
        floor["completeness"]["cameras"],
    )


async def test_a_camera_that_is_known_elsewhere_is_not_waited_for_where_the_settings_place_it(storage: Storage) -> None:
    """It has called, and stays where its events are; one that nobody has heard of is waited for there alone."""
    await storage.store(
        [delivery(event("10:00", "W1", "working"), camera="C1", site="default", contact=contact())],
        decide=partial(splice, rules=RULES),
    )
    cameras = {"C1": {"site": "north"}, "C2": {"site": "north"}, "C3": {"site": "south"}}
    settings, clock = CollectorSettings.model_validate({"cameras": cameras}), FakeClock(NOON_AFTER)
    reports = Reports(storage, settings=settings, clock=clock)
    floors = Floors(storage, reports=reports, settings=settings, clock=clock)
    asked = [HOURS[10]._replace(site=site) for site in (None, "default", "north", "south")]
    views = [await floors.look(question, seen=None, shows_persons=True) for question in asked]

    assert [2, 0, 1, 1] == [view.never_called for view in views]
    assert [1, 1, 0, 0] == [view.completeness.cameras for view in views]
