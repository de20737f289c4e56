"""Events of many requests into few commits: while one commit is on its way to the disk, the next group gathers.

A commit begins at most every `commit_seconds`, unless `commit_max_events` are waiting. So a lone request waits for
nothing but its own commit, and a steady stream of single events makes 40 commits a second instead of hundreds: each one
costs a card about 16 KiB of writes (decision 0009).

    posts     x            x x   x     x
    commits   |==|         |==|      |==|
              ^ at once    ^ 25 ms after the last one began

Producers wait in the queue until their commit is done. It is bounded by 10,000 events (a request is at most as many);
beyond that a request is refused as busy: memory is not a buffer.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from shared.clock import Clock, SystemClock
from shared.errors import Busy, LinesideError
from shared.events import Event
from shared.spoken import counted

MOST_WAITING = 10_000

_log = logging.getLogger(__name__)


class _Group:
    """Events that will share a commit, and its outcome: None, or why nothing of them was kept."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.outcome: asyncio.Future[LinesideError | None] = asyncio.get_running_loop().create_future()


class Acceptor:
    """Takes events from concurrent requests; `append` runs in `executor`, one call at a time.

    `on_commit` is called in the event loop with the events of each commit.
    """

    def __init__(
        self,
        append: Callable[[Sequence[Event]], None],
        *,
        executor: Executor,
        on_commit: Callable[[Sequence[Event]], None],
        commit_seconds: float = 0.0,
        commit_max_events: int = 200,
        clock: Clock | None = None,
    ) -> None:
        self._append = append
        self._executor = executor
        self._on_commit = on_commit
        self._gathering: _Group | None = None
        self._committing: asyncio.Task[None] | None = None
        self._closed = False
        self._commit_seconds = commit_seconds
        self._commit_max_events = commit_max_events
        self._clock = clock or SystemClock()
        self._next_commit_at = 0.0
        self._enough = asyncio.Event()
        self.failure: LinesideError | None = None
        """Why events would not be kept now, as far as is known: the last commit failed, or there is no room."""

    async def accept(self, events: Sequence[Event]) -> None:
        """Return when the events are on disk; a caller who goes away meanwhile changes nothing.

        Raises:
            Busy: too much is waiting, or the agent is about to stop.
            StorageFull, StorageUnusable: nothing of these events was kept.
        """
        if not events:
            return
        if self._closed:
            raise Busy("the agent is stopping")
        group = self._gathering or _Group()
        if group.events and len(group.events) + len(events) > MOST_WAITING:
            raise Busy(
                f"{counted(len(group.events), 'event is', many='events are')} waiting for the disk",
                hint="send again a little later",
            )
        group.events.extend(events)
        self._gathering = group
        if len(group.events) >= self._commit_max_events:
            self._enough.set()
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_groups())
        failure = await asyncio.shield(group.outcome)
        if failure is not None:
            raise failure

    @property
    def waiting(self) -> int:
        """How many events gather for the next commit; at 10,000 the next request is refused as busy."""
        return len(self._gathering.events) if self._gathering is not None else 0

    def foresee(self, failure: LinesideError | None) -> None:
        """Note why the next events would not be kept, None if they would: whoever watches need not wait for a request."""
        self._note(failure)

    async def close(self) -> None:
        """Refuse new events and return when those that wait are on disk."""
        self._closed = True
        self._enough.set()
        if self._committing is not None:
            await self._committing

    async def _commit_groups(self) -> None:
        try:
            while self._gathering is not None:
                await self._wait_for_company()
                group, self._gathering = self._gathering, None
                failure = await self._commit(group.events)
                self._note(failure)
                group.outcome.set_result(failure)
                if failure is None:
                    self._on_commit(group.events)
        finally:
            self._committing = None

    async def _wait_for_company(self) -> None:
        """Return when a commit may begin: the last one is long enough ago, or enough is waiting."""
        seconds = self._next_commit_at - self._clock.monotonic()
        if seconds > 0 and not self._enough.is_set():
            tasks = [asyncio.ensure_future(end) for end in (self._clock.sleep(seconds), self._enough.wait())]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
        if not self._closed:
            self._enough.clear()
        self._next_commit_at = self._clock.monotonic() + self._commit_seconds

    async def _commit(self, events: list[Event]) -> LinesideError | None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._append, events)
        except LinesideError as error:
            return error
        except Exception:  # noqa: BLE001 - the top of a task: whatever it was, the requests must get an answer
            _log.exception("commit failed")
            return LinesideError("the events could not be stored; the log of the agent says why")
        return None

    def _note(self, failure: LinesideError | None) -> None:
        if failure is not None and str(failure) != str(self.failure or ""):
            _log.error("events cannot be stored", extra={"reason": str(failure)})
        elif failure is None and self.failure is not None:
            _log.info("events can be stored again")
        self.failure = failure
