"""The network of a simulation: the agent's way to the collector, with weather.

In good weather every request passes. In bad weather it may be lost before or after the commit, arrive twice, late, or
after those sent later, or meet a proxy that answers by itself. Over a narrow line a request takes as long as its bytes do,
and is lost when that is too long. When the line is cut nothing passes. What the agent sees is what its sender would say; a
request takes the time that it takes.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from enum import StrEnum, auto

from edge_agent.delivery.outcome import Answered, Attempt, NoAnswer
from tests.simulation.floor import Floor
from tests.simulation.machines import CollectorMachine

TIMEOUT_SECONDS = 10.0
_PAGE = b"<html>Welcome</html>"


class Weather(StrEnum):
    """How the line is."""

    good = auto()
    bad = auto()
    narrow = auto()
    cut = auto()


class Fate(StrEnum):
    """What becomes of one request."""

    passes = auto()
    lost_before = auto()
    lost_after = auto()
    twice = auto()
    slow = auto()
    late = auto()
    busy = auto()
    portal = auto()
    moved = auto()
    refused_by_proxy = auto()


_BY_ITSELF = {
    Fate.busy: Answered(503, "text/plain", "20", b"busy"),
    Fate.portal: Answered(200, "text/html", None, _PAGE),
    Fate.moved: Answered(301, "text/html", None, b""),
    Fate.refused_by_proxy: Answered(400, "text/html", None, _PAGE),
}
_BAD = tuple(Fate)
_LOST = NoAnswer("timeout", "10 s")
_RESET = NoAnswer("reset", "it was closed before the answer was whole")


class Wire:
    """The agent's sender; `collector` returns the machine at the other end, None while it is off.

    `sent` is called with what leaves and may arrive, `arrived` with what the collector has answered for.
    """

    def __init__(
        self,
        chance: random.Random,
        *,
        collector: Callable[[], CollectorMachine | None],
        sent: Callable[[bytes], None],
        arrived: Callable[[bytes], None],
    ) -> None:
        self.weather = Weather.good
        self.bytes_per_second = 128.0
        """Over a narrow line, of what is not packed."""
        self.floor = Floor()
        self.fates: Counter[str] = Counter()
        self._chance = chance
        self._collector = collector
        self._sent = sent
        self._arrived = arrived
        self._on_the_way: set[asyncio.Task[object]] = set()

    async def post(self, body: bytes) -> Attempt:
        """Carry a request to its fate, and return what the agent sees of it."""
        loop = asyncio.get_running_loop()
        self.floor.attempt(loop.time())
        if self.weather is not Weather.cut:
            self._sent(body)
        attempt = await self._carry(body)
        self._note(attempt, loop.time())
        return attempt

    async def _carry(self, body: bytes) -> Attempt:
        match self.weather:
            case Weather.cut:
                await asyncio.sleep(self._chance.choice((0.01, TIMEOUT_SECONDS)))
                return _LOST
            case Weather.narrow:
                return await self._squeeze(body)
            case Weather.good | Weather.bad:
                return await self._meet_its_fate(body)

    async def _meet_its_fate(self, body: bytes) -> Attempt:
        fate = Fate.passes if self.weather is Weather.good else self._chance.choice(_BAD)
        self.fates[fate] += 1
        await asyncio.sleep(self._chance.uniform(0.001, 0.1))
        if fate in _BY_ITSELF:
            return _BY_ITSELF[fate]
        match fate:
            case Fate.lost_before:
                await asyncio.sleep(TIMEOUT_SECONDS)
                return _LOST
            case Fate.late:
                self._later(body, seconds=self._chance.uniform(TIMEOUT_SECONDS, 600.0))
                await asyncio.sleep(TIMEOUT_SECONDS)
                return _LOST
            case Fate.twice:
                self._later(body, seconds=self._chance.uniform(0.0, 300.0))
            case Fate.slow:
                await asyncio.sleep(self._chance.uniform(0.0, TIMEOUT_SECONDS / 2))
            case _:
                pass
        answer = await self._deliver(body)
        if answer is None:
            return _RESET
        return _RESET if fate is Fate.lost_after else answer

    async def _squeeze(self, body: bytes) -> Attempt:
        """Carry a request byte by byte, for no longer than the agent waits."""
        seconds = len(body) / self.bytes_per_second
        await asyncio.sleep(min(seconds, TIMEOUT_SECONDS))
        return _LOST if seconds >= TIMEOUT_SECONDS else (await self._deliver(body) or _RESET)

    async def _deliver(self, body: bytes) -> Answered | None:
        """Return the collector's answer, None if there is no collector or it died over it."""
        collector = self._collector()
        if collector is None:
            return None
        request = collector.begin(collector.answer(body))
        await asyncio.wait([request])
        if request.cancelled():
            return None
        answer = request.result()
        if answer.status == 200:
            self._arrived(body)
        return answer

    def _later(self, body: bytes, *, seconds: float) -> None:
        async def deliver() -> None:
            await asyncio.sleep(seconds)
            await self._deliver(body)

        task = asyncio.create_task(deliver())
        self._on_the_way.add(task)
        task.add_done_callback(self._on_the_way.discard)

    async def calm(self) -> None:
        """Let what is still on its way arrive, and the weather be good."""
        self.weather = Weather.good
        if self._on_the_way:
            await asyncio.wait(self._on_the_way)

    def _note(self, attempt: Attempt, at: float) -> None:
        if isinstance(attempt, NoAnswer):
            self.floor.failed(at)
        elif attempt.status in (400, 301):
            self.floor.paused(at)
        elif attempt.content_type != "application/json":
            self.floor.failed(at, asked=float(attempt.retry_after or 0))
        else:
            self.floor.passed()
