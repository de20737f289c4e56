"""What was watched while nobody could hear it: breaks of an outage are told once it is over, and nothing else is one."""

import asyncio
import random
from functools import partial
from pathlib import Path

from collector.metrics.parts import split
from collector.metrics.windows import Window
from shared.events import Event, EventType
from shared.instants import MINUTE, SECOND
from tests.simulation.machines import SITE, AgentMachine, CollectorMachine
from tests.simulation.virtual_time import VirtualClock, simulate, true_time
from tests.simulation.wire import Weather, Wire
from tests.support.stores import folder

Stretches = list[tuple[int, int]]
CLOSE = 2 * MINUTE
"""An event comes each minute, and the silence that ends a stretch has to last five."""


def test_the_time_in_which_a_killed_agent_was_dead_was_not_watched() -> None:
    """It starts before its collector can be reached, and its producer speaks at once."""
    with folder() as place:
        story = simulate(_outage(place, [("works", 25), ("dies", 90), ("works", 10)]))

    _compare(story)


def test_every_silence_of_an_outage_is_told() -> None:
    """Also several of them, before and after a stop and a kill, with a backlog of many batches."""
    hours = [
        ("works", 30),
        ("is silent", 20),
        ("works", 8),
        ("stops", 60),
        ("works", 70),
        ("is silent", 6),
        ("works", 3),
    ]
    with folder() as place:
        story = simulate(_outage(place, [*hours, ("dies", 45), ("works", 25), ("dies", 5), ("works", 4)]))

    _compare(story)


def test_an_outage_alone_is_no_break() -> None:
    """The agent goes on watching, and says so once it is back."""
    with folder() as place:
        story = simulate(_outage(place, [("works", 90)]))

    assert 1 == len(story[0])
    _compare(story)


def _compare(story: tuple[Stretches, Stretches]) -> None:
    """Ask that what the collector knows is what was watched."""
    truth, known = story
    apart = [abs(a - b) for one, other in zip(truth, known, strict=False) for a, b in zip(one, other, strict=True)]

    assert len(truth) == len(known), (truth, known)
    assert max(apart) <= CLOSE, (truth, known)


async def _outage(place: Path, chapters: list[tuple[str, int]]) -> tuple[Stretches, Stretches]:
    """Return when a producer worked, and when the collector says that its camera watched, after an outage of chapters."""
    clock = VirtualClock()
    collector = CollectorMachine(place / "collector", clock=clock)
    wire = Wire(random.Random(1), collector=lambda: collector, sent=lambda _: None, arrived=lambda _: None)
    start = partial(AgentMachine, clock=clock, wire=wire, chance=lambda: 0.5)
    agent = start(place / "agent")
    truth: Stretches = []
    for number, (what, minutes) in enumerate([("works", 10), *chapters, ("works", 10)]):
        wire.weather = Weather.cut if 0 < number <= len(chapters) else Weather.good
        if what == "works":
            truth.append(await _work(agent, minutes))
            continue
        files = agent.folder
        if what == "dies":
            files = await agent.die(number)
        elif what == "stops":
            files = await agent.stop()
        await asyncio.sleep(minutes * 60)
        agent = agent if what == "is silent" else start(files)
    await asyncio.sleep(300)
    await agent.stop()
    measure = await collector.storage.measure(None, split=partial(split, Window(None, None)), by_hour=True)
    await collector.stop()
    (known,) = measure.watched[SITE].values()
    return _joined(truth), list(known)


async def _work(agent: AgentMachine, minutes: int) -> tuple[int, int]:
    """Accept an event each minute; return when that was."""
    began = true_time()
    for _ in range(minutes):
        await agent.acceptor.accept([Event(true_time(), "W1", "S1", EventType.working, 0, None)])
        await asyncio.sleep(60)
    return began, true_time()


def _joined(stretches: Stretches) -> Stretches:
    """Return stretches of which those that touch are one."""
    result = stretches[:1]
    for start, end in stretches[1:]:
        if start - result[-1][1] < SECOND:
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result
