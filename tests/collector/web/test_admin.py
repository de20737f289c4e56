"""The admin's page: who has access and what is kept how long, and no person's data."""

import re
from pathlib import Path

from collector.grants import AddPerson, Role
from tests.collector.web.golden import EVENTS
from tests.collector.web.tokens import board_link, camera_token, change, session
from tests.support.collector import NOON_AFTER, RunningCollector, running_collector


async def test_an_admin_sees_access_and_what_is_kept(collector: RunningCollector) -> None:
    """Also that nothing ever goes; whatever a name is, it stays text."""
    await collector.post(EVENTS)
    admin = await session(collector, Role.admin)
    await camera_token(collector, "cam-<i>")
    await board_link(collector, "hall & yard")
    answer = await collector.ask("GET", "/dashboard/admin", headers=admin)

    assert 200 == answer.status
    assert "retention is off: events and hours of persons are kept for ever" in answer.text
    assert all(shown in answer.text for shown in ("cam-&lt;i&gt;", "hall &amp; yard", "<td><bdi>admin</bdi></td>"))
    assert "<i>" not in answer.text
    assert not [event for event in EVENTS if f">{event['worker_id']}<" in answer.text]


async def test_an_admin_sees_the_settings_in_force_and_what_goes_next(tmp_path: Path) -> None:
    """Every one of them, and no name of a worker; when the next hour goes is said before it does."""
    given = {"retention": {"events": "14d"}, "sites": {"default": {"workers": {"W1": "Wanda Hidden"}}}}
    (tmp_path / "collector.db.schema-4").touch()
    async with running_collector(tmp_path, **given) as running:
        await running.post(EVENTS)
        answer = await running.ask("GET", "/dashboard/admin", headers=await session(running, Role.admin))

    rows = (
        "session_gap</bdi></td><td><bdi>10h",
        "retention.events</bdi></td><td><bdi>14d",
        "workers</bdi></td><td><bdi>1 named",
    )
    assert [] == [row for row in rows if row not in answer.text]
    assert "site default: next to go are events before 2026-01-02T12:00:00Z" in answer.text
    assert "<li>collector.db.schema-4 holds what was stored until " in answer.text
    assert "Wanda" not in answer.text


async def test_an_admin_of_one_site_sees_who_sees_that_site(collector: RunningCollector) -> None:
    """People, boards and cameras of another site are not there; those of all sites are."""
    headers = await session(collector, Role.admin, site="south")
    for site in ("north", "south", None):
        await change(collector, AddPerson(f"of-{site}", Role.viewer, site, "no hash", NOON_AFTER))
        await board_link(collector, f"wall-{site}", site=site)
        await camera_token(collector, f"cam-{site}", site=site)
    page = (await collector.ask("GET", "/dashboard/admin", headers=headers)).text

    assert {"of-south", "of-None", "wall-south", "wall-None", "cam-south"} == set(
        re.findall(">((?:of|wall|cam)-[a-zN]+)<", page)
    )


async def test_without_access_the_page_says_that_everybody_may_do_everything(collector: RunningCollector) -> None:
    """To whoever reaches it, which is this machine alone."""
    answer = await collector.get("/dashboard/admin")

    assert "whoever reaches this address may do everything" in answer.text
