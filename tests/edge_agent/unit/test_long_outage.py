"""The loop after an outage of more than five minutes: the backlog waits for its moment, and what is new does not."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import web

from edge_agent.buffer.log import EventLog
from tests.support.delivery import delivery
from tests.support.events import events
from tests.support.fake_clock import FakeClock
from tests.support.flaky_collector import Envelope, FlakyCollector, honest, status, until


async def test_after_a_long_outage_the_backlog_waits_for_a_moment_of_its_own(tmp_path: Path) -> None:
    """One batch shows that the collector is back; the rest follows within the recovery spread."""
    async with delivery(tmp_path, 30, delivery__max_events=10) as made:
        made.collector.script = [status(500)] * 14
        await made.drain()

        assert 15.0 == made.clock.slept[14]
        assert 45.0 == made.clock.slept[13]


@pytest.mark.parametrize("heartbeat", ["1h", "20s"])
async def test_what_is_new_does_not_wait_for_the_backlog_whatever_else_has_its_turn(
    tmp_path: Path, heartbeat: str
) -> None:
    """Not for the events of an earlier epoch, nor for the question that an earlier epoch has to be asked."""
    with closing(EventLog.open(tmp_path / "before", clock=FakeClock())) as log:
        log.append(events(1, 200))
        shutil.copytree(tmp_path / "before", tmp_path / "killed")
    async with delivery(tmp_path / "killed", delivery__heartbeat=heartbeat, retry__recovery_spread="120s") as made:

        def back(collector: FlakyCollector, envelope: Envelope) -> web.Response:
            made.clock.longest = 2.0  # the backlog is held back for good
            return honest(collector, envelope)

        made.log.append(events(201, 400))
        made.collector.script = [status(500)] * 14 + [back]
        async with made.running() as loop:
            await until(lambda: loop.link.state == "ok")
            made.clock.advance(30)
            made.log.append(events(401, 401))
            loop.wake()
            await until(lambda: any(401 in batch for batch in made.numbers_sent))

        assert made.log.facts().pending
