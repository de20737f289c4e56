"""The collector is killed while it stores, while it is backed up and while it is upgraded: nothing acknowledged is lost.

Four producers hold the key of every event that got a 2xx, and send again whatever got no answer. After the last kill the
collector starts, `collector db verify` finds nothing, and what is called a backup is one.
"""

import asyncio
import contextlib
import random
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from collector.storage.backups import damage_of, kept_before
from collector.storage.condition import condition_of
from tests.support.flaky_collector import until
from tests.support.older import make_older_with_events
from tests.support.oracle import Oracle, key_of
from tests.support.programs import LISTENING, Program, command, running
from tests.support.reference import metrics_of, told_metrics
from tests.support.stores import audited
from tests.support.under_load import produced, serving, some_more, stored_in
from tests.support.victims import Victim

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]

FEW = pytest.param(3, id="few")
MANY = pytest.param(50, id="many", marks=[pytest.mark.gauntlet, pytest.mark.timeout(1_800)])
MOST_TRIES = 3
"""For each kill that is wanted: where the machine is so fast or so slow that they strike too late, more of them are tried."""
AFTER_IT = "after it"
Figure = Callable[[str], None]


async def assert_nothing_is_lost(oracle: Oracle, victim: Victim, *, folder: Path) -> None:
    """Hold what is stored against what was promised, and against itself."""
    async with aiohttp.ClientSession() as session:
        keys = [key_of(event) for event in await stored_in(victim, session)]
        told = [(await told_metrics(partial(victim.get, session), window))[0] for window in oracle.windows()]
    verified = await command("collector", "db", "verify", "--database", str(folder / "collector.db"))

    assert set() == oracle.acknowledged - set(keys)
    assert set() == set(keys) - oracle.sent.keys()
    assert len(keys) == len(set(keys))
    assert [metrics_of(oracle.promised(), window) for window in oracle.windows()] == told
    assert (0, f"{len(keys):,} events of ") == (verified.code, verified.out[: len(f"{len(keys):,} events of ")])


async def assert_is_whole(victim: Victim, *, folder: Path, promised: set[Any]) -> None:
    """Hold a collector that has just started against what was promised until it was killed; posts go on meanwhile."""
    async with aiohttp.ClientSession() as session:
        kept = {key_of(event) for event in await stored_in(victim, session)}

    assert set() == promised - kept
    assert [] == (await asyncio.to_thread(audited, folder / "collector.db")).differences


@pytest.mark.parametrize("kills", [FEW, MANY])
async def test_kills_while_it_stores_lose_nothing(tmp_path: Path, kills: int, figure: Figure) -> None:
    """A quarter of them strike while it starts after the one before; all is looked through after each."""
    oracle, victim = Oracle(random.Random(kills)), serving(tmp_path)
    began = time.monotonic()
    await victim.spawn()
    await victim.listen()
    try:
        async with produced(oracle, victim):
            done = 0
            while done < kills:
                await some_more(oracle)
                await victim.kill()
                done += 1
                if done < kills and oracle.chance.random() < 1 / 4:
                    await victim.spawn()
                    await asyncio.sleep(oracle.chance.uniform(0.2, 1.2))
                    await victim.kill()
                    done += 1
                promised = set(oracle.acknowledged)
                await victim.spawn()
                await victim.listen()
                await assert_is_whole(victim, folder=tmp_path, promised=promised)
        await assert_nothing_is_lost(oracle, victim, folder=tmp_path)
    finally:
        await victim.close()
    figure(
        f"{kills} kills while storing in {time.monotonic() - began:.0f} s: {len(oracle.acknowledged):,} events acknowledged by "
        f"{oracle.tries:,} posts, none lost, none doubled; listening again after {max(victim.start_seconds):.1f} s at most"
    )


@pytest.mark.parametrize("kills", [FEW, MANY])
async def test_kills_while_it_is_backed_up_leave_whole_backups_or_none(
    tmp_path: Path, kills: int, figure: Figure
) -> None:
    """The command is killed, and every fifth time the collector with it; deliveries go on meanwhile."""
    oracle, victim = Oracle(random.Random(kills)), serving(tmp_path)
    outcomes: Counter[str] = Counter()
    await make_older_with_events(tmp_path / "collector.db", workers=200, rounds=100, hours=1)
    await victim.spawn()
    await victim.listen()
    try:
        most_seconds = 2.5 * await _backup_seconds(tmp_path)
        async with produced(oracle, victim):
            for number in range(MOST_TRIES * kills):
                if number >= kills and outcomes["none"] >= _struck_at_least(kills):
                    break
                await some_more(oracle)
                target = tmp_path / f"backup-{number}.db"
                after_seconds = most_seconds * oracle.chance.random() * _sooner(number, kills=kills)
                struck = victim if number % 5 == 4 else None
                await _back_up_and_kill(tmp_path, target, victim=struck, after_seconds=after_seconds)
                outcomes["whole" if target.exists() else "none"] += 1
                assert [] == (damage_of(target) if target.exists() else [])
        last = await command(*_backup(tmp_path, tmp_path / "last.db"))
        async with aiohttp.ClientSession() as session:
            kept = {key_of(event) for event in await stored_in(victim, session)}
    finally:
        await victim.close()
    figure(
        f"{outcomes.total()} kills during a backup: {outcomes['none']} left none, {outcomes['whole']} had left a whole one"
    )

    assert outcomes["none"] >= _struck_at_least(kills)
    assert (0, True) == (last.code, last.out.strip().endswith("every number verified"))
    assert set() == oracle.acknowledged - kept
    assert [] == [path.name for path in _listed(tmp_path) if path.name.startswith(".last.db")]
    assert damage_of(tmp_path / "collector.db") == []


@asynccontextmanager
async def _backing_up(folder: Path, target: Path) -> AsyncIterator[Program]:
    """Give a backup whose file has just appeared."""
    partial = target.with_name(f".{target.name}.partial")
    async with running(*_backup(folder, target), log=folder / "backup.log") as program:
        await until(lambda: partial.exists() or target.exists())
        yield program


async def _backup_seconds(folder: Path) -> float:
    """Return how long it takes from there until the copy has its name."""
    target = folder / "first.db"
    async with _backing_up(folder, target) as program:
        began = time.monotonic()
        await until(target.exists)
        took = time.monotonic() - began
        await program.ended()
    return took


async def _back_up_and_kill(folder: Path, target: Path, *, victim: Victim | None, after_seconds: float) -> None:
    """Begin a backup and kill it some time after its file has appeared, the collector before it."""
    async with _backing_up(folder, target) as program:
        await asyncio.sleep(after_seconds)
        if victim is not None:
            await victim.kill()
        await program.kill()
    if victim is not None:
        await victim.spawn()
        await victim.listen()


def _backup(folder: Path, target: Path) -> tuple[str, ...]:
    return ("collector", "db", "backup", str(target), "--database", str(folder / "collector.db"))


def _listed(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.mark.parametrize("kills", [FEW, MANY])
async def test_kills_while_it_is_upgraded_leave_the_old_or_the_new_database(
    tmp_path: Path, kills: int, figure: Figure
) -> None:
    """Whole in either case, and what it was before is beside it, whole, once the upgrade has begun."""
    template, file = tmp_path / "template.db", tmp_path / "collector.db"
    events = await make_older_with_events(template, workers=200, rounds=100, hours=300_000)
    steps = condition_of(template, thorough=False).steps
    chance = random.Random(kills)
    outcomes: Counter[str] = Counter()
    shutil.copyfile(template, file)
    most_seconds = await _upgrade_seconds(tmp_path)
    for number in range(MOST_TRIES * kills):
        if number >= kills and outcomes.total() - outcomes[AFTER_IT] >= _struck_at_least(kills):
            break
        _begin_again(file, template)
        after_seconds = most_seconds * chance.random() ** 2 * _sooner(number, kills=kills)
        await _upgrade_and_kill(tmp_path, after_seconds=after_seconds)
        condition, kept = condition_of(file, thorough=True), kept_before(file, steps)
        is_new = not condition.steps_missing
        outcomes[_told(is_new=is_new, has_copy=kept.exists())] += 1

        assert () == condition.damage
        assert not is_new or kept.exists()
        assert [] == (damage_of(kept) if kept.exists() else [])
    victim = serving(tmp_path)
    await victim.spawn()
    await victim.listen()
    try:
        verified = await command("collector", "db", "verify", "--database", str(file))
    finally:
        await victim.close()
    figure(
        f"{outcomes.total()} kills during an upgrade: "
        + ", ".join(f"{count} {told}" for told, count in sorted(outcomes.items()))
    )

    assert (0, f"{events:,} events of 200 workers: everything stored is what they say\n") == (
        verified.code,
        verified.out,
    )
    assert () == condition_of(file, thorough=True).steps_missing
    assert outcomes.total() - outcomes[AFTER_IT] >= _struck_at_least(kills)


def _struck_at_least(kills: int) -> int:
    """Return how many have to strike in the midst; with fewer, more are tried."""
    return max(1, kills // 3)


def _sooner(number: int, *, kills: int) -> float:
    """Return by how much a kill that is tried beyond the wanted ones comes earlier, so that it cannot go on being too late."""
    return 0.5 ** max(0, number - kills + 1)


def _told(*, is_new: bool, has_copy: bool) -> str:
    if is_new:
        return AFTER_IT
    return "in the change" if has_copy else "in the copy"


def _begin_again(file: Path, template: Path) -> None:
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    shutil.copyfile(template, file)


@asynccontextmanager
async def _upgrading(folder: Path) -> AsyncIterator[Program]:
    """Give a collector that has just taken the database of a folder, whose lock was not there before."""
    where = ("--database", str(folder / "collector.db"), "--listen", "127.0.0.1:0")
    async with running("collector", "serve", *where, log=folder / "collector.log") as program:
        await until((folder / "collector.db.lock").exists)
        yield program


async def _upgrade_seconds(folder: Path) -> float:
    """Return how long it takes from there until it listens."""
    async with _upgrading(folder) as program:
        began = time.monotonic()
        await program.line_with(LISTENING)
        return time.monotonic() - began


async def _upgrade_and_kill(folder: Path, *, after_seconds: float) -> None:
    async with _upgrading(folder) as program:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(program.process.wait(), timeout=after_seconds)
        await program.kill()
