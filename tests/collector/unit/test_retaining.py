"""Letting go while something is in the way: what is told, and that it is tried again."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from collector.checks.retention import retention_finding
from collector.held_sites import SiteHeld
from collector.measures import Kept, Purged, Settle
from collector.metrics.retention import UNSCRUBBED
from collector.records import KEPT_FOR_EVER, Retention
from collector.retaining import (
    SECONDS_BETWEEN,
    SECONDS_TO_HEAR,
    Retaining,
    erase,
    purge,
    purge_some,
    told,
    what_is_kept,
)
from collector.storage import opening
from collector.storage.sqlite import SqliteStorage
from collector.vitals.meters import Meters
from shared.instants import HOUR
from tests.support.collector import NOON_AFTER, RULES, contact, decide, delivery, event
from tests.support.fake_clock import FakeClock
from tests.support.invoked import invoked_collector

WORKER = "Zita-of-line-seven"
DAY = Retention(events=24 * HOUR)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for those who read."""
    monkeypatch.setattr(opening, "BUSY_MILLISECONDS", 50)


class Growing(SqliteStorage):
    """A store that hears of a new site after each question about its sites."""

    async def kept(self) -> dict[str, Kept]:
        """Return what each site has; by then there is one more."""
        kept = await super().kept()
        await self._grow(f"site {len(kept)}")
        return kept

    async def hour_offsets(self, sites: Sequence[str] | None = None) -> dict[str, int]:
        """Return where the hours of sites begin; by then there is one more."""
        offsets = await super().hour_offsets(sites)
        await self._grow(f"site {len(offsets)}")
        return offsets

    async def _grow(self, site: str) -> None:
        await self.store([delivery(event("10:00", WORKER, "idle"), site=site, camera=site)], decide=decide)


class Faulty(SqliteStorage):
    """A store with a fault of ours in its first purge."""

    is_faulty = True

    async def purge(self, site: str, *, to: Kept, settle: Settle) -> Purged:
        """Fail the first time."""
        if self.is_faulty:
            self.is_faulty = False
            raise KeyError(site)
        return await super().purge(site, to=to, settle=settle)


class Held(SqliteStorage):
    """A store whose site somebody else holds."""

    async def purge(self, site: str, *, to: Kept, settle: Settle) -> Purged:
        """Say so."""
        raise SiteHeld(site)


@asynccontextmanager
async def stored(file: Path, *, kind: type[SqliteStorage] = SqliteStorage) -> AsyncIterator[SqliteStorage]:
    """Give a store that has seen somebody."""
    storage = kind.open(file, rules=RULES)
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
        retaining = Retaining(storage, retention=KEPT_FOR_EVER, tally=Meters(clock=FakeClock()), clock=FakeClock())
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


class HeardClock(FakeClock):
    """A clock that is a year ahead, and during whose first sleep a camera calls."""

    storage: SqliteStorage

    async def sleep(self, seconds: float) -> None:
        """Sleep, and let the camera call."""
        await self.call()
        await super().sleep(seconds)

    async def call(self) -> None:
        """Let the camera say what time it is."""
        said = contact(clock_offset_us=NOON_AFTER - self.now())
        heard = replace(delivery(camera="C1", contact=said), received_at=self.now())
        await self.storage.store([heard], decide=decide)


async def test_a_start_with_the_clock_ahead_takes_nothing(tmp_path: Path) -> None:
    """Cameras that are known are given the time to call; as long as most of them say what time it is, nothing is due."""
    clock, keep = HeardClock(NOON_AFTER + 365 * 24 * HOUR), Retention(events=24 * HOUR)
    clock.longest = SECONDS_TO_HEAR
    async with stored(tmp_path / "collector.db") as storage:
        clock.storage = storage
        await storage.store([delivery(camera="C1", contact=contact())], decide=decide)
        meters = Meters(clock=clock)
        retaining = Retaining(storage, retention=keep, tally=meters, clock=clock)
        await retaining.start()
        async with asyncio.timeout(20):
            while SECONDS_BETWEEN not in clock.slept:
                await storage.kept()  # asking gives the others their turn
        await retaining.stop()
        says, kept = await told(storage, keep, now=clock.now()), await storage.kept()
        clock.set(NOON_AFTER + HOUR)
        await clock.call()
        gone = [site async for site, _ in purge(storage, keep, now=clock.now())]

    assert [SECONDS_TO_HEAR, SECONDS_BETWEEN] == clock.slept
    assert "the one camera that called lately (C1 of default) says that this machine's clock is 8,760 h" in says[-1]
    assert (True, None) == (meters.is_purge_held, meters.purged_at)
    assert (None, 3) == (kept["default"].events, retention_finding(says).exit_code)
    assert [] != gone


class JumpingClock(HeardClock):
    """A clock that goes a year ahead within the hour; a camera calls only where it is waited for."""

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        if seconds == SECONDS_TO_HEAR:
            await self.call()
        elif not self.slept:
            self.set(self.now() + 365 * 24 * HOUR)
        await FakeClock.sleep(self, seconds)


async def test_a_clock_that_jumps_ahead_takes_nothing(tmp_path: Path) -> None:
    """By it nobody has called lately: so cameras are heard before the next purge, too, and not at a start alone."""
    clock, keep = JumpingClock(NOON_AFTER), Retention(events=24 * HOUR)
    async with stored(tmp_path / "collector.db") as storage:
        clock.storage = storage
        await clock.call()
        meters = Meters(clock=clock)
        retaining = Retaining(storage, retention=keep, tally=meters, clock=clock)
        await retaining.start()
        async with asyncio.timeout(20):
            while not meters.is_purge_held:
                await storage.kept()  # asking gives the others their turn
        await retaining.stop()
        kept = await storage.kept()

    assert [SECONDS_BETWEEN, SECONDS_TO_HEAR] == clock.slept[:2]
    assert kept["default"].events is None or kept["default"].events < NOON_AFTER


async def test_a_purge_that_meets_a_held_site_is_not_held_by_the_clock(tmp_path: Path) -> None:
    """It went as far as it could, so nobody is sent to look at clocks; that nothing is due any more is not said."""
    clock = FakeClock(NOON_AFTER + 48 * HOUR)
    clock.longest = 1
    async with stored(tmp_path / "collector.db", kind=Held) as storage:
        meters = Meters(clock=clock)
        meters.purge_held()
        retaining = Retaining(storage, retention=DAY, tally=meters, clock=clock)
        await retaining.start()
        async with asyncio.timeout(20):
            while SECONDS_BETWEEN not in clock.slept:
                await storage.kept()  # asking gives the others their turn
        await retaining.stop()

    assert (False, None) == (meters.is_purge_held, meters.purged_at)


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


async def test_a_site_that_is_registered_meanwhile_has_its_turn_the_next_time(tmp_path: Path) -> None:
    """Of a site that only one of two questions knows nothing is told and nothing goes."""
    async with stored(tmp_path / "collector.db", kind=Growing) as storage:
        first = await what_is_kept(storage)
        await purge_some(storage, DAY, now=NOON_AFTER + 24 * HOUR)
        says = await told(storage, DAY, now=NOON_AFTER + 24 * HOUR)
        gone = {site for site, kept in (await storage.kept()).items() if kept.events is not None}

    assert ["default"] == [*first]
    assert {"default", "site 1", "site 2"} == gone
    assert 3 == sum("gone are events" in each for each in says)


async def test_a_fault_of_ours_ends_neither_the_job_nor_the_service(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says where it was, the next hour does what is due, and the end is an orderly one."""
    clock = FakeClock(NOON_AFTER + 24 * HOUR)
    async with stored(tmp_path / "collector.db", kind=Faulty) as storage:
        retaining = Retaining(storage, retention=DAY, tally=Meters(clock=clock), clock=clock)
        await retaining.start()
        async with asyncio.timeout(20):
            while (await storage.kept())["default"].events is None:
                pass
        await retaining.stop()
    (fault,) = [record for record in caplog.records if record.levelno == logging.ERROR]

    assert "the purge failed" in fault.message
    assert fault.exc_info is not None
