"""The floor of one site, for those who see all sites and those who see that one: none is given the page of the other."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from collector.grants import Role
from tests.collector.web.tokens import session
from tests.support.collector import RunningCollector, envelope, item, running_collector

CAMERAS = {"C1": {"site": "north"}, "C2": {"site": "south"}}
NORTH = "/api/floor/?site=north"


@pytest.fixture
async def of_two_sites(tmp_path: Path) -> AsyncIterator[RunningCollector]:
    """Return a collector of two sites, at one of which a time zone waits for a rebuild."""
    async with running_collector(tmp_path, cameras=CAMERAS) as collector:
        for camera in CAMERAS:
            await collector.post(envelope([item("10:00", "W1", "working")], camera=camera))
    moved = {"south": {"time_zone": "Asia/Kolkata"}}
    async with running_collector(tmp_path, cameras=CAMERAS, sites=moved) as collector:
        yield collector


@pytest.mark.parametrize("is_of_all_first", [True, False], ids=["all sites first", "one site first"])
async def test_a_page_is_shared_by_those_alone_who_are_told_the_same(
    of_two_sites: RunningCollector, is_of_all_first: bool
) -> None:
    """Other sites, and what is not in force there, are told to those who see them, whoever looked before."""
    of_all = await session(of_two_sites, Role.viewer)
    of_one = await session(of_two_sites, Role.admin, site="north")
    turns = [of_all, of_one] if is_of_all_first else [of_one, of_all]
    told: list[Any] = []
    for headers in turns:
        floor = (await of_two_sites.ask("GET", NORTH, headers=headers)).json
        told.append(([row["site"] for row in floor["sites"]], len(floor["warnings"])))

    assert [(["north", "south"], 1), (["north"], 0)] == (told if is_of_all_first else told[::-1])


async def test_a_tag_of_somebody_who_sees_more_is_not_known(of_two_sites: RunningCollector) -> None:
    """Nobody is told that nothing has changed since a page on which other sites are named."""
    of_all = await session(of_two_sites, Role.viewer)
    of_one = await session(of_two_sites, Role.admin, site="north")
    tag = (await of_two_sites.ask("GET", NORTH, headers=of_all)).headers["ETag"]
    answers = [
        (await of_two_sites.ask("GET", NORTH, headers=who | {"If-None-Match": tag})).status for who in (of_all, of_one)
    ]

    assert [304, 200] == answers
