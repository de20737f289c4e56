"""Several collectors over one database, as real processes that are killed; and cameras that all see the same few workers.

A camera sends what its agent would send: envelopes with numbers, the same bytes again, to whichever collector, until there
is a receipt. Instants of all cameras lie within each other, so what one of them delivers is late for what others have
delivered; now and then a camera repeats what another one has seen, the same or counted differently.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp

from shared.instants import HOUR, format_instant
from tests.support.collector import JSON, envelope
from tests.support.oracle import Key, key_of
from tests.support.programs import free_port
from tests.support.victims import Victim

WORKERS = 4
STATIONS = 3
MOST_IN_A_BATCH = 20
_PATIENCE_SECONDS = 0.05
_KINDS = ("working", "idle", "absent", "product_count", "product_count")


class Fleet:
    """Collectors over one database; `async with` ends them. Each stays at its address, as a machine does."""

    def __init__(self, url: str, *, count: int, folder: Path) -> None:
        self.collectors = [
            Victim(
                *("collector", "serve", "--database", url, "--listen", f"127.0.0.1:{free_port()}"),
                log=folder / f"collector-{number}.log",
            )
            for number in range(count)
        ]
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Fleet":
        for each in self.collectors:
            self._stack.push_async_callback(each.close)
            await each.spawn()
        for each in self.collectors:
            await each.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def replace(self, victim: Victim) -> None:
        """Kill a collector and start another one in its place."""
        await victim.kill()
        await victim.spawn()
        await victim.listen()


class Seen:
    """What all cameras have seen, and what was promised of it."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.events: list[dict[str, Any]] = []
        self.bodies: list[tuple[str, dict[str, Any]]] = []
        """Every envelope that was sent, with its camera."""
        self.acknowledged: set[Key] = set()
        self.batches = 0
        """How many have a receipt."""
        self.refused = 0
        """How many requests were told to come again."""
        self._next_at = time.time_ns() // 1_000 - 720 * HOUR

    def make(self) -> dict[str, Any]:
        """Return an event: a new one, or another look at one that somebody has seen."""
        if self.events and self.chance.random() < 0.2:
            again = dict(self.chance.choice(self.events[-200:]))
            if again["event_type"] == "product_count" and self.chance.random() < 0.5:
                again["count"] = self.chance.randint(1, 9)
            return again
        self._next_at += self.chance.randint(1, 2_000_000)
        kind = self.chance.choice(_KINDS)
        event = {
            # Not in the order in which they are made: cameras lag.
            "timestamp": format_instant(self._next_at - self.chance.randint(0, 20_000_000)),
            "worker_id": f"W{self.chance.randint(1, WORKERS)}",
            "workstation_id": f"S{self.chance.randint(1, STATIONS)}",
            "event_type": kind,
            "count": self.chance.randint(1, 9) if kind == "product_count" else 0,
        }
        self.events.append(event)
        return event


class Camera:
    """A camera and its agent: sends a batch after the other, each until it has a receipt."""

    def __init__(self, name: str, seen: Seen, *, fleet: Fleet) -> None:
        self._name = name
        self._seen = seen
        self._fleet = fleet
        self._last_seq = 0
        self._stopping = False

    def stop(self) -> None:
        """Let `run` end after the batch that is on its way."""
        self._stopping = True

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Send until stopped; what was begun is finished."""
        while not self._stopping:
            events = [self._seen.make() for _ in range(self._seen.chance.randint(1, MOST_IN_A_BATCH))]
            first, self._last_seq = self._last_seq + 1, self._last_seq + len(events)
            body = envelope(
                events, camera=self._name, seqs=[[first, self._last_seq]], last_seq=self._last_seq, batch=f"b{first}"
            )
            self._seen.bodies.append((self._name, body))
            content = json.dumps(body).encode()
            while not await self._is_taken(session, content, count=len(events)):  # noqa: ASYNC110 - another process
                await asyncio.sleep(_PATIENCE_SECONDS)
            self._seen.acknowledged.update(map(key_of, events))
            self._seen.batches += 1

    async def _is_taken(self, session: aiohttp.ClientSession, content: bytes, *, count: int) -> bool:
        address = self._seen.chance.choice(self._fleet.collectors).address
        try:
            async with session.post(f"{address}/api/app/", data=content, headers=JSON) as answer:
                told = await answer.json(content_type=None)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return False
        if answer.status == 503:
            self._seen.refused += 1
            return False
        assert answer.status == 200, told
        assert told["accepted"] + told["duplicates"] == count, told
        return True


async def until(reached: Callable[[], bool], *, seconds: float = 60) -> None:
    """Return once something is so."""
    async with asyncio.timeout(seconds):
        while not reached():  # noqa: ASYNC110 - cameras count, and any of them may be last
            await asyncio.sleep(0.002)
