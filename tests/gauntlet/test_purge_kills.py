"""The collector is killed while it serves and purges at once: what it answered is there, and no number of whole hours changes.

Unlike `collector purge`, which has the database for itself, the service takes its steps between deliveries. Only kills count
that struck between two steps: after the horizon had moved, and before it had come to its end.
"""

import asyncio
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from collector.storage.sqlite import SqliteStorage
from shared.events import Event, EventType
from shared.instants import HOUR
from tests.collector.processes.test_purging import FIRST, horizon, numbers, run, store
from tests.support.collector import RULES, decide, delivery
from tests.support.oracle import Oracle, key_of
from tests.support.stores import audited
from tests.support.under_load import PRODUCERS, produced, serving, some_more, stored_in
from tests.support.victims import Victim

pytestmark = [pytest.mark.processes, pytest.mark.gauntlet, pytest.mark.timeout(3_600)]

HOURS = 3_000
"""Of a history that is all due: some hundred steps, in which several kills strike."""
END = FIRST + HOURS * HOUR
KILLS = 50


async def test_kills_of_a_serving_purge_lose_nothing(
    tmp_path: Path, figure: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Round after round of a history that goes and of events that arrive, until fifty kills have struck in the midst."""
    monkeypatch.setenv("COLLECTOR_RETENTION__EVENTS", "3d")
    before = await _laid_down(tmp_path / "template.db")
    began, struck, rounds, acknowledged, tries = time.monotonic(), 0, 0, 0, 0
    while struck < KILLS:
        rounds += 1
        assert rounds <= KILLS
        folder = tmp_path / str(rounds)
        folder.mkdir()
        shutil.copyfile(tmp_path / "template.db", folder / "collector.db")
        oracle = Oracle(random.Random(rounds))
        struck += await _killed_in_the_midst(folder, oracle, most=KILLS - struck)
        await _assert_all_is_kept(folder, before=before)
        acknowledged, tries = acknowledged + len(oracle.acknowledged), tries + oracle.tries
        shutil.rmtree(folder)
    figure(
        f"{struck} kills in the midst of a serving purge, {rounds} histories, {time.monotonic() - began:.0f} s: "
        f"{acknowledged:,} events acknowledged by {tries:,} posts, none lost; every number of whole hours what it was"
    )


async def _laid_down(file: Path) -> bytes:
    """Store what is due to go, and everybody who will work; return what the numbers of the history are."""
    await store(file, HOURS)
    storage = SqliteStorage.open(file, rules=RULES)
    lately = time.time_ns() // 1_000 - 50 * HOUR
    known = [Event(lately, f"W{n}", f"S{1 + n % 3}", EventType.product_count, 1, None) for n in range(PRODUCERS)]
    await storage.store([delivery(*known)], decide=decide)
    said = await numbers(storage, HOURS)
    await storage.close()
    return said


async def _killed_in_the_midst(folder: Path, oracle: Oracle, *, most: int) -> int:
    """Kill the service until its purge is done, and look after each kill; return how many struck in its midst."""
    victim, file, struck = serving(folder), folder / "collector.db", 0
    try:
        async with produced(oracle, victim):
            while struck < most and not _is_done(was := await horizon(file)):
                await victim.spawn()
                await victim.listen()
                await _moved(file, was)
                await some_more(oracle)
                await victim.kill()
                at = await horizon(file)
                struck += at != was and not _is_done(at)
                assert [] == (await asyncio.to_thread(audited, file)).differences
            await victim.spawn()
            await victim.listen()
        await _assert_nothing_is_lost(oracle, victim)
        assert -signal.SIGKILL != await victim.stop()
    finally:
        await victim.close()
    return struck


def _is_done(at: int | None) -> bool:
    return at is not None and at >= END


async def _moved(file: Path, was: int | None) -> None:
    async with asyncio.timeout(60):
        while await horizon(file) == was:  # noqa: ASYNC110 - what is waited for is on the disk
            await asyncio.sleep(0.005)


async def _assert_nothing_is_lost(oracle: Oracle, victim: Victim) -> None:
    async with aiohttp.ClientSession() as session:
        keys = [key_of(event) for event in await stored_in(victim, session)]

    assert set() == oracle.acknowledged - set(keys)
    assert len(keys) == len(set(keys))


async def _assert_all_is_kept(folder: Path, *, before: bytes) -> None:
    """Let the purge come to its end, and hold the numbers of its hours against what they were."""
    file = folder / "collector.db"
    finished = await run(file, "purge", seconds=900)
    storage = SqliteStorage.open(file, rules=RULES)
    after = await numbers(storage, HOURS)
    await storage.close()

    assert (0, True) == (finished.code, _is_done(await horizon(file)))
    assert before == after
    assert [] == (await asyncio.to_thread(audited, file)).differences
