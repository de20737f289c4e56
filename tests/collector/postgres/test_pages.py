"""Pages of several collectors over one database: a load balancer may send each request to another one."""

from pathlib import Path

from tests.support.collector import RunningCollector, item, running_collector
from tests.support.postgres import Server
from tests.support.programs import command

FLOOR = "/api/floor/?from=2026-01-15T09:00:00Z&to=2026-01-15T12:00:00Z"


async def test_collectors_show_one_page_and_notice_each_others_writing(postgres: Server, tmp_path: Path) -> None:
    """The same bytes under the same ETag; what one has stored changes the page of both, at once."""
    url = await postgres.emptied_database()
    async with running_collector(tmp_path, database=url) as one, running_collector(tmp_path, database=url) as other:
        pages = []
        for writer, minute in ((one, "10:00"), (other, "10:10"), (one, "10:20")):
            await writer.post(item(minute, "W1", "working"))
            pages.append([await each.get(FLOOR) for each in (one, other)])
        etag = pages[-1][0].headers["ETag"]
        unchanged = await other.ask("GET", FLOOR, headers={"If-None-Match": etag})

    assert all(first.content == second.content for first, second in pages)
    assert all(first.headers["ETag"] == second.headers["ETag"] for first, second in pages)
    assert 3 == len({first.headers["ETag"] for first, _ in pages})
    assert 304 == unchanged.status


async def test_a_site_renamed_at_one_collector_is_known_by_the_other(postgres: Server, tmp_path: Path) -> None:
    """What it remembered of the old name is void: events for that name make a new site."""
    url = await postgres.emptied_database()
    async with running_collector(tmp_path, database=url) as one, running_collector(tmp_path, database=url) as other:
        for each, minute in ((one, "10:00"), (other, "10:01")):
            await each.post(item(minute, "W1", "working"))
        await _rename(one, "default", "north")
        await other.post(item("10:02", "W1", "idle"))
        stored = {event["timestamp"][11:16]: event["site"] for event in await one.stored()}

    assert {"10:00": "north", "10:01": "north", "10:02": "default"} == stored


async def _rename(collector: RunningCollector, old: str, new: str) -> None:
    told = await command("collector", "sites", "rename", old, new, "--database", str(collector.settings.database_url))

    assert 0 == told.code, told.err
