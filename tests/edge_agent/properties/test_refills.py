"""Whatever a collector loses, and however often the agent was killed: what is kept arrives again, and lacking ends."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils.utils import sqlite3

from edge_agent.buffer.log import EventLog
from edge_agent.settings import AgentSettings
from edge_agent.sync_loop import SyncLoop
from shared.receipts import Range, first_numbers
from shared.settings_file import load_settings
from tests.edge_agent.properties.test_deliveries import Inline
from tests.support.events import events
from tests.support.fake_clock import FakeClock
from tests.support.flaky_collector import FlakyCollector, rejecting, until

BAD = (3, 17)
_LOSS = st.tuples(st.integers(0, 3), st.integers(1, 40), st.integers(0, 40))
"""Of which epoch, from which number on, and how many."""


class Story:
    """A log on disk, a collector, and what happened to both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.collector = FlakyCollector()
        self.collector.always = rejecting(lambda event: int(event["workstation_id"][1:]) in BAD)
        self.log = EventLog.open(folder, clock=self.clock)

    def kill(self) -> None:
        """Go on as after a power cut: under a new epoch."""
        self.log.remember("stop", "running")
        self.log.close()
        with sqlite3.connect(self.folder / "queue.db") as other:
            other.execute("update meta set value = 'running' where key = 'stop'")
        other.close()
        self.log = EventLog.open(self.folder, clock=self.clock)

    def purge(self, most: int) -> None:
        """Let the oldest settled rows go, as an agent does whose room is short."""
        self.log._remove(first_numbers(self.log.settled(), most))  # noqa: SLF001 - as housekeeping does

    def lose(self, epoch: int, lost: Range) -> None:
        """Let the collector forget numbers of one of the epochs."""
        epochs = self.log.facts().epochs
        self.collector.lose(lost, epoch=epochs[epoch % len(epochs)].token)

    async def settle_down(self) -> int:
        """Run the loop until nothing happens any more; return how many numbers it called lost."""
        flags = {"camera": "cam-01", "delivery.max_events": 7, "retry.recovery_spread": "20s"}
        loop = SyncLoop(
            self.log,
            self.collector,
            settings=load_settings(AgentSettings, prefix="NOBODY_", file=None, flags=flags),
            version="0.1.0",
            executor=Inline(),
            clock=self.clock,
            watched=lambda: (),
            chance=lambda: 0.5,
        )
        self.collector.received.clear()
        task = asyncio.create_task(loop.run())
        quiet = 3 * len(self.log.facts().epochs) + 3
        await until(
            lambda: (
                not self.log.facts().pending
                and len(self.collector.received) > quiet
                and not any(envelope.events for envelope in self.collector.received[-quiet:])
            )
        )
        loop.stop()
        await task
        return loop.refiller.lost


@settings(max_examples=10, deadline=None)
@given(
    runs=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6)), min_size=1, max_size=4),
    losses=st.lists(_LOSS, max_size=5),
)
def test_a_collector_gets_back_all_that_is_kept(
    runs: list[tuple[int, int]], losses: list[tuple[int, int, int]]
) -> None:
    """Each run accepts some events, lets old ones go, and ends in a kill; then the collector loses some ranges."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_tell(Story(Path(folder) / "queue"), runs=runs, losses=losses))


async def _tell(story: Story, *, runs: list[tuple[int, int]], losses: list[tuple[int, int, int]]) -> None:
    for accepted, purged in runs:
        last = story.log.facts().last_seq
        story.log.append(events(last + 1, last + accepted))
        await story.settle_down()
        story.purge(purged)
        story.kill()
    had = set(story.collector.stored)
    for epoch, first, length in losses:
        story.lose(epoch, (first, first + length))
    lost_keys = had - set(story.collector.stored)
    kept = {entry.seq for entry in story.log.read(((1, story.log.facts().last_seq),))} if had else set()
    lost = await story.settle_down()
    counts = story.log.counts()
    epochs = story.log.facts().epochs
    story.log.close()

    gone = {key for key in lost_keys if key[1] not in kept}
    assert had - gone == set(story.collector.stored)
    assert len(gone) == lost
    assert 0 == counts.unaccounted
    for one in epochs:
        agent = {"epoch": one.token, "seqs": [], "skipped": [], "last_seq": one.last}
        assert () == story.collector.lacking(agent)
