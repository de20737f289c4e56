"""Erasing somebody while the file cannot be cleaned: what is told, and that it is tried again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from collector.checks.retention import retention_finding
from collector.metrics.retention import UNSCRUBBED
from collector.records import KEPT_FOR_EVER
from collector.retaining import Retaining, erase, told
from collector.storage import opening
from collector.storage.sqlite import SqliteStorage
from tests.support.collector import RULES, decide, delivery, event
from tests.support.fake_clock import FakeClock
from tests.support.invoked import invoked_collector

WORKER = "Zita-of-line-seven"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for those who read."""
    monkeypatch.setattr(opening, "BUSY_MILLISECONDS", 50)


@asynccontextmanager
async def stored(file: Path) -> AsyncIterator[SqliteStorage]:
    """Give a store that has seen somebody."""
    storage = SqliteStorage.open(file, rules=RULES)
    await storage.store([delivery(event("10:00", WORKER, "working"))], decide=decide)
    yield storage
    await storage.close()


def reading(file: Path) -> sqlite3.Connection:
    """Return a connection within a transaction that reads."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("begin")
    connection.execute("select count(*) from event").fetchone()
    return connection


async def test_what_is_left_is_told_and_tried_again(tmp_path: Path) -> None:
    """All is erased; as long as bytes of it are left whoever looks is told, and the next hour takes them."""
    file = tmp_path / "collector.db"
    async with stored(file) as storage:
        retaining = Retaining(storage, retention=KEPT_FOR_EVER, clock=FakeClock())
        with closing(reading(file)):
            went = await erase(storage, WORKER, site=None, now=0)
            says = await told(storage, KEPT_FOR_EVER, now=0)
            await retaining.start()
            is_left = await storage.is_unscrubbed()
        async with asyncio.timeout(20):
            while await storage.is_unscrubbed():
                pass  # asking gives the others their turn
        await retaining.stop()
        says_then = await told(storage, KEPT_FOR_EVER, now=0)

    assert (1, True, True) == (went["events"], "somebody reads" in went["left"], is_left)
    assert (3, UNSCRUBBED) == (retention_finding(says).exit_code, says[-1])
    assert says[:-1] == says_then


async def test_the_command_says_what_is_erased_and_what_is_left(tmp_path: Path) -> None:
    """With the copies that still hold somebody, and an exit code that is not 0; run again, it is done."""
    file = tmp_path / "collector.db"
    async with stored(file):
        pass
    (tmp_path / ".before.db.partial").write_bytes(bytes(4_096))
    with closing(reading(file)):
        first = await invoked_collector("forget", WORKER, "--database", str(file))
    again = await invoked_collector("forget", WORKER, "--database", str(file))
    copy, left, _ = first.err.splitlines()

    assert (7, 0) == (first.code, again.code)
    assert first.out.startswith("1 event,")
    assert (True, True) == (copy.endswith(".before.db.partial"), left.startswith("bytes of what is erased"))
    assert WORKER.encode() not in file.read_bytes()
