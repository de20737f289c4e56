"""SIGTERM while a batch is on its way: the agent settles it and goes. While the queue is being opened: it goes at once."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from edge_agent.buffer import quarantine
from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import LOCK_FILE
from edge_agent.buffer.reader import LogReader
from tests.support.events import json_event
from tests.support.flaky_collector import FlakyCollector, served, until
from tests.support.programs import edge_agent, running
from tests.support.running_agent import NOBODY

pytestmark = pytest.mark.processes


class SlowCollector(FlakyCollector):
    """Takes a batch at once and gives the receipt when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = asyncio.Event()
        """A batch with events is here."""
        self.may_answer = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one POST, empty ones at once."""
        answer = await super().answer(request)
        if self.batches:
            self.heard.set()
            await self.may_answer.wait()
        return answer


async def test_a_batch_on_its_way_is_settled_before_the_agent_goes(tmp_path: Path) -> None:
    """The receipt comes when the agent takes no requests any more; the next start has nothing to send again."""
    queue = tmp_path / "queue"
    async with served(SlowCollector()) as collector, edge_agent(queue, collector=collector.url) as (url, program):
        async with aiohttp.ClientSession() as session:
            events = [json_event(number) for number in range(1, 6)]
            async with session.post(f"{url}/api/app/", json=events) as response:
                taken = response.status
        async with asyncio.timeout(20):
            await collector.heard.wait()
        program.process.send_signal(signal.SIGTERM)
        await until(lambda: not (queue / "control.sock").exists())
        collector.may_answer.set()
        code, _ = await program.ended(seconds=15)
    with LogReader(queue) as reader:
        counts = reader.counts()

    assert (200, 0) == (taken, code)
    assert (5, 5, 0) == (counts.last_seq, counts.settled, counts.pending)
    assert 1 == len(collector.batches)


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_a_salvage_does_not_keep_the_machine_from_shutting_down(
    tmp_path: Path, number: signal.Signals, expected: int
) -> None:
    """A damaged file of 16 GB takes a minute to search: told to stop, the agent leaves it to the next start at once."""
    damaged = tmp_path / QUEUE_FILE
    damaged.write_bytes(b"noise")
    os.truncate(damaged, 16 * 1024**3)  # a hole, without a block on the disk
    before = damaged.stat()
    arguments = ("--data-dir", str(tmp_path), "--listen", "127.0.0.1:0", "--collector", NOBODY)
    async with running("edge_agent", "run", *arguments, log=tmp_path / "agent.log") as program:
        await until((tmp_path / LOCK_FILE).exists)
        program.process.send_signal(number)
        code, _ = await program.ended(seconds=10)
    after = damaged.stat()

    assert expected == code, program.log.read_text()
    assert (before.st_ino, before.st_size, before.st_mtime_ns) == (after.st_ino, after.st_size, after.st_mtime_ns)
    assert [] == quarantine.sets(tmp_path)
