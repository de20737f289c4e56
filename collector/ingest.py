"""The way of deliveries into the store: concurrent requests share a transaction, answers leave after the commit.

While one transaction runs, the next requests gather; together they are one. Nobody waits for a timer, and under load
a commit to disk serves many. What may wait is bounded. Requests of a site that somebody else holds in the database are told so, and
those of other sites are stored without them (`held_sites.py`). Of a group that was too much for a slow database those requests are tried
once more that are small beside the largest, the others are told to send less (`group_size.py`).
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from collector.group_size import GroupSize
from collector.held_sites import HeldSites, NamesHeld, SiteHeld
from collector.metrics.ledger import splice
from collector.records import Delivery, Stored
from collector.storage.base import Storage
from shared.clock import Clock, SystemClock
from shared.errors import Busy, LinesideError, StoreTooSlow

MOST_WAITING = 1_000
"""Requests; a whole factory's agents may call at once when a link comes back."""
MOST_EVENTS_WAITING = 100_000
"""About 50 MB. Beyond either bound a request is told to come again."""
MOST_SITES_TOGETHER = 40
"""A server is asked some 17 times for each site, one after the other: where each takes a millisecond, 0.7 s. And whoever stores holds the
workers of all these sites, so that other collectors have to wait for them."""
SECONDS_A_GROUP = 5.0
"""Enough for four held sites, of which the first takes 3 s and each other half a second. Who waits behind such a group, and meets
another held site then, is still answered before an agent gives up."""
SMALLER = 10
"""So many times less than the largest request of a group is small beside it."""

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

    def __init__(self, storage: Storage, *, tally: Tally | None = None, clock: Clock | None = None) -> None:
        self._storage = storage
        self._decide = partial(splice, rules=storage.rules)
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(MOST_WAITING)
        self._events_waiting = 0
        self._task: asyncio.Task[None] | None = None
        self._failure: str | None = None
        self._tally: Tally = _NoTally() if tally is None else tally
        self._clock = clock or SystemClock()
        self._held = HeldSites()
        self._together = GroupSize()

    @property
    def failure(self) -> str | None:
        """Why the last group could not be stored; None if it was, or if there was none yet.

        That sites are held is no reason: others are stored.
        """
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
            Busy: too many wait already, the database is locked or too slow, or the site is held; nothing was kept.
            StorageFull: no room; nothing was kept.
        """
        is_too_much = self._events_waiting and self._events_waiting + _items(delivery) > MOST_EVENTS_WAITING
        if is_too_much or self._queue.full():
            raise Busy("too many requests are waiting; nothing of this one was kept")
        self._held.check(delivery, now=self._clock.monotonic())
        stored: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((delivery, stored))
        self._events_waiting += _items(delivery)
        return await stored

    async def _run(self) -> None:
        while True:
            group = [await self._queue.get()]
            size, sites = _size(group), {group[0][0].site}
            while not self._queue.empty() and size < self._together.most and len(sites) < MOST_SITES_TOGETHER:
                group.append(self._queue.get_nowait())
                size += _size(group[-1:])
                sites.add(group[-1][0].site)
            await self._store(group)
            self._events_waiting -= sum(_items(delivery) for delivery, _ in group)
            for _ in group:
                self._queue.task_done()

    async def _store(self, group: list[_Waiting], *, may_be_less: bool = True) -> None:
        until = self._clock.monotonic() + SECONDS_A_GROUP
        held = await self._store_together(group, may_be_less=may_be_less)
        while held is not None:
            group = self._without(held, group)
            if group and self._clock.monotonic() > until:
                _log.warning("many sites are held by others", extra={"requests": len(group)})
                _tell(group, Busy("many sites are held by others; nothing of this request was kept"))
                return
            held = await self._store_together(group, may_be_less=may_be_less) if group else None

    async def _store_together(self, group: list[_Waiting], *, may_be_less: bool) -> SiteHeld | NamesHeld | None:
        """Store a group; return why nothing of it was stored if the others may be."""
        deliveries = [delivery for delivery, _ in group]
        self._tally.began()
        begun = self._clock.monotonic()
        try:
            results = await self._storage.store(deliveries, decide=self._decide)
        except (SiteHeld, NamesHeld) as error:
            self._tally.failed(error)
            return error
        except StoreTooSlow as error:
            await self._store_less(group, error, may_be_less=may_be_less)
        except LinesideError as error:
            self._fail(group, error)
        except Exception as error:  # noqa: BLE001 - the top of the task: nothing kept, everybody told, the task goes on
            if len(group) > 1:  # one of them is at fault: the others shall not suffer
                for waiting in group:
                    await self._store([waiting])
            else:
                self._fail(group, error)
        else:
            self._together = self._size_after(group, seconds=self._clock.monotonic() - begun)
            self._tally.stored(deliveries, results)
            self._succeed(group, results)
        return None

    def _size_after(self, group: list[_Waiting], *, seconds: float) -> GroupSize:
        # Each statement may have been in time, and all of them together not.
        if seconds > SECONDS_A_GROUP:
            return self._together.after_too_slow(_size(group), requests=len(group))
        return self._together.after_stored(_size(group))

    async def _store_less(self, group: list[_Waiting], error: StoreTooSlow, *, may_be_less: bool) -> None:
        """Tell those of a group that it was too much, but those that cannot be what took so long; all where that was done before."""
        self._together = self._together.after_too_slow(_size(group), requests=len(group))
        large = max(_size([waiting]) for waiting in group) / SMALLER if may_be_less else 0
        self._fail([waiting for waiting in group if _size([waiting]) > large], error)
        if small := [waiting for waiting in group if _size([waiting]) <= large]:
            await self._store(small, may_be_less=False)

    def _without(self, held: SiteHeld | NamesHeld, group: list[_Waiting]) -> list[_Waiting]:
        """Tell those whose site is held, or cannot be registered; return the others."""
        of_it = [group[place] for place in sorted(held.of)]
        if isinstance(held, NamesHeld):
            _log.warning("new sites or cameras have to wait", extra={"requests": len(of_it)})
        elif self._held.note(held, of=[delivery for delivery, _ in of_it], now=self._clock.monotonic()):
            _log.warning("a site is held by others", extra={"site": held.site, "requests": len(of_it)})
        _tell(of_it, held)
        return [waiting for place, waiting in enumerate(group) if place not in held.of]

    def _succeed(self, group: list[_Waiting], results: Sequence[Stored]) -> None:
        if self._failure is not None:
            self._failure = None
            _log.info("deliveries are stored again")
        for site in self._held.free([delivery for delivery, _ in group], results):
            _log.info("a site is stored again", extra={"site": site})
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
        _tell(group, error)


def _items(delivery: Delivery) -> int:
    return len(delivery.events) + len(delivery.refusals)


def _size(group: Sequence[_Waiting]) -> int:
    return sum(max(_items(delivery), 1) for delivery, _ in group)


def _tell(group: Sequence[_Waiting], error: Exception) -> None:
    for _, future in group:
        if not future.done():
            future.set_exception(error)
