"""A purge by a clock that others say is ahead: it is held, whoever looks is told, and somebody who knows better may insist."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from collector.metrics.doubted_clock import HELD
from collector.records import KEPT_FOR_EVER, Retention
from collector.retaining import ClockDoubted, purge, purge_some, told
from collector.storage.sqlite import SqliteStorage
from shared.clock import SystemClock
from shared.instants import HOUR, MINUTE
from tests.support.collector import NOON_AFTER, RULES, contact, decide, delivery, event
from tests.support.invoked import invoked_collector

DAY = Retention(events=24 * HOUR)
DUE = NOON_AFTER + 24 * HOUR


async def stored(file: Path, *cameras: tuple[str, str, int], now: int) -> SqliteStorage:
    """Return a store with an event of the south, and cameras (site, name, how far ahead) that have just called."""
    storage = SqliteStorage.open(file, rules=RULES)
    await storage.store([delivery(event("10:00", "W1", "working"), site="south")], decide=decide)
    for site, camera, offset in cameras:
        called = delivery(site=site, camera=camera, contact=contact(clock_offset_us=offset))
        await storage.store([replace(called, received_at=now - MINUTE)], decide=decide)
    return storage


@pytest.mark.parametrize("sites", [None, ["south"], ["north", "south"]])
@pytest.mark.parametrize(("offset", "is_held"), [(0, False), (-3 * HOUR, True)])
async def test_an_admin_of_one_site_is_told_what_the_purge_does(
    tmp_path: Path, offset: int, sites: Sequence[str] | None, *, is_held: bool
) -> None:
    """By the cameras of all sites, whichever he sees."""
    cameras = (("north", "N1", -3 * HOUR), ("north", "N2", offset), ("south", "S1", 0))
    storage = await stored(tmp_path / "collector.db", *cameras, now=DUE)
    says = [line for line in await told(storage, DAY, now=DUE, sites=sites) if line.startswith(HELD)]
    try:
        taken = [site async for site, _ in purge(storage, DAY, now=DUE)]
    except ClockDoubted:
        taken = []
    await storage.close()

    assert is_held == (taken == []) == (len(says) == 1)


async def test_cameras_of_other_sites_are_told_by_their_number(tmp_path: Path) -> None:
    """With what to do about it; whoever sees all sites is told all names."""
    cameras = (("north", "N1", -3 * HOUR), ("north", "N2", -3 * HOUR), ("south", "S1", 0))
    storage = await stored(tmp_path / "collector.db", *cameras, now=DUE)
    *_, of_south = await told(storage, DAY, now=DUE, sites=["south"])
    *_, of_all = await told(storage, DAY, now=DUE)
    await storage.close()

    assert (True, False) == ("2 of 3 cameras" in of_south, "N1" in of_south)
    assert "(N1 of north, N2 of north)" in of_all
    assert "collector purge --by-this-clock" in of_south


@pytest.mark.parametrize("retention", [KEPT_FOR_EVER, DAY])
async def test_where_nothing_is_due_nothing_is_held(tmp_path: Path, retention: Retention) -> None:
    """Without a retention, and until the next hour where all is gone that shall be."""
    storage = await stored(tmp_path / "collector.db", ("north", "N1", -3 * HOUR), now=DUE)
    await purge_some(storage, retention, now=DUE, by_this_clock=True)
    says = [await told(storage, retention, now=DUE, sites=sites) for sites in (None, ["north"])]
    done = await purge_some(storage, retention, now=DUE)
    await storage.close()

    assert done["is_done"]
    assert [] == [line for lines in says for line in lines if line.startswith(HELD)]


async def test_the_command_names_the_camera_and_whoever_knows_better_insists(tmp_path: Path) -> None:
    """One slow camera of one holds the purge; `--by-this-clock` goes by the clock all the same."""
    file, settings = tmp_path / "collector.db", tmp_path / "collector.toml"
    settings.write_text('[retention]\nevents = "1d"\n')
    given = ("--database", str(file), "--config", str(settings))
    await (await stored(file, ("south", "cam-1", -2 * HOUR), now=SystemClock().now())).close()
    seen, held = await invoked_collector("purge", "--dry-run", *given), await invoked_collector("purge", *given)
    would = await invoked_collector("purge", "--dry-run", "--by-this-clock", *given)
    insisted = await invoked_collector("purge", "--by-this-clock", *given)

    assert (0, 1, 0, 0) == (seen.code, held.code, would.code, insisted.code)
    assert "the one camera that called lately (cam-1 of south) says that this machine's clock is 2 h ahead" in held.err
    assert "set the clock that is wrong; where this one is right, collector purge --by-this-clock" in held.err
    assert (True, False) == (HELD in seen.out, HELD in would.out)
    assert "hours of workers" in insisted.out
    assert "gone are events before" in (await invoked_collector("purge", "--dry-run", *given)).out
