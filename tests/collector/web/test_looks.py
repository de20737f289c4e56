"""The access log: who was shown data of persons, whose, and when; nothing else is noted."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from collector.control import service_door, socket_of
from collector.grants import Role
from collector.measures import NAMELESS, Look
from collector.storage.sqlite import SqliteStorage
from tests.collector.web.tokens import session
from tests.support.collector import NOON_AFTER, RunningCollector, item, running_collector

DAY = [item("10:00", "W1", "working"), item("10:30", "W1", "idle"), item("10:00", "W2", "working")]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningCollector]:
    """Return a collector that has two workers."""
    async with running_collector(tmp_path) as collector:
        await collector.post(DAY)
        yield collector


async def looks(running: RunningCollector, *, worker_id: str | None = None) -> list[Look]:
    """Return what is noted, the newest first."""
    storage = SqliteStorage.open_read_only(running.settings.database_file())
    try:
        return await storage.looks(worker_id=worker_id, site=None)
    finally:
        await storage.close()


async def test_a_look_at_persons_is_noted_once_an_hour(running: RunningCollector) -> None:
    """With the person, the role, the address, and whose data it was: of one worker, or of all."""
    headers = await session(running, Role.supervisor)
    for path in ("timeline/?worker_id=W1", "timeline/?worker_id=W1", "metrics/workers.csv?site=default", "floor/"):
        await running.ask("GET", f"/api/{path}", headers=headers)
    look = partial(Look, NOON_AFTER, "supervisor", "supervisor")

    assert [
        look(what="floor", site=None, worker_id=None),
        look(what="metrics/workers.csv", site="default", worker_id=None),
        look(what="timeline", site="default", worker_id="W1"),
    ] == await looks(running)
    assert ["floor", "metrics/workers.csv"] == [each.what for each in await looks(running, worker_id="W2")]


async def test_white_space_around_an_id_hides_no_look(running: RunningCollector) -> None:
    """An id is read without it, so the look is noted without it, too."""
    headers = await session(running, Role.supervisor)
    for path in ("timeline/?worker_id=%20W1", "events/?worker_id=W1%E2%80%A8"):
        assert 200 == (await running.ask("GET", f"/api/{path}", headers=headers)).status

    assert ["W1", "W1"] == [each.worker_id for each in await looks(running, worker_id="W1")]


async def test_the_next_hour_is_noted_anew(running: RunningCollector) -> None:
    """So that it can be told on which days, and how long, somebody looked."""
    headers = await session(running, Role.supervisor)
    for minutes in (0, 20, 39):  # noon, twenty past, and a minute to one
        running.clock.advance(minutes * 60)
        await running.ask("GET", "/api/timeline/?worker_id=W1", headers=headers)
    first = len(await looks(running))
    running.clock.set(NOON_AFTER - 1_800 * 10**6)  # the session ends after an hour, so the other hour is the one before
    await running.ask("GET", "/api/timeline/?worker_id=W1", headers=headers)

    assert (1, 2) == (first, len(await looks(running)))


async def test_who_sees_no_person_or_is_not_known_is_not_noted(running: RunningCollector) -> None:
    """A viewer's page, a refused request, a request of nobody in particular, numbers of workstations."""
    await running.get("/api/metrics/workers/")
    viewer, admin = await session(running, Role.viewer), await session(running, Role.admin)
    supervisor = await session(running, Role.supervisor)
    for headers in (viewer, admin):
        for path in ("floor/", "metrics/workers/", "timeline/?worker_id=W1"):
            await running.ask("GET", f"/api/{path}", headers=headers)
    for path in ("metrics/workstations/", "timeline/?worker_id=W9", "metrics/workers/?site=nowhere"):
        await running.ask("GET", f"/api/{path}", headers=supervisor)

    assert [] == await looks(running)


async def test_a_worker_who_is_erased_is_erased_from_it(running: RunningCollector) -> None:
    """That somebody was looked at stays."""
    headers = await session(running, Role.supervisor)
    await running.ask("GET", "/api/timeline/?worker_id=W1", headers=headers)
    async with service_door(socket_of(running.settings.database_file())) as door:
        await door.forget("W1", site=None)

    assert [("timeline", NAMELESS)] == [(look.what, look.worker_id) for look in await looks(running)]
