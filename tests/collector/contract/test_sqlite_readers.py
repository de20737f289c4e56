"""Reading beside reading: short questions are never kept waiting, and what nobody waits for ends."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlite_utils.utils import sqlite3

from collector.measures import Parts
from collector.storage.opening import open_reader
from collector.storage.readers import LONG_AT_ONCE, Readers
from collector.storage.sqlite import SqliteStorage
from shared.errors import Busy
from tests.support.collector import RULES, decide, delivery, event

ENDLESS = "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n"


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[SqliteStorage]:
    """Return a store with one event."""
    storage = SqliteStorage.open(tmp_path / "collector.db", rules=RULES)
    await storage.store([delivery(event("10:00", "W1", "working"), camera="C1")], decide=decide)
    yield storage
    await storage.close()


@pytest.fixture
async def readers(storage: SqliteStorage, tmp_path: Path) -> AsyncIterator[Readers]:
    """Return readers of the same file."""
    file = tmp_path / "collector.db"
    readers = Readers(file, open_reader(file))
    yield readers
    await readers.close()


class Endless:
    """A question without an answer, that says when it has begun."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __call__(self, connection: sqlite3.Connection) -> Any:
        """Read for ever."""
        self._loop.call_soon_threadsafe(self.begun.set)
        return connection.execute(ENDLESS).fetchone()


def how_many(connection: sqlite3.Connection) -> int:
    """Return how many events there are."""
    return int(connection.execute("select count(*) from event").fetchone()[0])


async def test_short_questions_do_not_wait_for_long_ones(storage: SqliteStorage) -> None:
    """However many of those there are: what is known of sites and cameras comes at once."""
    goes_on = Event()

    def wait(_offset: int) -> Parts:
        goes_on.wait()
        return Parts((None, None))

    measures = [asyncio.create_task(storage.measure(split=wait)) for _ in range(2 * LONG_AT_ONCE)]
    known = (
        await storage.sites(),
        await storage.hour_offsets(),
        [camera.name for camera in await storage.cameras()],
    )
    has_one = any(measure.done() for measure in measures)
    goes_on.set()
    await asyncio.gather(*measures)

    assert (["default"], {"default": 0}, ["C1"]) == known
    assert not has_one


async def test_a_question_that_nobody_waits_for_ends(readers: Readers) -> None:
    """Or the next one would never be answered; one that had not begun never does."""
    endless = [Endless() for _ in range(LONG_AT_ONCE + 1)]
    asked = [asyncio.create_task(readers.long(question)) for question in endless]
    for question in endless[:LONG_AT_ONCE]:
        await question.begun.wait()
    for task in asked:
        task.cancel()
    found = await asyncio.gather(*(readers.long(how_many) for _ in range(LONG_AT_ONCE)))

    assert [1] * LONG_AT_ONCE == found
    assert not endless[-1].begun.is_set()


async def test_a_question_in_many_statements_ends_too(tmp_path: Path, storage: SqliteStorage) -> None:
    """Closing goes on until it has: an interruption ends one statement, and the question goes on with the next."""
    file = tmp_path / "collector.db"
    readers, begun, tries = Readers(file, open_reader(file)), Endless(), 3

    def stubborn(connection: sqlite3.Connection) -> None:
        for left in range(tries, 0, -1):
            try:
                begun(connection)
            except sqlite3.OperationalError:
                if left == 1:
                    raise

    asked = asyncio.create_task(readers.long(stubborn))
    await begun.begun.wait()
    await readers.close()

    with pytest.raises(Busy):
        await asked


async def test_what_is_interrupted_is_told_to_come_again(readers: Readers) -> None:
    """Those that are being answered, and those that wait; short ones are answered, and later ones again."""
    endless = [Endless() for _ in range(LONG_AT_ONCE)]
    asked = [asyncio.create_task(readers.long(question)) for question in endless]
    asked.append(asyncio.create_task(readers.long(how_many)))
    for question in endless:
        await question.begun.wait()
    readers.interrupt()
    told = await asyncio.gather(*asked, return_exceptions=True)

    assert [Busy] * (LONG_AT_ONCE + 1) == [type(one) for one in told]
    assert (1, 1) == (await readers.short(how_many), await readers.long(how_many))
