"""Whoever hangs up while a body is judged holds what it takes until that has ended: no way round the limits."""

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from collector.service import serving
from collector.settings import CollectorSettings
from collector.web import app
from tests.collector.web.test_connections import connected
from tests.support.collector import NOON_AFTER, RunningCollector, item
from tests.support.fake_clock import FakeClock

BODY = json.dumps([item("10:00", "W1", "working")] * 4_000).encode()
ASKED_AGAIN = 20


class HeldClock(FakeClock):
    """A clock that lets threads which ask it wait: whoever judges a large body asks it for the time."""

    def __init__(self) -> None:
        super().__init__(NOON_AFTER)
        self.longest = 60
        self.is_asked = threading.Event()
        self.may_go_on = threading.Event()
        self.holds_on = False

    def now(self) -> int:
        """Return the time, to those in threads of the pool not before they may go on."""
        if self.holds_on and threading.current_thread().name.startswith("asyncio"):
            self.is_asked.set()
            assert self.may_go_on.wait(30)
        return super().now()


@pytest.fixture
async def judging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[RunningCollector, HeldClock]]:
    """Return a collector with room for one body and a half, and the clock that its judging waits for."""
    assert len(BODY) > 256 * 1024
    monkeypatch.setattr(app, "MOST_BODY_BYTES_AT_ONCE", len(BODY) * 3 // 2)
    settings = CollectorSettings.model_validate({"database": str(tmp_path / "c.db"), "listen": "127.0.0.1:0"})
    clock = HeldClock()
    async with serving(settings, clock=clock) as url, ClientSession() as session:
        try:
            yield RunningCollector(url, session=session, clock=clock, settings=settings), clock
        finally:
            clock.may_go_on.set()


async def test_who_hangs_up_holds_their_place_until_the_body_is_judged(
    judging: tuple[RunningCollector, HeldClock],
) -> None:
    """However often another body comes, it finds no room; with the end of the first there is some."""
    collector, clock = judging
    clock.holds_on = True
    async with connected(collector) as (_, writer):
        head = f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
        writer.write(b"POST /api/app/ HTTP/1.1\r\nHost: 127.0.0.1\r\n" + head.encode() + BODY)
        assert await asyncio.to_thread(clock.is_asked.wait, 30)
        writer.transport.abort()
    statuses = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(20):
            for _ in range(ASKED_AGAIN):
                statuses.append((await collector.post_bytes(BODY)).status)
                await asyncio.sleep(0.02)
    clock.holds_on = False
    clock.may_go_on.set()
    status = 503
    async with asyncio.timeout(20):
        while status == 503:
            status = (await collector.post_bytes(BODY)).status

    assert [503] * ASKED_AGAIN == statuses
    assert 200 == status
