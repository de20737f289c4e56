"""The agent's pulse: a small job for the log's thread every few seconds, whose answer shows that thread and loop work.

A process whose log thread hangs on a dead disk looks alive from outside: its port is open, its pid is there. Here it
has no pulse. The job counts the queue, so that what was last known can still be told when nothing answers any more, and
so that there are readings to make a forecast of. A queue that answers with an error has a pulse: its thread works.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

from edge_agent.buffer.rows import Counts
from edge_agent.forecast import Forecast, Reading, forecast, reading, remember
from shared.clock import Clock
from shared.errors import LinesideError, StorageUnusable

BEAT_SECONDS = 5.0
_BEATS_TO_MISS = 3
"""One slow fsync of a card that tidies up is no death."""


class Pulse:
    """Beats every `every_seconds` while `run` does; `on_beat` is called in the event loop after each answer."""

    def __init__(
        self,
        counts: Callable[[], Counts],
        *,
        executor: Executor,
        clock: Clock,
        on_beat: Callable[[], None],
        every_seconds: float = BEAT_SECONDS,
    ) -> None:
        self._counts = _in_our_words(counts)
        self._executor = executor
        self._clock = clock
        self._on_beat = on_beat
        self._every_seconds = every_seconds
        self._last_beat = clock.monotonic()
        self._readings: tuple[Reading, ...] = ()
        self._last_counts: Counts | None = None

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await self._beat()
            await self._clock.sleep(self._every_seconds)

    @property
    def silent_seconds(self) -> float:
        """How long ago the log's thread last answered."""
        return self._clock.monotonic() - self._last_beat

    @property
    def is_there(self) -> bool:
        """Whether the log's thread has answered within three beats."""
        return self.silent_seconds <= self._every_seconds * _BEATS_TO_MISS

    async def counts(self) -> Counts | None:
        """Return how much the queue holds: now if its thread answers, else as last known; None if it never was.

        Raises:
            LinesideError: the thread answers that the queue cannot be read.
        """
        if not self.is_there:
            return self._last_counts
        asked = asyncio.get_running_loop().run_in_executor(self._executor, self._counts)
        patience = self._every_seconds * _BEATS_TO_MISS
        done, _ = await asyncio.wait([asked], timeout=patience)
        if not done:
            asked.cancel()
            return self._last_counts
        self._last_counts = asked.result()
        return self._last_counts

    def forecast(self, counts: Counts) -> Forecast:
        """Return how long there is room and how long the backlog takes."""
        return forecast(counts, self._readings)

    async def _beat(self) -> None:
        try:
            counts = await asyncio.get_running_loop().run_in_executor(self._executor, self._counts)
        except LinesideError:
            pass  # whoever wanted something of the queue has heard it too
        else:
            self._last_counts = counts
            self._readings = remember(self._readings, reading(counts, at_seconds=self._clock.monotonic()))
        self._last_beat = self._clock.monotonic()
        self._on_beat()


def _in_our_words(counts: Callable[[], Counts]) -> Callable[[], Counts]:
    """Return the same, but what the operating system refuses (no file is left to be opened, a disk that fails) as an error of ours."""

    def counted() -> Counts:
        try:
            return counts()
        except OSError as error:
            raise StorageUnusable(f"the queue cannot be looked at: {error}") from error

    return counted
