"""A line on which a full batch takes longer than the agent waits for an answer: what is new and what waits get through."""

import asyncio
import random
from pathlib import Path

from shared.events import Event, EventType
from shared.receipts import count
from shared.wire import read_body
from tests.simulation.machines import AgentMachine, CollectorMachine
from tests.simulation.virtual_time import VirtualClock, simulate, true_time
from tests.simulation.wire import Weather, Wire
from tests.support.stores import folder

CARRIED = 8
"""Events that the line carries within the time there is; the machines' batches have 20."""
MINUTES = 30


def test_a_backlog_drains_over_a_line_too_narrow_for_a_full_batch() -> None:
    """Each event of now is there within its minute, all that waited within half an hour, and most requests are no waste."""
    with folder() as place:
        missed, left, sizes = simulate(_drain(place))

    assert (set(), 0) == (missed, left)
    assert [20, 10, 5, 10, 5, 6] == sizes[:6]
    assert sum(size > CARRIED for size in sizes) <= len(sizes) / 4


async def _drain(place: Path) -> tuple[set[int], int, list[int]]:
    """Return which events were not there a minute later, how many are left, and how many each request had."""
    clock = VirtualClock()
    collector = CollectorMachine(place / "collector", clock=clock)
    sizes: list[int] = []

    def note(body: bytes) -> None:
        if events := len(read_body(body).items):
            sizes.append(events)

    wire = Wire(random.Random(1), collector=lambda: collector, sent=note, arrived=lambda _: None)
    wire.weather = Weather.cut
    agent = AgentMachine(place / "agent", clock=clock, wire=wire, chance=lambda: 0.5)
    for _ in range(200):
        await agent.acceptor.accept([_event()])
        await asyncio.sleep(1)
    files = await agent.stop()
    wire.weather = Weather.narrow
    agent = AgentMachine(files, clock=clock, wire=wire, chance=lambda: 0.5)
    missed: set[int] = set()
    for _ in range(MINUTES):
        fresh = _event()
        await agent.acceptor.accept([fresh])
        await asyncio.sleep(60)
        missed |= {fresh.at} - set(await collector.instants_since(fresh.at))
    left = count(agent.log.facts().pending)
    await agent.stop()
    await collector.stop()
    return missed, left, sizes


def _event() -> Event:
    """Return an event of now."""
    return Event(true_time(), "W1", "S1", EventType.working, 0, None)
