"""A log, a collector without a network, and the sync loop between them, in an hour that takes no time."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from sqlite_utils.utils import sqlite3

from edge_agent.buffer.log import EventLog
from edge_agent.delivery.watermark import Stretch
from edge_agent.settings import AgentSettings
from edge_agent.sync_loop import Poster, SyncLoop
from shared.settings_file import load_settings
from tests.support.events import events
from tests.support.fake_clock import FakeClock
from tests.support.flaky_collector import FlakyCollector, until

HALF = 0.5


class Delivery:
    """A log, a collector and the loop between them."""

    def __init__(self, folder: Path, **flags: object) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.collector = FlakyCollector()
        self.watched: tuple[Stretch, ...] = ()
        # No heartbeat comes to the rescue of a loop that waits where it should work.
        self.clock.longest = 1_000.0
        given = {"data_dir": str(folder), "camera": "cam-01", "delivery.heartbeat": "1h"} | {
            k.replace("__", "."): v for k, v in flags.items()
        }
        self.settings = load_settings(AgentSettings, prefix="NOBODY_", file=None, flags=given)
        self.log = EventLog.open(folder, clock=self.clock)

    @property
    def numbers_sent(self) -> list[list[int]]:
        """The numbers of each batch that held events."""
        return [[seq for seq, _ in batch.numbered] for batch in self.collector.batches]

    @property
    def requests_with_events(self) -> int:
        """How many requests there were up to the last one that held events."""
        return max(index for index, envelope in enumerate(self.collector.received, 1) if envelope.events)

    @asynccontextmanager
    async def running(self, sender: Poster | None = None) -> AsyncIterator[SyncLoop]:
        """Run the loop while the block lasts."""
        with ThreadPoolExecutor(max_workers=1) as executor:
            loop = SyncLoop(
                self.log,
                sender or self.collector,
                settings=self.settings,
                version="0.1.0",
                executor=executor,
                clock=self.clock,
                watched=lambda: self.watched,
                chance=lambda: HALF,
            )
            task = asyncio.create_task(loop.run())
            try:
                yield loop
            finally:
                loop.stop()
                await asyncio.wait_for(task, 5)

    async def drain(self) -> SyncLoop:
        """Run the loop until nothing is pending and the collector has answered."""
        async with self.running() as loop:
            await until(lambda: not self.log.facts().pending and loop.link.state == "ok")
        return loop

    def dead_letters(self) -> list[tuple[object, ...]]:
        """Return (number, code, error) of each dead letter."""
        with sqlite3.connect(f"file:{self.folder / 'queue.db'}?mode=ro", uri=True) as connection:
            return connection.execute("select seq, code, error from dead_letter order by seq").fetchall()


@asynccontextmanager
async def delivery(folder: Path, count: int = 0, **flags: object) -> AsyncIterator[Delivery]:
    """Give a log that holds `count` events, and close it."""
    made = Delivery(folder, **flags)
    try:
        made.log.append(events(1, count))
        yield made
    finally:
        made.log.close()
