"""The access log: who was shown data of persons, whose, and when; nothing else is noted."""

from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from collector.control import service_door, socket_of
from collector.grants import Role
from collector.measures import NAMELESS, Look
from collector.storage.sqlite import SqliteStorage
from collector.web import events_api
from collector.web import looks as remembering
from tests.collector.web.test_connections import connected, told
from tests.collector.web.tokens import camera_token, session
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


async def test_who_was_asked_for_before_being_there_is_noted_afterwards(running: RunningCollector) -> None:
    """The first look has seen nobody, the second has."""
    headers = await session(running, Role.supervisor)
    camera = await camera_token(running, "C1")
    for _ in range(2):
        assert 200 == (await running.ask("GET", "/api/events/?worker_id=W7", headers=headers)).status
        await running.ask("POST", "/api/app/", json=item("11:00", "W7", "working"), headers=camera)

    assert ["W7"] == [each.worker_id for each in await looks(running, worker_id="W7")]


async def test_half_of_a_file_is_a_look(running: RunningCollector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ended it, here a row that cannot be read; where nothing could be sent nothing was seen."""
    monkeypatch.setattr(events_api, "EVENTS_A_PIECE", 2)
    headers = await session(running, Role.supervisor)
    with closing(sqlite3.connect(running.settings.database_file(), isolation_level=None)) as connection:
        connection.execute("pragma ignore_check_constraints = on")
        connection.execute(
            "update event set type = 9 where worker = (select number from worker where worker_id = 'W2')"
        )
    for worker in ("W2", "W1"):
        await running.ask("GET", f"/api/events/?worker_id={worker}", headers=headers)
    async with connected(running) as (reader, writer):
        shown = f"Cookie: {headers['Cookie']}\r\nConnection: close\r\n\r\n"
        writer.write(f"GET /api/events.csv HTTP/1.1\r\nHost: 127.0.0.1\r\n{shown}".encode())
        await reader.readuntil(b",W1,")
        await told(reader)

    assert ["events", "events.csv"] == [each.what for each in await looks(running)]


async def test_what_is_remembered_is_bounded(running: RunningCollector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond that, a look that the store has already is written down again."""
    monkeypatch.setattr(remembering, "MOST_REMEMBERED", 1)
    headers = await session(running, Role.supervisor)
    for path in ("timeline/?worker_id=W1", "timeline/?worker_id=W2", "timeline/?worker_id=W1"):
        with closing(sqlite3.connect(running.settings.database_file(), isolation_level=None)) as connection:
            connection.execute("delete from look")
        await running.ask("GET", f"/api/{path}", headers=headers)

    assert ["W1"] == [each.worker_id for each in await looks(running)]


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
