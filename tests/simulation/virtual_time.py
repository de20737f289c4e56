"""An event loop whose clock leaps to the next timer: a day in which little happens takes no longer than what happens.

Nothing in it waits for sockets or threads. What would run in a thread runs at once, and its result is delivered a turn
later, as a thread's would be: whoever is cancelled in between has done its work without knowing. Everything waiting for
ever is an error, not a hang.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from shared.instants import SECOND, parse_instant

START = parse_instant("2026-01-15T00:00:00Z")
Result = TypeVar("Result")


class _Leap(selectors.SelectSelector):
    """Sees no file ready, ever, and moves the clock on instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return nothing, `timeout` later."""
        if timeout is None:
            raise RuntimeError("everything waits for ever: no timer is set and nothing is ready")
        self.seconds += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; `time` begins at 0."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        """Return the virtual seconds since the beginning."""
        return self._leap.seconds

    def run_in_executor(  # type: ignore[override]
        self, executor: object, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run it here and now; the future is done a turn later."""
        future = self.create_future()
        try:
            self.call_soon(_finish, future, func(*args), None)
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits for the future
            self.call_soon(_finish, future, None, error)
        return future


def _finish(future: asyncio.Future[Any], result: object, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class VirtualClock:
    """A machine's clock: monotonic time is the loop's, wall time is that plus what the clock is wrong by."""

    def __init__(self) -> None:
        self.ahead = 0
        """Microseconds by which the wall clock is wrong."""

    def now(self) -> int:
        """Return the wall clock as an instant."""
        return true_time() + self.ahead

    def monotonic(self) -> float:
        """Return seconds since the beginning."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Return so many virtual seconds later."""
        await asyncio.sleep(seconds)


def true_time() -> int:
    """Return the instant that a clock which is right would show."""
    return START + round(asyncio.get_running_loop().time() * SECOND)


def simulate(story: Coroutine[Any, Any, Result]) -> Result:
    """Run a story to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(story)
