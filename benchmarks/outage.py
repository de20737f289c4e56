"""A million events of a 72-hour outage: memory while they gather, the start, the drain, and live events meanwhile.

The collector is away while they are posted. The agent is then stopped and started as after a power-down of the evening, a
collector appears at its address, and every 0.2 s a new event is posted that must not wait for the backlog.
"""

import asyncio
import json
import socket
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import processes
from benchmarks.ingest import post_all
from benchmarks.processes import Memory, Running

EVENTS = 1_000_000
OUTAGE = timedelta(hours=72)
BATCH = 1_000
WORKERS = 6
_LIVE_EVERY_SECONDS = 0.2
_LOOK_EVERY_SECONDS = 0.02


@dataclass(frozen=True)
class Away:
    """What was found while the collector was away."""

    start_seconds: float
    """With nothing in the queue yet."""
    empty: Memory
    filling: dict[int, Memory]
    """With so many events in the queue."""


@dataclass(frozen=True)
class Drain:
    """What was found after the next start."""

    start_seconds: float
    started: Memory
    events_a_second: float
    agent_cpu_share: float
    """Of one core, during the drain."""
    greatest: Memory
    """During the drain."""
    live_seconds: list[float]
    """From the answer `accepted` to the collector's page of events, for each live event."""


def run(events: int = EVENTS) -> tuple[Away, Drain]:
    """Fill a queue, start anew, and drain it into a collector on the same machine."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with processes.edge_agent(folder, collector=url) as agent:
            away = Away(agent.start_seconds, agent.memory(), _fill(agent, _bodies(events)))
        with processes.edge_agent(folder, collector=url) as agent:
            started = agent.memory()
            with processes.collector(folder, port=port) as collector:
                return away, asyncio.run(_drain(agent, collector, events=events, started=started))


def _fill(agent: Running, bodies: list[bytes]) -> dict[int, Memory]:
    """Post everything, and return the memory when a tenth, a half and all of it are stored."""
    memory, posted = {}, 0
    for share in (0.1, 0.5, 1.0):
        until = round(share * len(bodies))
        asyncio.run(post_all(f"{agent.address}/api/app/", bodies[posted:until]))
        memory[until * BATCH], posted = agent.memory(), until
    return memory


async def _drain(agent: Running, collector: Running, *, events: int, started: Memory) -> Drain:
    async with aiohttp.ClientSession() as session:
        first = await _pending_below(session, agent, bound=events)
        began, cpu = time.perf_counter(), agent.cpu_seconds()
        live: list[float] = []
        posting = asyncio.create_task(_post_live(session, agent, collector=collector, live=live))
        greatest, left = agent.memory(), first
        while left > BATCH:
            left = await _pending_below(session, agent, bound=left)
            greatest = max(greatest, agent.memory())
        took, used = time.perf_counter() - began, agent.cpu_seconds() - cpu
        posting.cancel()
        await asyncio.wait([posting])
    return Drain(agent.start_seconds, started, (first - left) / took, used / took, greatest, live)


async def _pending_below(session: aiohttp.ClientSession, agent: Running, *, bound: int) -> int:
    """Return how many events wait, once they are fewer."""
    while True:
        async with session.get(f"{agent.address}/status") as answer:
            pending = int((await answer.json())["pending"])
        if pending < bound:
            return pending
        await asyncio.sleep(_LOOK_EVERY_SECONDS)


async def _post_live(session: aiohttp.ClientSession, agent: Running, *, collector: Running, live: list[float]) -> None:
    while True:
        event = _event(datetime.now(UTC), worker="LIVE", kind="working")
        async with session.post(f"{agent.address}/api/app/", json=event) as answer:
            answer.raise_for_status()
        began = time.perf_counter()
        await _stored(session, collector, at=event["timestamp"])
        live.append(time.perf_counter() - began)
        await asyncio.sleep(_LIVE_EVERY_SECONDS)


async def _stored(session: aiohttp.ClientSession, collector: Running, *, at: str) -> None:
    """Return once the collector's page of events has the live one of an instant."""
    while True:
        query = {"worker_id": "LIVE", "from": at}
        async with session.get(f"{collector.address}/api/events/", params=query) as answer:
            if (await answer.json())["events"]:
                return
        await asyncio.sleep(_LOOK_EVERY_SECONDS)


def _bodies(events: int) -> list[bytes]:
    """Return the outage as request bodies, ending now, in the order of time."""
    step, begin = OUTAGE / events, datetime.now(UTC) - OUTAGE
    made = (
        _event(begin + number * step, worker=f"W{number % WORKERS}", kind="product_count" if number % 3 else "working")
        for number in range(events)
    )
    return [
        json.dumps([next(made) for _ in range(min(BATCH, events - done))]).encode() for done in range(0, events, BATCH)
    ]


def _event(at: datetime, *, worker: str, kind: str) -> dict[str, Any]:
    return {
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "worker_id": worker,
        "workstation_id": "S1",
        "event_type": kind,
        "confidence": 0.87,
        "count": 1 if kind == "product_count" else 0,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
