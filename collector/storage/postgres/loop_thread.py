"""An event loop in a thread of its own: what a store computes between two statements keeps no request waiting."""

import asyncio
from collections.abc import Coroutine
from threading import Thread
from typing import Any, TypeVar

Result = TypeVar("Result")


class LoopThread:
    """A loop that runs until `stop`; whoever waits for something there may give it up by being cancelled."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    async def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Return what the work returns; cancelled, it is cancelled there."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def cancel(self, task: asyncio.Task[Any]) -> None:
        """Cancel a task that runs there."""
        self._loop.call_soon_threadsafe(task.cancel)

    async def stop(self) -> None:
        """End the loop and the thread; nothing of ours may run there any more.

        What the driver still has under way is given up: a connection to a host that says nothing is closed in vain.
        """
        await self.run(_give_up_the_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()


async def _give_up_the_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
