"""Lets go what has been kept long enough: once an hour while the service runs, or because a command says so.

Step by step, each a transaction of its own: deliveries are stored between two of them, and a kill loses none.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Collection, Mapping
from functools import partial
from typing import Any, Protocol

from collector.held_sites import SiteHeld
from collector.measures import Kept, Purged
from collector.metrics.doubted_clock import WAY_OUT, Doubt, called_lately, doubted, held
from collector.metrics.erasing import undo
from collector.metrics.retention import UNSCRUBBED, due, is_due, sentences, settle
from collector.records import KEPT_FOR_EVER, Retention
from collector.storage.base import Storage
from shared.clock import Clock
from shared.errors import LinesideError, NotFound

SECONDS_TO_HEAR = 600
"""After a start: by then every camera that is there has called, and said what time it is."""
SECONDS_BETWEEN = 3_600
"""What goes are hours, so more often would find nothing."""
STEPS_TOGETHER = 200
"""Of a command: some seconds, after which it is answered and asks again."""

_log = logging.getLogger(__name__)


class ClockDoubted(LinesideError):
    """Something is due by a clock that others say is ahead."""


class PurgeTally(Protocol):
    """What is told of every purge."""

    def purged(self, at: int) -> None:
        """Note that nothing is due any more."""
        ...

    def purge_ran(self) -> None:
        """Note that it went, and something is left."""
        ...

    def purge_held(self) -> None:
        """Note that something is, by a clock that others say is ahead."""
        ...


async def purge(
    storage: Storage, retention: Retention, *, now: int, by_this_clock: bool = False
) -> AsyncIterator[tuple[str, Purged]]:
    """Take steps until nothing is due any more; yield the site and what each took.

    Raises:
        SiteHeld: others hold a site, the first of those that are not done; all others are.
        ClockDoubted: something is due, and others say that `now` is ahead; not if they are not to be asked.
    """
    there = await what_is_kept(storage)
    if not by_this_clock and (doubt := await _doubt(storage, retention, there=there, now=now)):
        raise ClockDoubted(held(doubt), hint=WAY_OUT)
    left: list[SiteHeld] = []
    for site, (kept, offset) in there.items():
        to = due(retention, offset=offset, now=now)
        while is_due(kept, to):
            try:
                done = await storage.purge(site, to=to, settle=partial(settle, rules=storage.rules))
            except SiteHeld as error:
                left.append(error)
                break
            except NotFound:  # it has got another name meanwhile, and its turn comes under that
                break
            kept = done.kept
            yield site, done
    if left:
        raise left[0]


async def what_is_kept(storage: Storage) -> dict[str, tuple[Kept, int]]:
    """Return from when on each site has what, and where its hours begin.

    These are two questions: a site that is registered or gets another name between them is left for the next time.
    """
    kept, offsets = await storage.kept(), await storage.hour_offsets()
    return {site: (of_site, offsets[site]) for site, of_site in kept.items() if site in offsets}


async def _doubt(
    storage: Storage, retention: Retention, *, there: Mapping[str, tuple[Kept, int]], now: int
) -> Doubt | None:
    """Return how far the clock is ahead, as all cameras tell, where anything is due at these sites."""
    if not any(is_due(kept, due(retention, offset=offset, now=now)) for kept, offset in there.values()):
        return None
    return doubted(await storage.cameras(), now=now, server_now=await storage.server_now())


async def purge_some(
    storage: Storage, retention: Retention, *, now: int, by_this_clock: bool = False
) -> dict[str, int | bool]:
    """Take a bounded number of steps; return what went, and whether there is more to do."""
    events = rows = steps = 0
    async for _, done in purge(storage, retention, now=now, by_this_clock=by_this_clock):
        events, rows, steps = events + done.events, rows + done.rows, steps + 1
        if steps == STEPS_TOGETHER:
            return {"events": events, "rows": rows, "is_done": False}
    return {"events": events, "rows": rows, "is_done": True}


async def erase(storage: Storage, worker_id: str, *, site: str | None, now: int) -> dict[str, Any]:
    """Erase a worker of a site, or the only one of that id; return what went.

    Where bytes of it may still lie on the disk, `left` says why: all is erased then, and the service tries again every hour.
    """
    went = await storage.forget(worker_id, site=site, tell=partial(undo, rules=storage.rules), now=now)
    try:
        await _scrub(storage)
    except LinesideError as error:
        return went._asdict() | {"left": str(error).removesuffix("; nothing of this request was kept")}
    return went._asdict()


async def _scrub(storage: Storage) -> None:
    if await storage.scrub():
        _log.info("bytes of what was erased are written over")


async def told(storage: Storage, retention: Retention, *, now: int, sites: Collection[str] | None = None) -> list[str]:
    """Return what is kept how long and what goes next at these sites (None: all), in words."""
    kept = await what_is_kept(storage)
    there = {site: kept[site] for site in kept if sites is None or site in sites}
    says = sentences(
        retention,
        kept={site: of_site for site, (of_site, _) in there.items()},
        offsets={site: offset for site, (_, offset) in there.items()},
        now=now,
    )
    if doubt := await _doubt(storage, retention, there=there, now=now):
        says.append(f"{held(doubt, sites=sites)} ({WAY_OUT})")
    return [*says, UNSCRUBBED] if await storage.is_unscrubbed() else says


class Retaining:
    """The job of the service; `start` before, `stop` after."""

    def __init__(self, storage: Storage, *, retention: Retention, tally: PurgeTally, clock: Clock) -> None:
        self._storage = storage
        self._retention = retention
        self._tally = tally
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Say what is kept how long, and begin."""
        await self._say()
        self._task = asyncio.create_task(self._run(), name="retaining")

    async def stop(self) -> None:
        """End after the step that is being taken."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        # Which may take as long as writing the database: nobody waits for that to be answered at all.
        await self._scrub()
        while True:
            try:
                if self._retention != KEPT_FOR_EVER:
                    await self._hear()
                    await self._purge()
            except LinesideError as error:
                _log.warning("the purge will be tried again", extra={"reason": str(error), "seconds": SECONDS_BETWEEN})
            except Exception:  # noqa: BLE001 - the top of the task: without it nothing would ever go, and nobody would know why
                _log.exception("the purge failed and will be tried again", extra={"seconds": SECONDS_BETWEEN})
            await self._clock.sleep(SECONDS_BETWEEN)
            await self._scrub()

    async def _hear(self) -> None:
        """Wait for cameras that are known to call: after a start, a scrub or a jump of the clock none has said what time it is."""
        with contextlib.suppress(Exception):  # the purge asks again, and says what is wrong
            cameras = await self._storage.cameras()
            if cameras and not called_lately(cameras, now=self._clock.now()):
                await self._clock.sleep(SECONDS_TO_HEAR)

    async def _scrub(self) -> None:
        try:
            await _scrub(self._storage)
        except LinesideError as error:
            _log.warning("bytes of what was erased are still on the disk", extra={"reason": str(error)})
        except Exception:  # noqa: BLE001 - the same: the task goes on
            _log.exception("bytes of what was erased are still on the disk")

    async def _say(self) -> None:
        for sentence in await told(self._storage, self._retention, now=self._clock.now()):
            _log.info("retention", extra={"says": sentence})

    async def _purge(self) -> None:
        events, rows, now = 0, 0, self._clock.now()
        try:
            async for _, done in purge(self._storage, self._retention, now=now):
                events, rows = events + done.events, rows + done.rows
        except ClockDoubted:
            self._tally.purge_held()
            raise
        except SiteHeld:
            self._tally.purge_ran()
            raise
        self._tally.purged(now)
        if events or rows:
            _log.info("purged", extra={"events": events, "rows": rows})
            await self._say()
