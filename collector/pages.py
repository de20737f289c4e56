"""Pages in memory: made once for all who ask for the same, kept while there is room, given up when nobody waits.

Invariants: pages that are made take at most 16 MB, plain and compressed together, and are at most 16; the one that was
asked for longest ago goes first. A page that is being made when the last who waited goes away is not made.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from collector.metrics.windows import Window

MOST_BYTES = 16_000_000
KEPT = 16
"""As many as people look at different windows within one write."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer as it is sent."""

    content: bytes
    compressed: bytes
    window: Window
    """What its numbers are about."""

    @property
    def size_bytes(self) -> int:
        """How much memory it takes."""
        return len(self.content) + len(self.compressed)


@dataclass(slots=True)
class _Making:
    """A page that is being made or is made, and how many wait for it."""

    task: asyncio.Task[Page]
    waiting: int = 0

    @property
    def is_of_use(self) -> bool:
        """Say whether a page comes or has come of it."""
        return not self.task.done() or not (self.task.cancelled() or self.task.exception())

    @property
    def size_bytes(self) -> int:
        """How much memory it takes, once it is made."""
        return self.task.result().size_bytes if self.task.done() and self.is_of_use else 0


class Pages:
    """The last pages, by what tells them apart."""

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._pages: OrderedDict[str, _Making] = OrderedDict()

    async def page(self, tag: str, make: Callable[[], Coroutine[Any, Any, Page]]) -> Page:
        """Return the page of a tag, and make it unless it is there or already being made."""
        making = self._pages.get(tag)
        if making is None or not making.is_of_use:
            making = self._pages[tag] = _Making(asyncio.create_task(make(), name="page"))
        self._pages.move_to_end(tag)
        making.waiting += 1
        try:
            return await asyncio.shield(making.task)  # who leaves early does not take the page away from the others
        finally:
            making.waiting -= 1
            if not making.waiting and not making.task.done():
                making.task.cancel()
                self._forget(tag, making)
            self._make_room()

    def _make_room(self) -> None:
        size = sum(making.size_bytes for making in self._pages.values())
        for tag, making in list(self._pages.items()):
            if size <= self._most_bytes and len(self._pages) <= KEPT:
                return
            if making.task.done():
                size -= making.size_bytes
                self._forget(tag, making)

    def _forget(self, tag: str, making: _Making) -> None:
        if self._pages.get(tag) is making:
            del self._pages[tag]
