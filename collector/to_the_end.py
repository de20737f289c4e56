"""Work that goes on though whoever asked for it has hung up: what it holds is held until it ends."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def to_the_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Return what work comes to; who is cancelled meanwhile waits for its end all the same, once.

    A thread cannot be cancelled, nor a transaction: whoever hung up and was let out at once would leave them behind, and with the
    next request begin others beside them, for which nothing is left of their places.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # nobody asks for it any more
        raise
    finally:
        del task  # an error knows this frame, and the frame the task, and the task its error: a body would wait for the collector of garbage
