"""An image of the agent's disk is put back, and later a backup of the collector: no event is in the name of another."""

import asyncio
import random
from pathlib import Path

from shared.events import Event, EventType
from tests.simulation.machines import AgentMachine, CollectorMachine
from tests.simulation.virtual_time import VirtualClock, simulate, true_time
from tests.simulation.weary_disks import left_behind
from tests.simulation.wire import Weather, Wire
from tests.support.images import image_of
from tests.support.stores import folder


def test_what_an_agent_put_back_to_an_earlier_state_accepts_is_refilled_too() -> None:
    """Its numbers were those of other events, which the backup has: they would be lacking nowhere, and be lost."""
    with folder() as place:
        made, stored, missing = simulate(_put_back(place))

    assert set() == made - stored
    assert 0 == missing


async def _put_back(place: Path) -> tuple[set[int], set[int], int]:
    """Return the instants of the events that were accepted, of those that are stored, and how many numbers are missing."""
    story = _Story(place)
    await story.accept(30)
    await story.until_delivered()
    files = await story.agent.stop()
    image = image_of(files, place / "image")
    story.start(files)
    await story.accept(40)
    await story.until_delivered()
    await story.agent.stop()
    await story.collector.stop()
    backup = left_behind(story.collector.folder, 1, name="backup")
    story.collector = CollectorMachine(story.collector.folder, clock=story.clock)
    story.start(image)
    story.wire.weather = Weather.cut
    await story.accept(60)
    story.wire.weather = Weather.good
    await story.until_delivered()
    await story.collector.stop()
    story.collector = CollectorMachine(backup, clock=story.clock)
    return await story.end()


class _Story:
    """An agent and a collector, one of each at a time."""

    def __init__(self, place: Path) -> None:
        self.clock = VirtualClock()
        self.made: set[int] = set()
        self.collector = CollectorMachine(place / "collector", clock=self.clock)
        self.wire = Wire(
            random.Random(1), collector=lambda: self.collector, sent=lambda _: None, arrived=lambda _: None
        )
        self.start(place / "agent")

    def start(self, files: Path) -> None:
        """Start the agent on what lies in a folder."""
        self.agent = AgentMachine(files, clock=self.clock, wire=self.wire, chance=lambda: 0.5)

    async def accept(self, events: int) -> None:
        """Give the agent some events, a minute apart."""
        for _ in range(events):
            at = true_time()
            await self.agent.acceptor.accept([Event(at, "W1", "S1", EventType.working, 0, None)])
            self.made.add(at)
            await asyncio.sleep(60)

    async def until_delivered(self) -> None:
        """Wait until nothing waits at the agent and what was sent is stored."""
        async with asyncio.timeout(3_600):
            while self.agent.log.facts().pending:  # noqa: ASYNC110 - virtual time costs nothing
                await asyncio.sleep(1)

    async def end(self) -> tuple[set[int], set[int], int]:
        """Give the agent an hour to give back what is lacking."""
        await asyncio.sleep(3_600)
        await self.until_delivered()
        stored, missing = await self.collector.instants_since(0), await self.collector.missing()
        await self.agent.stop()
        await self.collector.stop()
        return self.made, stored, missing
