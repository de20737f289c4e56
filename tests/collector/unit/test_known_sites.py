"""What sites there are to choose among: read anew after each write where they are few, and only so often where they are many."""

from pathlib import Path

import pytest

from collector.floors import Floors
from collector.known_sites import FEW, SECONDS_OF_MANY, KnownSites
from collector.metrics.asked import Question
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.storage.sqlite import SqliteStorage
from tests.support.collector import RULES, decide, delivery, event
from tests.support.fake_clock import FakeClock


@pytest.mark.parametrize(("number", "is_missing"), [(FEW, False), (FEW + 1, True)])
async def test_a_new_site_among_many_is_offered_a_little_later(
    tmp_path: Path, number: int, *, is_missing: bool
) -> None:
    """Among few at once; whoever sees some is told of those, and each look of the same the same."""
    clock, settings = FakeClock(), CollectorSettings()
    storage = SqliteStorage.open(tmp_path / "collector.db", rules=RULES)
    known = KnownSites(storage, reports=Reports(storage, settings=settings, clock=clock), clock=clock)
    seen = event("10:00", "W1", "working")
    await storage.store([delivery(seen, site=f"X{place:03}") for place in range(number)], decide=decide)
    before = await known.there()
    some = known.told(before, ["X001", "X007", "Y"])
    await storage.store([delivery(seen, site="Y")], decide=decide)
    at_once = await known.there()
    clock.advance(SECONDS_OF_MANY)
    later = await known.there()
    await storage.close()

    assert (number, ["X001", "X007"], []) == (len(before.names), some.places, some.warnings)
    assert some is known.told(before, ["X001", "X007", "Y"])
    assert is_missing == ("Y" not in at_once.names)
    assert [*before.names, "Y"] == later.names
    assert ["X001", "X007", "Y"] == known.told(later, ["X001", "X007", "Y"]).places


async def test_a_new_site_among_many_is_offered_though_nothing_more_is_written(tmp_path: Path) -> None:
    """A page that is open finds it by itself, also in a plant at rest."""
    clock, settings = FakeClock(), CollectorSettings()
    storage = SqliteStorage.open(tmp_path / "collector.db", rules=RULES)
    reports = Reports(storage, settings=settings, clock=clock)
    floors = Floors(storage, reports=reports, settings=settings, clock=clock)
    seen = event("10:00", "W1", "working")
    await storage.store([delivery(seen, site=f"X{place:03}") for place in range(FEW + 1)], decide=decide)
    await floors.look(Question(), seen=None, shows_persons=True)
    await storage.store([delivery(seen, site="Y")], decide=decide)
    at_once = await floors.look(Question(), seen=None, shows_persons=True)
    clock.advance(SECONDS_OF_MANY)
    later = await floors.look(Question(), seen=None, shows_persons=True)
    await storage.close()

    assert "Y" not in at_once.places
    assert [*at_once.places, "Y"] == later.places
    assert at_once.etag != later.etag
