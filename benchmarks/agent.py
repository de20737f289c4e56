"""The edge agent as an appliance: what it takes, how long a post waits, what it writes, holds and uses.

Every figure is of a real agent with its own settings, whose collector is away, over HTTP on the same machine; `accepted`
means on disk. The rivals of `benchmarks.rivals` get the same payloads in the same run.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import processes, rivals
from benchmarks.events import bodies, events
from benchmarks.ingest import post_all
from benchmarks.processes import Memory, Running
from benchmarks.rivals import Puts
from shared.events import Event, canonical_json, read_event

WORKERS = 6
SINGLE = 4_000
IN_BATCHES = 100_000
BATCH = 200
CONNECTIONS = 16
WATCHED_SECONDS = 30.0
UNTIL_AT_REST_SECONDS = 80.0
"""Ten seconds after the last event its moment is noted, a minute later the log is written back; then nothing is left to do."""
WRITTEN = {1: 2_000, 10: 5_000, 200: 50_000}
"""Events for each number of events a commit."""
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Appliance:
    """All of it."""

    rivals: list[Puts]
    singles_a_second: float
    """Of our agent, one connection."""
    batched_a_second: float
    connections_a_second: float
    p50_ms: float
    p99_ms: float
    """Of a single post among 16 connections that post all the time."""
    written_bytes: dict[int, float]
    """A commit's events: bytes written for each of them."""
    at_rest: "Use"
    one_a_second: "Use"


@dataclass(frozen=True)
class Use:
    """What an agent needs while it does so little."""

    memory: Memory
    cpu_percent: float
    written_bytes_a_second: float


def run() -> Appliance:
    """Measure everything once."""
    singles = events(SINGLE, workers=WORKERS)
    payloads = [canonical_json(event) for event in map(read_event, singles) if isinstance(event, Event)]
    rows = rivals.run(payloads)
    with tempfile.TemporaryDirectory() as folder, processes.edge_agent(Path(folder)) as agent:
        alone = asyncio.run(_times(agent, bodies(singles, 1), connections=1))
        many = asyncio.run(_times(agent, bodies(events(SINGLE, workers=WORKERS, seed=8), 1), connections=CONNECTIONS))
    ordered = sorted(many.each)
    at_rest, one_a_second = asyncio.run(_uses())
    return Appliance(
        rows,
        SINGLE / alone.together,
        _batched(),
        SINGLE / many.together,
        1_000 * statistics.median(ordered),
        1_000 * ordered[round(0.99 * len(ordered))],
        {size: _written(size, count) for size, count in WRITTEN.items()},
        at_rest,
        one_a_second,
    )


@dataclass(frozen=True)
class _Times:
    together: float
    each: list[float]


async def _times(agent: Running, to_send: Sequence[bytes], *, connections: int) -> _Times:
    """Return how long posts took that were made on so many connections, each waiting for its answer."""
    waiting, each = iter(to_send), list[float]()

    async def client(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            began = time.perf_counter()
            async with session.post(f"{agent.address}/api/app/", data=body, headers=_JSON) as answer:
                answer.raise_for_status()
                await answer.read()
            each.append(time.perf_counter() - began)

    async with aiohttp.ClientSession() as session:
        began = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(connections)))
        return _Times(time.perf_counter() - began, each)


def _batched() -> float:
    made = events(IN_BATCHES, workers=WORKERS)
    with tempfile.TemporaryDirectory() as folder, processes.edge_agent(Path(folder)) as agent:
        return len(made) / asyncio.run(post_all(f"{agent.address}/api/app/", bodies(made, BATCH)))


def _written(size: int, count: int) -> float:
    """Return the bytes written for each event when every commit holds `size`: one connection, one body a commit."""
    to_send = bodies(events(count, workers=WORKERS), size)
    with tempfile.TemporaryDirectory() as folder, processes.edge_agent(Path(folder)) as agent:
        before = agent.written_bytes()
        asyncio.run(_times(agent, to_send, connections=1))
        return (agent.written_bytes() - before) / count


async def _uses() -> tuple[Use, Use]:
    """Watch an agent that has delivered what it had: with nothing to do, then with an event a second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            processes.collector(folder) as collector,
            processes.edge_agent(folder, collector=collector.address) as agent,
        ):
            await _one_a_second(agent, seconds=3)
            await asyncio.sleep(UNTIL_AT_REST_SECONDS)
            at_rest = await _watch(agent, asyncio.sleep(WATCHED_SECONDS))
            one_a_second = await _watch(agent, _one_a_second(agent, seconds=round(WATCHED_SECONDS)))
    return at_rest, one_a_second


async def _watch(agent: Running, doing: Any) -> Use:
    began, cpu, written = time.perf_counter(), agent.cpu_seconds(), agent.written_bytes()
    await doing
    took = time.perf_counter() - began
    return Use(agent.memory(), 100 * (agent.cpu_seconds() - cpu) / took, (agent.written_bytes() - written) / took)


async def _one_a_second(agent: Running, *, seconds: int) -> None:
    async with aiohttp.ClientSession() as session:
        for event in events(seconds, workers=WORKERS, seed=seconds):
            async with session.post(f"{agent.address}/api/app/", data=json.dumps(event), headers=_JSON) as answer:
                answer.raise_for_status()
            await asyncio.sleep(1)
