"""The way of deliveries into the store: concurrent requests share a transaction, answers leave after the commit.

While one transaction runs, the next requests gather; together they are one. Nobody waits for a timer, and under load
a commit to disk serves many. What may wait is bounded.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from collector.metrics.ledger import splice
from collector.records import Delivery, Stored
from collector.storage.base import Storage
from shared.errors import Busy, LinesideError

MOST_WAITING = 1_000
"""Requests; a whole factory's agents may call at once when a link comes back."""
MOST_EVENTS_WAITING = 100_000
"""About 50 MB. Beyond either bound a request is told to come again."""
MOST_EVENTS_TOGETHER = 20_000
"""A transaction of this size takes about 0.2 s; more would make everybody wait for little gain."""

_log = logging.getLogger(__name__)
_Waiting = tuple[Delivery, asyncio.Future[Stored]]


class Tally(Protocol):
    """What is told of every transaction."""

    def began(self) -> None:
        """Note that one begins."""
        ...

    def stored(self, deliveries: Sequence[Delivery], results: Sequence[Stored]) -> None:
        """Note what it has put on disk."""
        ...

    def failed(self, error: Exception) -> None:
        """Note that it kept nothing."""
        ...


class _NoTally:
    def began(self) -> None: ...

    def stored(self, deliveries: Sequence[Delivery], results: Sequence[Stored]) -> None: ...

    def failed(self, error: Exception) -> None: ...


class Ingest:
    """Takes deliveries one by one and stores them in groups; `start` before, `stop` after."""

    def __init__(self, storage: Storage, *, tally: Tally | None = None) -> None:
        self._storage = storage
        self._decide = partial(splice, rules=storage.rules)
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(MOST_WAITING)
        self._events_waiting = 0
        self._task: asyncio.Task[None] | None = None
        self._failure: str | None = None
        self._tally: Tally = _NoTally() if tally is None else tally

    @property
    def failure(self) -> str | None:
        """Why the last group could not be stored; None if it was, or if there was none yet."""
        return self._failure

    @property
    def is_running(self) -> bool:
        """Whether what arrives is stored at all, successfully or not."""
        return self._task is not None and not self._task.done()

    @property
    def waiting_requests(self) -> int:
        """How many have not been taken up yet."""
        return self._queue.qsize()

    @property
    def waiting_events(self) -> int:
        """How many are not on disk yet, items that are none and those of the transaction that runs included."""
        return self._events_waiting

    def start(self) -> None:
        """Begin to store what arrives."""
        self._task = asyncio.create_task(self._run(), name="ingest")

    async def stop(self) -> None:
        """Store what waits, then end."""
        await self._queue.join()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def store(self, delivery: Delivery) -> Stored:
        """Return what became of a delivery, once it is on disk.

        Raises:
            Busy: too many wait already, or the database is locked; nothing was kept.
            StorageFull: no room; nothing was kept.
        """
        is_too_much = self._events_waiting and self._events_waiting + _items(delivery) > MOST_EVENTS_WAITING
        if is_too_much or self._queue.full():
            raise Busy("too many requests are waiting; nothing of this one was kept")
        stored: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((delivery, stored))
        self._events_waiting += _items(delivery)
        return await stored

    async def _run(self) -> None:
        while True:
            group = [await self._queue.get()]
            events = _items(group[0][0])
            while not self._queue.empty() and events < MOST_EVENTS_TOGETHER:
                group.append(self._queue.get_nowait())
                events += _items(group[-1][0])
            await self._store(group)
            self._events_waiting -= events
            for _ in group:
                self._queue.task_done()

    async def _store(self, group: list[_Waiting]) -> None:
        deliveries = [delivery for delivery, _ in group]
        self._tally.began()
        try:
            results = await self._storage.store(deliveries, decide=self._decide)
        except LinesideError as error:
            self._fail(group, error)
        except Exception as error:  # noqa: BLE001 - the top of the task: nothing kept, everybody told, the task goes on
            if len(group) > 1:  # one of them is at fault: the others shall not suffer
                for waiting in group:
                    await self._store([waiting])
                return
            self._fail(group, error)
        else:
            self._tally.stored(deliveries, results)
            self._succeed(group, results)

    def _succeed(self, group: list[_Waiting], results: Sequence[Stored]) -> None:
        if self._failure is not None:
            self._failure = None
            _log.info("deliveries are stored again")
        for (_, future), stored in zip(group, results, strict=True):
            if not future.done():
                future.set_result(stored)

    def _fail(self, group: list[_Waiting], error: Exception) -> None:
        self._tally.failed(error)
        is_ours = isinstance(error, LinesideError)
        failure = str(error) if is_ours else f"{type(error).__name__} in the store; the log says more"
        if failure != self._failure:  # a disk that stays full is one line in the log, not one a request
            self._failure = failure
            facts = {"requests": len(group), "reason": failure}
            _log.warning("deliveries not stored", extra=facts, exc_info=None if is_ours else error)
        for _, future in group:
            if not future.done():
                future.set_exception(error)


def _items(delivery: Delivery) -> int:
    return len(delivery.events) + len(delivery.refusals)
