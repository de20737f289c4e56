"""The edge agent as an appliance: what it takes, how long a post waits, what it writes, holds and uses.

Every figure is of a real agent with its own settings, whose collector is away, over HTTP on the same machine; `accepted`
means on disk. Everybody gets the same list of payloads in the same run, the rivals of `benchmarks.rivals` too: all of it,
its beginning where one after the other takes too long, or all of it five times over where once is too short.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import processes, rivals
from benchmarks.events import events
from benchmarks.ingest import CLIENTS
from benchmarks.processes import Memory, Running
from benchmarks.rivals import Puts
from benchmarks.waits import Waits, waits
from shared.events import Event, canonical_json, read_event

WORKERS = 6
PAYLOADS = 20_000
FIRST = 1_000
"""Of them, one after the other on one connection: 40 a second, see decision 0009."""
TIMES = 5
BATCH = 200
CONNECTIONS = 16
WATCHED_SECONDS = 30.0
UNTIL_AT_REST_SECONDS = 80.0
"""Ten seconds after the last event its moment is noted, a minute later the log is written back; then nothing is left to do."""
WRITTEN = {1: 2_000, 10: 5_000, 200: PAYLOADS}
"""Payloads for each number of events a commit."""
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Posts:
    """How the agent took events in one way."""

    what: str
    events_a_second: float
    waits: Waits
    """Of a post until its answer."""


@dataclass(frozen=True)
class Use:
    """What an agent needs while it does so little."""

    memory: Memory
    cpu_percent: float
    written_bytes_a_second: float


@dataclass(frozen=True)
class Appliance:
    """All of it."""

    rivals: list[Puts]
    posts: list[Posts]
    written_bytes: dict[int, float]
    """A commit's events: bytes written for each of them."""
    at_rest: Use
    one_a_second: Use
    lone: Waits
    """Of a post when there is one a second."""


def run() -> Appliance:
    """Measure everything once."""
    made = map(read_event, events(PAYLOADS, workers=WORKERS))
    payloads = [canonical_json(event) for event in made if isinstance(event, Event)]
    puts = rivals.run(payloads)
    posts = [
        _posts("one connection, single events", payloads[:FIRST], batch=1, connections=1),
        _posts(f"{CONNECTIONS} connections, single events", payloads, batch=1, connections=CONNECTIONS),
        _posts(f"one connection, batches of {BATCH}", payloads * TIMES, batch=BATCH, connections=1),
        _posts(f"{CLIENTS} connections, batches of {BATCH}", payloads * TIMES, batch=BATCH, connections=CLIENTS),
    ]
    written = {size: _written(payloads[:count], size=size) for size, count in WRITTEN.items()}
    return Appliance(puts, posts, written, *asyncio.run(_uses()))


def bodies(payloads: Sequence[str], batch: int) -> list[bytes]:
    """Return request bodies of `batch` payloads each; a batch of one is an object."""
    if batch == 1:
        return [payload.encode() for payload in payloads]
    return [f"[{','.join(payloads[begin : begin + batch])}]".encode() for begin in range(0, len(payloads), batch)]


def _posts(what: str, payloads: Sequence[str], *, batch: int, connections: int) -> Posts:
    with tempfile.TemporaryDirectory() as folder, processes.edge_agent(Path(folder)) as agent:
        took, each = asyncio.run(_post(agent, bodies(payloads, batch), connections=connections))
    return Posts(what, len(payloads) / took, waits(each))


async def _post(agent: Running, to_send: Sequence[bytes], *, connections: int) -> tuple[float, list[float]]:
    """Return how long posts took together and each, on so many connections, each waiting for its answer."""
    waiting, each = iter(to_send), list[float]()

    async def client(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            each.append(await _answered(session, agent, body=body))

    async with aiohttp.ClientSession() as session:
        began = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(connections)))
        return time.perf_counter() - began, each


async def _answered(session: aiohttp.ClientSession, agent: Running, *, body: bytes) -> float:
    """Return how long the answer to a body took."""
    began = time.perf_counter()
    async with session.post(f"{agent.address}/api/app/", data=body, headers=_JSON) as answer:
        answer.raise_for_status()
        await answer.read()
    return time.perf_counter() - began


def _written(payloads: Sequence[str], *, size: int) -> float:
    """Return the bytes written for each event when every commit holds `size`: one connection, one body a commit."""
    with tempfile.TemporaryDirectory() as folder, processes.edge_agent(Path(folder)) as agent:
        before = agent.written_bytes()
        asyncio.run(_post(agent, bodies(payloads, size), connections=1))
        return (agent.written_bytes() - before) / len(payloads)


async def _uses() -> tuple[Use, Use, Waits]:
    """Watch an agent that has delivered what it had: with nothing to do, then with an event a second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            processes.collector(folder) as collector,
            processes.edge_agent(folder, collector=collector.address) as agent,
        ):
            await _one_a_second(agent, seconds=3)
            await asyncio.sleep(UNTIL_AT_REST_SECONDS)
            at_rest, _ = await _watch(agent, asyncio.sleep(WATCHED_SECONDS))
            one_a_second, each = await _watch(agent, _one_a_second(agent, seconds=round(WATCHED_SECONDS)))
    return at_rest, one_a_second, waits(each)


async def _watch(agent: Running, doing: Any) -> tuple[Use, Any]:
    began, cpu, written = time.perf_counter(), agent.cpu_seconds(), agent.written_bytes()
    result = await doing
    took = time.perf_counter() - began
    use = Use(agent.memory(), 100 * (agent.cpu_seconds() - cpu) / took, (agent.written_bytes() - written) / took)
    return use, result


async def _one_a_second(agent: Running, *, seconds: int) -> list[float]:
    """Post an event a second, and return how long each answer took."""
    each = []
    async with aiohttp.ClientSession() as session:
        for event in events(seconds, workers=WORKERS, seed=seconds):
            each.append(await _answered(session, agent, body=json.dumps(event).encode()))
            await asyncio.sleep(1)
    return each
