"""A scrub beside everything else: it shows while it goes on, ends in time, is given up at a stop, and does nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from collector.metrics.retention import UNSCRUBBED
from collector.records import KEPT_FOR_EVER
from collector.retaining import erase, told
from collector.storage import opening, scrubbing
from collector.storage.sqlite import SqliteStorage
from collector.storage.writer import Writer
from shared.errors import Busy
from tests.support.collector import RULES, decide, delivery, event

WORKER = "Zita-of-line-seven"


class Seen:
    """What the writing connection was told, and how the store was at each `vacuum`."""

    def __init__(self, storage: SqliteStorage, *, gives_up: bool = False) -> None:
        self.vacuums: list[bool] = []
        self._storage = storage
        self._gives_up = gives_up
        writer = storage._writer  # noqa: SLF001 - the moment at which it begins is seen nowhere else
        assert isinstance(writer, Writer)
        writer.connection.set_trace_callback(self._note)

    def _note(self, statement: str) -> None:
        if statement == "vacuum":
            self.vacuums.append(self._storage.is_scrubbing)
            if self._gives_up:
                self._storage.interrupt()


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[SqliteStorage]:
    """Return a store that has seen two workers, one of whom will be erased."""
    storage = SqliteStorage.open(tmp_path / "collector.db", rules=RULES)
    await storage.store([delivery(event("10:00", WORKER, "working"), event("10:00", "W2", "idle"))], decide=decide)
    yield storage
    await storage.close()


def reading(file: Path) -> sqlite3.Connection:
    """Return a connection within a transaction that reads."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("begin")
    connection.execute("select count(*) from event").fetchone()
    return connection


async def test_a_scrub_shows_while_it_goes_on(storage: SqliteStorage) -> None:
    """And no longer."""
    before, seen = storage.is_scrubbing, Seen(storage)
    went = await erase(storage, WORKER, site=None, now=0)

    assert (False, [True], False) == (before, seen.vacuums, storage.is_scrubbing)
    assert "left" not in went


async def test_a_scrub_is_given_up_at_a_stop(
    storage: SqliteStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is delivered is stored then, and the next run takes what is left."""
    monkeypatch.setattr(scrubbing, "_LOOK_EVERY", 1)
    Seen(storage, gives_up=True)
    went = await erase(storage, WORKER, site=None, now=0)
    says = await told(storage, KEPT_FOR_EVER, now=0)
    await storage.store([delivery(event("10:01", "W2", "working"))], decide=decide)
    seen = Seen(storage)
    done = await storage.scrub()

    assert "was given up" in went["left"]
    assert (UNSCRUBBED, [True], True) == (says[-1], seen.vacuums, done)
    assert WORKER.encode() not in (tmp_path / "collector.db").read_bytes()


async def test_a_scrub_that_takes_too_long_counts_as_one_no_longer(
    storage: SqliteStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever watches the store sees that it hangs, which it still does when nobody waits for the scrub any more."""
    monkeypatch.setattr(scrubbing, "LEAST_SECONDS", 0.1)
    with closing(reading(tmp_path / "collector.db")):
        went = await erase(storage, WORKER, site=None, now=0)
        is_scrubbing = storage.is_scrubbing
        waiting = asyncio.create_task(storage.store([delivery(event("10:01", "W2", "working"))], decide=decide))
        await asyncio.wait({waiting}, timeout=0.05)
        hangs = not waiting.done()
    await waiting

    assert "has taken more than" in went["left"]
    assert (False, True) == (is_scrubbing, hangs)


async def test_what_is_written_anew_is_not_written_anew_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody reads meanwhile only the log is left to be emptied; once more is erased, all of it is to be done."""
    monkeypatch.setattr(opening, "BUSY_MILLISECONDS", 50)
    file = tmp_path / "collector.db"
    storage = SqliteStorage.open(file, rules=RULES)
    await storage.store([delivery(event("10:00", WORKER, "working"), event("10:00", "W2", "idle"))], decide=decide)
    seen = Seen(storage)
    with closing(reading(file)):
        await erase(storage, WORKER, site=None, now=0)
        with pytest.raises(Busy, match="somebody reads"):
            await storage.scrub()
    first, done = len(seen.vacuums), await storage.scrub()
    is_there = WORKER.encode() in file.read_bytes() + file.with_name("collector.db-wal").read_bytes()
    with closing(reading(file)):
        await storage.store([delivery(event("10:02", "W3", "working"))], decide=decide)
        await erase(storage, "W2", site=None, now=0)
        await erase(storage, "W3", site=None, now=0)
    await storage.close()

    assert (1, True, False, 3) == (first, done, is_there, len(seen.vacuums))
