"""Agent and collector are killed at random moments under load, behind a proxy that lies: nothing acknowledged is lost.

Four producers hold the key of every event that got a 2xx and send again whatever got no answer. A kill strikes after a
random number of acknowledgements and of requests to the collector; a fifth of them before a program that was started
anew even listens.
"""

import asyncio
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.fault_proxy import fault_proxy
from tests.support.oracle import Oracle, Producer, key_of
from tests.support.programs import command
from tests.support.reference import metrics_of, told_metrics
from tests.support.victims import CAMERA, Pair, Victim

pytestmark = pytest.mark.processes

PRODUCERS = 4
MOST_ACKNOWLEDGED_BEFORE_A_KILL = 400
MOST_REQUESTS_BEFORE_A_KILL = 6
FRESH_SECONDS = 5.0
STANDSTILL_SECONDS = 30.0
"""A backlog that has not shrunk for so long is not being delivered."""


@pytest.mark.timeout(120)
async def test_ten_kills_lose_nothing_and_double_nothing(tmp_path: Path, figure: Callable[[str], None]) -> None:
    """Every acknowledged key is stored once, none that was not sent, and the numbers are those of the events."""
    await _run(tmp_path, kills=10, seed=1, figure=figure)


@pytest.mark.gauntlet
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("seed", [11])
async def test_two_hundred_kills_lose_nothing_and_double_nothing(
    tmp_path: Path, seed: int, figure: Callable[[str], None]
) -> None:
    """The same for as long as it takes."""
    await _run(tmp_path, kills=200, seed=seed, figure=figure)


async def _run(folder: Path, *, kills: int, seed: int, figure: Callable[[str], None]) -> None:
    oracle = Oracle(random.Random(seed))
    began = time.monotonic()
    async with (
        fault_proxy(seed=seed) as proxy,
        Pair(folder, proxy=proxy) as pair,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session,
    ):
        producers = [Producer(oracle, worker=f"W{n}", address=lambda: pair.agent.address) for n in range(PRODUCERS)]
        async with asyncio.TaskGroup() as running:
            for producer in producers:
                running.create_task(producer.run(session))
            await _strike(pair, kills=kills, oracle=oracle)
            for producer in producers:
                producer.stop()
        proxy.heal()
        fresh_seconds = await _fresh_event(pair, producers[0], session=session)
        waited, drained = await _drained(pair, session)
        stored = await pair.stored(session)
        get = partial(pair.collector.get, session)
        told = [await told_metrics(get, window) for window in oracle.windows()]
        (camera,) = await pair.collector.get(session, "/api/cameras/")
        verified = await command("collector", "db", "verify", "--database", str(pair.database))
    keys = [key_of(dict(event)) for event in stored]
    figure(
        f"{kills} kills in {time.monotonic() - began:.0f} s (seed {seed}): {len(oracle.acknowledged):,} events acknowledged by "
        f"{oracle.tries:,} posts; {proxy.seen.total():,} requests suffered, {proxy.passed:,} passed; {waited:,} events left "
        f"to drain; listening again after {max(pair.start_seconds):.1f} s at most; fresh event after {fresh_seconds:.2f} s"
    )

    assert set() == oracle.acknowledged - set(keys)
    assert set() == set(keys) - oracle.sent.keys()
    assert len(keys) == len(set(keys))
    for window, (rows, watermark) in zip(oracle.windows(), told, strict=True):
        assert metrics_of(oracle.promised(), window, camera=CAMERA, watermark=watermark) == rows
    assert (0, f"{len(keys):,} events of") == (verified.code, verified.out[: len(f"{len(keys):,} events of")])
    assert (0, 0, 0) == (drained["unaccounted"], drained["dead"], camera["missing"])
    assert fresh_seconds < FRESH_SECONDS


async def _strike(pair: Pair, *, kills: int, oracle: Oracle) -> None:
    """Kill one program or the other, now and then both, and start it again."""
    chance = oracle.chance
    done = 0
    while done < kills:
        enough = len(oracle.acknowledged) + chance.randint(1, MOST_ACKNOWLEDGED_BEFORE_A_KILL)
        await _until(lambda: len(oracle.acknowledged) >= enough)  # noqa: B023 - awaited here
        requests = pair.proxy.requests + chance.randint(0, MOST_REQUESTS_BEFORE_A_KILL)
        await _until(lambda: pair.proxy.requests >= requests)  # noqa: B023 - awaited here
        victims = chance.choice([[pair.agent], [pair.collector], [pair.agent, pair.collector]])[: kills - done]
        for victim in victims:
            await victim.kill()
            done += 1
        if done < kills and chance.random() < 1 / 4:
            await _kill_at_start(victims[0], chance=chance)
            done += 1
        for victim in victims:
            await victim.spawn()
        for victim in victims:
            await pair.listen(victim)


async def _kill_at_start(victim: Victim, *, chance: random.Random) -> None:
    """Let a program begin, and kill it somewhere between its first import and its first request."""
    await victim.spawn()
    await asyncio.sleep(chance.uniform(0.2, 1.2))
    await victim.kill()


async def _until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not reached():  # noqa: ASYNC110 - producers and proxy count, and any of them may be last
            await asyncio.sleep(0.002)


async def _fresh_event(pair: Pair, producer: Producer, *, session: aiohttp.ClientSession) -> float:
    """Return how long a new event takes that is posted when the first request has passed."""
    async with asyncio.timeout(60):
        await pair.proxy.passed_since_healed.wait()
        (event,) = await producer.post(session, 1)
        while not await _is_stored(pair, event, session=session):  # noqa: ASYNC110 - another process cannot wake us
            await asyncio.sleep(0.02)
    return time.monotonic() - pair.proxy.passed_at


async def _is_stored(pair: Pair, event: dict[str, Any], *, session: aiohttp.ClientSession) -> bool:
    found = await pair.collector.get(
        session, "/api/events/", worker_id=event["worker_id"], **{"from": event["timestamp"]}
    )
    return any(key_of(one) == key_of(event) for one in found["events"])


async def _drained(pair: Pair, session: aiohttp.ClientSession) -> tuple[int, dict[str, Any]]:
    """Return how many events waited, and what the agent says of itself once none does; it may take as long as it goes on."""
    first = least = int((await pair.agent.get(session, "/status"))["pending"])
    while least:
        async with asyncio.timeout(STANDSTILL_SECONDS):
            while (status := await pair.agent.get(session, "/status"))["pending"] >= least:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)
        least = int(status["pending"])
    return first, await pair.agent.get(session, "/status")
