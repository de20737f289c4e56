"""What the agent does for its queue while nothing else is to be done: small steps, and the check of a large file.

A step takes a few milliseconds of the log's thread, so that events need not wait for it: old events go, pages go back to
the disk, the log is cut, the reserve is taken back. A file too large to be checked before the start is checked here, on
a connection and a thread of its own (0.4 s for a million events); what it finds is salvaged on the log's thread.

Each look also sees whether a request would be kept, so that a disk that others have filled is noticed without a request.
While requests are refused it is tried by a commit, every two seconds: room that somebody has made, or a disk that is
writable again, is noticed as well. Nothing of this writes while all is well.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from edge_agent.buffer.log import EventLog
from shared.clock import Clock
from shared.errors import LinesideError

REST_SECONDS = 10.0
"""Between two looks when there is nothing to do: room that somebody has made is noticed within this time."""
REFUSING_REST_SECONDS = 2.0
"""The same while requests are refused: so long an agent may be called full that has room again."""
STEP_REST_SECONDS = 0.05
"""Between two steps: at most a tenth of the log's thread goes into upkeep."""

_log = logging.getLogger(__name__)


class Intake(Protocol):
    """Whoever takes events in, as far as it is looked after."""

    failure: LinesideError | None
    """Why they would be refused, as far as is known."""

    def foresee(self, failure: LinesideError | None) -> None:
        """Note why the next ones would be refused, None if they would be kept."""
        ...


@asynccontextmanager
async def looking_after(log: EventLog, *, intake: Intake, executor: Executor, clock: Clock) -> AsyncIterator[None]:
    """Look after a log while the block lasts; `executor` is the log's thread."""
    upkeep = asyncio.create_task(_look_after(log, intake, executor=executor, clock=clock), name="upkeep")
    try:
        yield
    finally:
        upkeep.cancel()
        log.stop_check()  # its thread would be waited for; what it has not looked at yet, the next start does
        with suppress(asyncio.CancelledError):
            await upkeep


async def _look_after(log: EventLog, intake: Intake, *, executor: Executor, clock: Clock) -> None:
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
        if not has_more:
            await _foresee(log, intake, executor=executor)
        await clock.sleep(rest_seconds(has_more=has_more, refuses=intake.failure is not None))


def rest_seconds(*, has_more: bool, refuses: bool) -> float:
    """Return how long to rest after a look.

    >>> rest_seconds(has_more=True, refuses=True), rest_seconds(has_more=False, refuses=False)
    (0.05, 10.0)
    """
    if has_more:
        return STEP_REST_SECONDS
    return REFUSING_REST_SECONDS if refuses else REST_SECONDS


async def _foresee(log: EventLog, intake: Intake, *, executor: Executor) -> None:
    """Tell the intake what would become of a request; only what was written shows that one would be kept again."""
    refuses = intake.failure is not None
    try:
        await asyncio.get_running_loop().run_in_executor(executor, log.probe if refuses else log.look_for_room)
    except LinesideError as error:
        intake.foresee(error)
    except Exception:  # noqa: BLE001 - the same: the task goes on
        _log.exception("the queue could not be looked at")
    else:
        if refuses:
            intake.foresee(None)


async def _check(log: EventLog, *, executor: Executor) -> None:
    loop = asyncio.get_running_loop()
    try:
        problem = await loop.run_in_executor(None, log.check_file)
        if problem is not None:
            await loop.run_in_executor(executor, lambda: log.salvage(problem))
    except LinesideError as error:
        _log.warning("the queue could not be checked", extra={"reason": str(error)})
