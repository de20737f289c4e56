"""The two machines of a simulation, each the product's own parts put together with other clocks, disks and wires.

Both can die at any turn of the loop and start again from what is on their disks.
"""

import asyncio
import json
import shutil
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from collector.ingest import Ingest
from collector.reception import Reception, Rules
from collector.records import EventQuery
from edge_agent.buffer.space import Limits
from edge_agent.delivery.outcome import Answered
from edge_agent.intake.acceptor import Acceptor
from edge_agent.intake.life_signs import LifeSigns
from edge_agent.settings import AgentSettings
from edge_agent.sync_loop import Poster, SyncLoop
from edge_agent.upkeep import STEP_REST_SECONDS, looking_after
from edge_agent.watch_notes import note_end, watched_before
from shared.errors import LinesideError
from shared.events import Event
from shared.http_body import problem
from shared.instants import MINUTE
from shared.settings_file import load_settings
from shared.wire import read_body
from tests.simulation.virtual_time import VirtualClock
from tests.simulation.weary_disks import WearyLog, WearyStorage, left_behind
from tests.support.collector import RULES

SITE = "default"
SETTINGS = load_settings(
    AgentSettings,
    prefix="NOBODY_",
    file=None,
    flags={"camera": "cam-01", "delivery.heartbeat": "5m", "delivery.max_events": 20},
)
"""The defaults, but for a heartbeat that leaves more of a second for faults, and batches so small that backlogs take many."""
_RECEPTION = Rules(max_future_skew=5 * MINUTE, time_zone=None)
_NO_EXECUTOR = Executor()
"""The loop runs everything itself."""


class _Unhurried(VirtualClock):
    """The clock of upkeep, which looks once a minute and not every 2 or 10 s: nobody fills and empties the disk faster here."""

    async def sleep(self, seconds: float) -> None:
        """Return so many virtual seconds later, a minute for any rest but that between two steps."""
        await super().sleep(seconds if seconds <= STEP_REST_SECONDS else 60.0)


class AgentMachine:
    """An edge agent without HTTP; `numbered` is called with the last number given out and the events it ends."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: VirtualClock,
        wire: Poster,
        chance: Callable[[], float],
        limits: Limits | None = None,
        settings: AgentSettings = SETTINGS,
        numbered: Callable[[int, Sequence[Event]], None] = lambda _last, _events: None,
    ) -> None:
        self.folder = folder
        self._numbered = numbered
        log = WearyLog.open(folder, clock=clock, limits=limits)
        assert isinstance(log, WearyLog)
        self.log = log
        self._life_signs = LifeSigns(
            silent_after=settings.source_silent_after, clock=clock, earlier=watched_before(log)
        )
        self.acceptor = Acceptor(self._append, executor=_NO_EXECUTOR, on_commit=self._on_commit)
        self.loop = SyncLoop(
            self.log,
            wire,
            settings=settings,
            version="0",
            executor=_NO_EXECUTOR,
            clock=clock,
            watched=lambda: self._life_signs.watched,
            chance=chance,
        )
        self._task = asyncio.create_task(self.loop.run())
        self._upkeep = asyncio.create_task(self._look_after())

    def _append(self, events: Sequence[Event]) -> None:
        self.log.append(events)
        self._numbered(self.log.facts().last_seq, events)

    async def _look_after(self) -> None:
        async with looking_after(self.log, intake=self.acceptor, executor=_NO_EXECUTOR, clock=_Unhurried()):
            await asyncio.Event().wait()

    def _on_commit(self, events: Sequence[Event]) -> None:
        self._life_signs.sent(events)
        self.loop.wake()

    async def die(self, number: int) -> Path:
        """End as by a power cut, and return what is left on the disk."""
        left = left_behind(self.folder, number)
        self.log.is_dead = True
        self._task.cancel()
        self._upkeep.cancel()
        await asyncio.wait([self._task, self._upkeep])
        self.log.close()
        shutil.rmtree(self.folder)
        return left

    async def stop(self) -> Path:
        """End as by SIGTERM, and return the folder."""
        self._upkeep.cancel()
        self.loop.stop()
        await asyncio.wait([self._task, self._upkeep])
        await self.acceptor.close()
        note_end(self.log, self._life_signs.watched)
        self.log.close()
        return self.folder


class CollectorMachine:
    """A collector without HTTP."""

    def __init__(self, folder: Path, *, clock: VirtualClock) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._clock = clock
        storage = WearyStorage.open(folder / "collector.db", rules=RULES)
        assert isinstance(storage, WearyStorage)
        self.storage = storage
        self._ingest = Ingest(self.storage)
        self._ingest.start()
        self._requests: set[asyncio.Task[Any]] = set()

    def begin(self, work: Coroutine[Any, Any, Answered]) -> "asyncio.Task[Answered]":
        """Start to answer a request; the task is cancelled if the machine dies first."""
        task = asyncio.create_task(work)
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)
        return task

    async def answer(self, content: bytes) -> Answered:
        """Return the answer to a body, as `POST /api/app/` would give it."""
        try:
            body = read_body(content)
            assert body.agent is not None
            reception = Reception(body, now=self._clock.now(), rules=_RECEPTION)
            stored = await self._ingest.store(reception.delivery(site=SITE, camera=body.agent.camera))
        except LinesideError as error:
            told = problem(error.http_status, str(error))
            assert told.text is not None
            asked_for = None if error.retry_after_seconds is None else str(error.retry_after_seconds)
            return Answered(error.http_status, told.content_type, asked_for, told.text.encode())
        return Answered(200, "application/json", None, json.dumps(reception.answer(stored)).encode())

    async def instants_since(self, at: int) -> set[int]:
        """Return the instant of every stored event from one on: no two events of a simulation share one."""
        query = EventQuery(from_at=at, limit=100_000)
        events = await self.storage.events(query)
        found = {event.key.at for event in events}
        assert len(events) == len(found) < query.limit
        return found

    async def missing(self) -> int:
        """Return how many numbers the collector waits for that do not wait at the camera."""
        return sum(camera.missing for camera in await self.storage.cameras())

    async def die(self, number: int) -> Path:
        """End as by a power cut, and return what is left on the disk."""
        left = left_behind(self.folder, number)
        for task in tuple(self._requests):
            task.cancel()
        if self._requests:
            await asyncio.wait(self._requests)
        await self._ingest.stop()
        await self.storage.close()
        shutil.rmtree(self.folder)
        return left

    async def stop(self) -> Path:
        """End as by SIGTERM, and return the folder."""
        await self._ingest.stop()
        await self.storage.close()
        return self.folder
