"""Everything that goes wrong in a simulated world, by seed: two strings of troubles, of the line and of the machines.

Within a string one trouble follows the other, and most of them end again; what one string brings meets whatever the
other has just brought. A camera may also become very busy, most of all while the line is cut.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from shared.instants import HOUR, MINUTE
from tests.simulation.weary_disks import instants_in, left_behind
from tests.simulation.wire import Weather
from tests.simulation.world import World

_DAY = 24 * HOUR
Trouble = Callable[[], Awaitable[None]]
EVERY_TROUBLE = (
    "bad_weather",
    "line_cut",
    "busy_outage",
    "agent_dies",
    "agent_stops",
    "collector_dies",
    "collector_stops",
    "agent_disk_full",
    "agent_disk_short",
    "collector_disk_full",
    "clock_jumps",
)


async def live(world: World, *, hours: int) -> Path:
    """Live through some hours of trouble and a calm end; return the collector's file."""
    await world.begin()
    line, machines = _Line(world), _Machines(world)
    living = [
        asyncio.create_task(work)
        for work in (world.produce(), _follow(world, line.troubles), _follow(world, machines.troubles))
    ]
    for _ in range(hours * 60):
        await asyncio.sleep(60.0)
        for task in living:
            if task.done():
                task.result()
        await world.check()
    world.is_ending = True
    await asyncio.gather(*living)
    return await world.end_well()


async def _follow(world: World, troubles: tuple[Trouble, ...]) -> None:
    """Let one thing after the other go wrong."""
    while not world.is_ending:
        await asyncio.sleep(world.chance.expovariate(1 / 500))
        trouble = world.chance.choice(troubles)
        world.happened[trouble.__name__.strip("_")] += 1
        await trouble()


class _Line:
    """What happens between the machines, and before the first of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.chance
        self.troubles: tuple[Trouble, ...] = (self._bad_weather, self._bad_weather, self._line_cut, self._busy_outage)

    async def _bad_weather(self) -> None:
        self._world.wire.weather = Weather.bad
        await asyncio.sleep(self._chance.uniform(60, 3_600))
        self._world.wire.weather = self._chance.choice((Weather.good, Weather.good, Weather.bad))

    async def _line_cut(self) -> None:
        self._world.wire.weather = Weather.cut
        await asyncio.sleep(self._chance.choice((30.0, 600.0, 7_200.0)))
        self._world.wire.weather = Weather.good

    async def _busy_outage(self) -> None:
        """More events than the queue may hold: it refuses, or gives up its oldest."""
        self._world.wire.weather = Weather.cut
        burst = asyncio.create_task(self._burst())
        await asyncio.sleep(self._chance.choice((60.0, 1_800.0)))
        self._world.wire.weather = Weather.good
        await burst

    async def _burst(self) -> None:
        for _ in range(self._chance.randint(2, 6)):
            await self._world.post(self._world.truth.make(120, is_wide=True))
            await asyncio.sleep(self._chance.uniform(0, 60))


class _Machines:
    """What happens to agent and collector."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.chance
        self.troubles: tuple[Trouble, ...] = (
            self._agent_dies,
            self._agent_stops,
            self._collector_dies,
            self._collector_stops,
            self._agent_disk_full,
            self._agent_disk_short,
            self._collector_disk_full,
            self._clock_jumps,
        )
        if world.has_restores:
            self.troubles += (self._collector_restored,)
        self._backup: Path | None = None

    async def _agent_dies(self) -> None:
        world = self._world
        agent, world.agent = world.agent, None
        assert agent is not None
        left = await agent.die(world.happened.total())
        await asyncio.sleep(self._chance.choice((1.0, 90.0)))
        world.start_agent(left)

    async def _agent_stops(self) -> None:
        world = self._world
        agent, world.agent = world.agent, None
        assert agent is not None
        world.start_agent(await agent.stop())

    async def _collector_dies(self) -> None:
        world = self._world
        collector, world.collector = world.collector, None
        assert collector is not None
        left = await collector.die(world.happened.total())
        await asyncio.sleep(self._chance.choice((1.0, 90.0, 900.0)))
        world.start_collector(left)

    async def _collector_stops(self) -> None:
        world = self._world
        collector, world.collector = world.collector, None
        assert collector is not None
        folder = await collector.stop()
        if world.has_restores:
            self._backup = left_behind(folder, world.happened.total(), name="backup")
        world.start_collector(folder)

    async def _collector_restored(self) -> None:
        """Its file is again what it was at a stop some hours ago, and what has come since is nowhere but at the agent."""
        world, backup = self._world, self._backup
        if backup is None:  # there is one for the next time
            world.happened["collector_restored"] -= 1
            await self._collector_stops()
            return
        collector, world.collector = world.collector, None
        assert collector is not None
        shutil.rmtree(await collector.stop())
        world.truth.lose(instants_in(backup / "collector.db"))
        world.start_collector(left_behind(backup, world.happened.total(), name="collector"))

    async def _agent_disk_full(self) -> None:
        """Not a byte is left: nothing can be written, not even what was sent."""
        assert self._world.agent is not None
        log = self._world.agent.log
        log.is_full = True
        await asyncio.sleep(self._chance.uniform(10, 1_800))
        log.is_full = False

    async def _agent_disk_short(self) -> None:
        """Others have taken more than `min_free_disk` leaves: what was sent makes way, then `when_full` decides."""
        assert self._world.agent is not None
        log = self._world.agent.log
        log.is_short = True
        await asyncio.sleep(self._chance.uniform(10, 1_800))
        log.is_short = False

    async def _collector_disk_full(self) -> None:
        assert self._world.collector is not None
        storage = self._world.collector.storage
        storage.is_full = True
        await asyncio.sleep(self._chance.uniform(10, 1_800))
        storage.is_full = False

    async def _clock_jumps(self) -> None:
        self._world.agent_clock.ahead = self._chance.choice((0, -20_000 * _DAY, -_DAY, -HOUR, 3 * HOUR, 14 * _DAY))
        # Further back, and the collector would refuse events of now as events of the future.
        self._world.collector_clock.ahead = self._chance.randint(-4 * MINUTE, HOUR)
