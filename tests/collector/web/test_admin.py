"""The admin's page: who has access and what is kept how long, and no person's data."""

from collector.grants import Role
from tests.collector.web.golden import EVENTS
from tests.collector.web.tokens import board_link, camera_token, session
from tests.support.collector import RunningCollector


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


async def test_without_access_the_page_says_that_everybody_may_do_everything(collector: RunningCollector) -> None:
    """To whoever reaches it, which is this machine alone."""
    answer = await collector.get("/dashboard/admin")

    assert "whoever reaches this address may do everything" in answer.text
