"""Pages in memory: bounded by their size, and made for those who wait."""

import asyncio
from functools import partial

import pytest

from collector.metrics.windows import Window
from collector.pages import Page, Pages


class Maker:
    """Makes pages of some size, and knows for which tags it has."""

    def __init__(self) -> None:
        self.made: list[str] = []

    async def __call__(self, tag: str, *, size: int = 1) -> Page:
        """Return a page."""
        self.made.append(tag)
        return Page(b"x" * size, b"", Window())


async def test_pages_are_kept_while_there_is_room() -> None:
    """The one asked for longest ago goes first."""
    pages, maker = Pages(most_bytes=10), Maker()
    for tag, size in [("a", 4), ("b", 4), ("a", 4), ("c", 4), ("a", 4), ("c", 4), ("b", 4)]:
        await pages.page(tag, partial(maker, tag, size=size))

    assert ["a", "b", "c", "b"] == maker.made


async def test_a_page_too_large_to_be_kept_is_still_sent() -> None:
    """To all who wait for it."""
    pages, maker = Pages(most_bytes=10), Maker()
    large = [await pages.page("large", partial(maker, "large", size=11)) for _ in range(2)]

    assert ["large", "large"] == maker.made
    assert [11, 11] == [page.size_bytes for page in large]


async def test_a_page_is_made_as_long_as_somebody_waits() -> None:
    """The last one to go takes it along; who comes later has it made anew."""
    pages, goes_on, given_up = Pages(), asyncio.Event(), []

    async def make() -> Page:
        try:
            await goes_on.wait()
        except asyncio.CancelledError:
            given_up.append(True)
            raise
        return Page(b"", b"", Window())

    first, second = [asyncio.create_task(pages.page("a", make)) for _ in range(2)]
    await asyncio.sleep(0)
    for task, expected in ((first, []), (second, [True])):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)

        assert expected == given_up
    third = asyncio.create_task(pages.page("a", make))
    goes_on.set()

    assert 0 == (await third).size_bytes


async def test_a_page_that_failed_is_made_again() -> None:
    """Nobody is told yesterday's trouble."""
    pages, maker = Pages(), Maker()

    async def fail() -> Page:
        raise OSError("no such luck")

    with pytest.raises(OSError, match="luck"):
        await pages.page("a", fail)

    assert 1 == (await pages.page("a", partial(maker, "a"))).size_bytes
