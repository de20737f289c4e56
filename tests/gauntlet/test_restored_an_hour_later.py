"""The collector is restored from a backup of an hour ago: every agent refills it, more than a receipt can name at a time.

The hour is one of every clock (libfaketime): events, contacts and watermarks of the backup are an hour older than those of
the agents. When it was made, one camera was in the midst of a backlog: the backup has it in more than a hundred stretches,
and since then more numbers have come than are made pending at a time.
"""

import asyncio
import time
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
from sqlite_utils.utils import sqlite3

from edge_agent.delivery.lacking import MOST_AGAIN
from shared.instants import SECOND, format_instant, parse_instant
from shared.wire import MAX_LACKING_RANGES
from tests.support.fault_proxy import Fault, FaultProxy, fault_proxy
from tests.support.flaky_collector import until
from tests.support.line import Line, stored_in
from tests.support.wall_clock import set_by_tests

pytestmark = [pytest.mark.processes, pytest.mark.gauntlet, pytest.mark.timeout(1_800)]

HOUR_SECONDS = 3_600
STEPS = 24
"""Of two and a half minutes each: a clock that is a step behind is not so far behind that events lie in the future."""
CAMERAS = {"cam-1": 250, "cam-2": 100, "cam-3": 100}
"""How many events each has in one step of the hour."""
BEFORE = 200
HOLES = MAX_LACKING_RANGES + 60
BATCH = 30
KINDS = ("working", "product_count", "idle", "absent", "product_count")


class Camera:
    """Makes events that end now, by the clock that the machines have."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.made = 0

    def make(self, count: int, *, until: int, seconds: float) -> list[dict[str, object]]:
        """Return events of the last so many seconds before an instant, of four workers at three workstations."""
        made = []
        for place in range(count):
            self.made += 1
            kind = KINDS[self.made * 7 % 5]
            made.append(
                {
                    "timestamp": format_instant(until - round((count - 1 - place) * seconds * SECOND / count)),
                    "worker_id": f"{self.name}-W{self.made % 4}",
                    "workstation_id": f"S{self.made % 3}",
                    "event_type": kind,
                    "count": self.made % 5 if kind == "product_count" else 0,
                }
            )
        return made


async def test_a_backup_of_an_hour_ago_is_refilled_by_every_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a hand; then the metrics and the events are what they were, byte for byte."""
    clock = set_by_tests(monkeypatch, tmp_path, cached_seconds=1)
    clock.is_ahead(-HOUR_SECONDS)
    monkeypatch.setenv("EDGE_AGENT_DELIVERY__HEARTBEAT", "1s")
    for key, value in {"INITIAL": "100ms", "MAX": "200ms", "RECOVERY_SPREAD": "200ms"}.items():
        monkeypatch.setenv(f"EDGE_AGENT_RETRY__{key}", value)
    cameras = {name: Camera(name) for name in CAMERAS}
    async with AsyncExitStack() as stack, aiohttp.ClientSession() as session:
        line = Line(tmp_path, stack=stack, session=session)
        await line.start_collector()
        proxy = await stack.enter_async_context(fault_proxy(seed=0, faults=(Fault.error_500,)))
        proxy.upstream = ("127.0.0.1", int(line.url.rpartition(":")[2]))
        line.ways["cam-1"] = proxy.url
        for name in CAMERAS:
            monkeypatch.setenv("EDGE_AGENT_DELIVERY__MAX_EVENTS", str(BATCH) if name == "cam-1" else "500")
            await line.start_agent(name)
        began = now() - HOUR_SECONDS * SECOND
        for name in ("cam-2", "cam-3"):
            await line.post(name, cameras[name].make(BEFORE, until=began, seconds=300))
        await leave_holes(line, proxy, camera=cameras["cam-1"])

        made = await line.db("backup", str(line.backup))
        proxy.share = 0.0
        for step in range(1, STEPS + 1):
            ahead = -HOUR_SECONDS + step * HOUR_SECONDS // STEPS
            clock.is_ahead(ahead)
            for name, count in CAMERAS.items():
                items = cameras[name].make(count, until=now() + ahead * SECOND, seconds=HOUR_SECONDS / STEPS)
                await line.post(name, items)
            if step == STEPS // 2:
                await line.kill_agent("cam-2")
        await line.until_delivered(seconds=400)
        until_at = await past_watermark(line, session)
        before = [await line.shown(**window) for window in windows(began, until_at)]
        events = stored_in(line.database)

        await line.stop_collector()
        restored = await line.db("restore", str(line.backup))
        told = told_by(line.database)
        await line.start_collector()
        listed = await line.until_all_is_there(events, seconds=600)
        await line.until_delivered(seconds=300)
        await past_watermark(line, session, least=until_at)
        after = [await line.shown(**window) for window in windows(began, until_at)]
        returned = await line.returned()

    assert (0, 0) == (made.code, restored.code)
    assert sum(camera.made for camera in cameras.values()) == events
    assert told.ranges > MAX_LACKING_RANGES
    assert told.newest_contact < now() - (HOUR_SECONDS - 600) * SECOND
    assert before == after
    assert list(CAMERAS) == [camera["camera"] for camera in listed]
    assert {0} == {lost for _, lost in returned.values()}
    assert returned["cam-1"][0] > MOST_AGAIN
    assert returned["cam-3"][0] == STEPS * CAMERAS["cam-3"]


async def leave_holes(line: Line, proxy: FaultProxy, *, camera: Camera) -> None:
    """Let one batch pass of each post: the newest and the oldest of what waits, and a stretch between them is left."""
    proxy.on_request = lambda _: setattr(proxy, "share", 1.0)
    for _ in range(HOLES):
        until_at = now() - HOUR_SECONDS * SECOND
        await line.post(camera.name, camera.make(5 * BATCH // 2, until=until_at, seconds=0.1))
        passed, proxy.share = proxy.passed, 0.0
        await until(lambda: proxy.passed > passed, seconds=60)  # noqa: B023 - awaited here
    proxy.on_request = lambda _: None


async def past_watermark(line: Line, session: aiohttp.ClientSession, *, least: int = 0) -> int:
    """Wait until every camera has been watched past an instant, and return up to when all of them were."""
    async with asyncio.timeout(60):
        while True:
            async with session.get(f"{line.url}/api/cameras/") as answer:
                watermarks = [
                    parse_instant(camera["watermark"] or "1970-01-01T00:00:00Z") for camera in await answer.json()
                ]
            if len(watermarks) == len(CAMERAS) and min(watermarks) > least:
                return min(watermarks)
            await asyncio.sleep(0.1)


def windows(begin: int, end: int) -> list[dict[str, str]]:
    """Return windows that end before any open state does: the hour, and a part of it."""
    middle = begin + (end - begin) // 3
    return [{"from": format_instant(start), "to": format_instant(end)} for start in (begin - 600 * SECOND, middle)]


class Told(NamedTuple):
    """What a database says of its cameras."""

    ranges: int
    """The most stretches in which it has the numbers of one epoch."""
    newest_contact: int


def told_by(database: Path) -> Told:
    """Return what a database says of its cameras while no collector has it open."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        counted = connection.execute("select count(*) from camera_range group by site, camera, epoch").fetchall()
        (newest,) = connection.execute("select max(last_contact_at) from camera").fetchone()
    return Told(max(many for (many,) in counted), newest)


def now() -> int:
    """Return the true time as an instant."""
    return time.time_ns() // 1_000
