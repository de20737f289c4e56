"""What the agent does for its queue while nothing else is to be done: small steps, and the check of a large file.

A step takes a few milliseconds of the log's thread, so that events need not wait for it: old events go, pages go back to
the disk, the log is cut, the reserve is taken back. A file too large to be checked before the start is checked here, on
a connection and a thread of its own (0.4 s for a million events); what it finds is salvaged on the log's thread.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress

from edge_agent.buffer.log import EventLog
from shared.clock import Clock
from shared.errors import LinesideError

REST_SECONDS = 10.0
"""Between two looks when there is nothing to do: room that somebody has made is noticed within this time."""
STEP_REST_SECONDS = 0.05
"""Between two steps: at most a tenth of the log's thread goes into upkeep."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def looking_after(log: EventLog, *, executor: Executor, clock: Clock) -> AsyncIterator[None]:
    """Look after a log while the block lasts; `executor` is the log's thread."""
    upkeep = asyncio.create_task(_look_after(log, executor=executor, clock=clock), name="upkeep")
    try:
        yield
    finally:
        upkeep.cancel()
        log.stop_check()  # its thread would be waited for; what it has not looked at yet, the next start does
        with suppress(asyncio.CancelledError):
            await upkeep


async def _look_after(log: EventLog, *, executor: Executor, clock: Clock) -> None:
    loop = asyncio.get_running_loop()
    if not log.is_checked:
        await _check(log, executor=executor)
    failure = ""
    while True:
        try:
            has_more = await loop.run_in_executor(executor, log.tidy)
            failure = ""
        except LinesideError as error:
            has_more = False
            if str(error) != failure:
                _log.warning("upkeep of the queue failed", extra={"reason": str(error)})
            failure = str(error)
        except Exception:  # noqa: BLE001 - the top of the task: without it the queue would fill up and nobody would know why
            has_more = False
            _log.exception("upkeep of the queue failed")
        await clock.sleep(STEP_REST_SECONDS if has_more else REST_SECONDS)


async def _check(log: EventLog, *, executor: Executor) -> None:
    loop = asyncio.get_running_loop()
    try:
        problem = await loop.run_in_executor(None, log.check_file)
        if problem is not None:
            await loop.run_in_executor(executor, lambda: log.salvage(problem))
    except LinesideError as error:
        _log.warning("the queue could not be checked", extra={"reason": str(error)})
