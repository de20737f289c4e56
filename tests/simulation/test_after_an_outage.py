"""The line comes back after a long outage: the backlog waits for a moment of its own, what happens now does not."""

import asyncio
import random
from itertools import pairwise
from pathlib import Path

import pytest

from shared.events import Event, EventType
from shared.receipts import count
from shared.wire import read_body
from tests.simulation.machines import SETTINGS, AgentMachine, CollectorMachine
from tests.simulation.virtual_time import VirtualClock, simulate, true_time
from tests.simulation.wire import Weather, Wire
from tests.support.stores import folder

FRESH_SECONDS = 5.0
EVENTS_A_SECOND = 10
ALMOST_ONE = 0.99
"""The agent whose chance has put it at the end of the spread, 30 s after the first request."""


@pytest.mark.parametrize("outage_minutes", [1, 20, 240])
def test_a_fresh_event_passes_within_five_seconds(outage_minutes: int) -> None:
    """From the first request that passes, however long the line was cut and however much is waiting."""
    with folder() as place:
        waited, _ = simulate(_come_back(place, outage_minutes=outage_minutes))

    assert waited < FRESH_SECONDS


def test_the_backlog_waits_although_new_events_come() -> None:
    """Five hundred agents come back at once: only a little of what they hold travels with what is new."""
    with folder() as place:
        _, left = simulate(_come_back(place, outage_minutes=240))

    assert left > 0.8


def test_the_backlog_waits_also_when_the_agent_was_restarted_during_the_outage() -> None:
    """A power cut of the whole factory: every box starts anew, and the collector comes back last."""
    with folder() as place:
        _, left = simulate(_come_back(place, outage_minutes=240, is_restarted=True))

    assert left > 0.8


def test_a_bound_on_events_a_second_holds_while_the_backlog_waits() -> None:
    """Each batch has the time that its events cost, so no debt is served as silence afterwards."""
    with folder() as place:
        sent = simulate(_batches_within_a_bound(place))

    rests = [(events, after - at) for (at, events), (after, _) in pairwise(sent)]
    assert [] == [rest for rest in rests if not rest[0] / EVENTS_A_SECOND - 0.001 <= rest[1] <= 2]
    assert len(rests) > 30


async def _batches_within_a_bound(place: Path) -> list[tuple[float, int]]:
    """Return when batches of how many events left in the 40 s after an outage, while five new ones come each second."""
    clock = VirtualClock()
    collector = CollectorMachine(place / "collector", clock=clock)
    sent: list[tuple[float, int]] = []

    def note(body: bytes) -> None:
        if events := len(read_body(body).items):
            sent.append((asyncio.get_running_loop().time(), events))

    wire = Wire(random.Random(1), collector=lambda: collector, sent=note, arrived=lambda _: None)
    wire.weather = Weather.cut
    bound = SETTINGS.delivery.model_copy(update={"max_events_per_second": EVENTS_A_SECOND})
    settings = SETTINGS.model_copy(update={"delivery": bound})
    agent = AgentMachine(place / "agent", clock=clock, wire=wire, chance=lambda: ALMOST_ONE, settings=settings)
    for _ in range(20):
        await agent.acceptor.accept([_event() for _ in range(20)])
        await asyncio.sleep(60)
    wire.weather = Weather.good
    while not sent:  # noqa: ASYNC110 - virtual time costs nothing
        await asyncio.sleep(0.1)
    for _ in range(40 * 5):
        await agent.acceptor.accept([_event()])
        await asyncio.sleep(0.2)
    await agent.stop()
    await collector.stop()
    return sent


async def _come_back(place: Path, *, outage_minutes: int, is_restarted: bool = False) -> tuple[float, float]:
    """Return how long a fresh event takes, and which share of the backlog is left by then."""
    clock = VirtualClock()
    collector = CollectorMachine(place / "collector", clock=clock)
    wire = Wire(random.Random(1), collector=lambda: collector, sent=lambda _: None, arrived=lambda _: None)
    wire.weather = Weather.cut
    agent = AgentMachine(place / "agent", clock=clock, wire=wire, chance=lambda: ALMOST_ONE)
    for _ in range(outage_minutes):
        await agent.acceptor.accept([_event()])
        await asyncio.sleep(60)
    if is_restarted:
        files = await agent.stop()
        agent = AgentMachine(files, clock=clock, wire=wire, chance=lambda: ALMOST_ONE)
        await asyncio.sleep(120)
    wire.weather = Weather.good
    backlog = _pending(agent)
    while agent.loop.link.state != "ok":  # noqa: ASYNC110 - virtual time costs nothing
        await asyncio.sleep(0.1)
    fresh, began = _event(), asyncio.get_running_loop().time()
    await agent.acceptor.accept([fresh])
    while fresh.at not in await collector.instants_since(fresh.at):  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.1)
    waited, left = asyncio.get_running_loop().time() - began, _pending(agent) / backlog
    await agent.stop()
    await collector.stop()
    return waited, left


def _event() -> Event:
    """Return an event of now."""
    return Event(true_time(), "W1", "S1", EventType.working, 0, None)


def _pending(agent: AgentMachine) -> int:
    return count(agent.log.facts().pending)
