"""The truth about a run: which events were sent, which were acknowledged, and what must be stored in the end.

A producer sends again whatever got no answer, the same bytes, until there is one: that is the promise's other half. Keys
are unique by construction (one instant for each event), so an event that is stored twice, or that nobody sent, shows.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from shared.instants import HOUR, format_instant

MOST_IN_A_POST = 12
_PATIENCE_SECONDS = 0.05
_KINDS = ("working", "idle", "absent", "product_count", "product_count")
Key = tuple[str, str, str, str]
"""Timestamp, worker, workstation and type as the collector's API shows them."""


def key_of(event: dict[str, Any]) -> Key:
    """Return the key of an event as it was sent, or as the API shows it."""
    return event["timestamp"], event["worker_id"], event["workstation_id"], event["event_type"]


@dataclass
class Oracle:
    """What was sent and what was promised; `make` gives events that no one has sent before."""

    chance: random.Random
    sent: dict[Key, dict[str, Any]] = field(default_factory=dict)
    acknowledged: set[Key] = field(default_factory=set)
    tries: int = 0
    _next_at: int = field(default_factory=lambda: time.time_ns() // 1_000 - 48 * HOUR)

    def make(self, count: int, *, worker: str) -> list[dict[str, Any]]:
        """Return new events of a worker, a tenth of a second apart on the average, noted as sent."""
        made = []
        for _ in range(count):
            self._next_at += self.chance.randint(1, 200_000)
            kind = self.chance.choice(_KINDS)
            event = {
                "timestamp": format_instant(self._next_at),
                "worker_id": worker,
                "workstation_id": f"S{self.chance.randint(1, 3)}",
                "event_type": kind,
                "confidence": round(self.chance.random(), 3),
                "count": self.chance.randint(1, 9) if kind == "product_count" else 0,
            }
            self.sent[key_of(event)] = event
            made.append(event)
        return made

    def acknowledge(self, events: Iterable[dict[str, Any]]) -> None:
        """Note that these got a 2xx."""
        self.acknowledged.update(key_of(event) for event in events)

    def promised(self) -> list[dict[str, Any]]:
        """Return the events that were acknowledged, as they were sent."""
        return [self.sent[key] for key in self.acknowledged]

    def windows(self) -> list[dict[str, str]]:
        """Return what to ask the metrics for: everything, and two windows that cut what was promised."""
        instants = sorted(timestamp for timestamp, *_ in self.acknowledged)
        early, middle, late = (instants[len(instants) * part // 7] for part in (1, 3, 6))
        return [{}, {"from": early, "to": late}, {"from": middle}]


class Producer:
    """A camera's model: posts small batches one after the other, each until it is taken."""

    def __init__(self, oracle: Oracle, *, worker: str, address: Callable[[], str]) -> None:
        self._oracle = oracle
        self._worker = worker
        self._address = address
        self._stopping = False

    def stop(self) -> None:
        """Let `run` end after the batch that is on its way."""
        self._stopping = True

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Post until stopped; what was begun is finished."""
        while not self._stopping:
            await self.post(session, self._oracle.chance.randint(1, MOST_IN_A_POST))

    async def post(self, session: aiohttp.ClientSession, count: int) -> list[dict[str, Any]]:
        """Return new events once the agent has acknowledged them."""
        events = self._oracle.make(count, worker=self._worker)
        body = json.dumps(events).encode()
        while not await self._is_taken(session, body):  # noqa: ASYNC110 - the agent is another process
            await asyncio.sleep(_PATIENCE_SECONDS)
        self._oracle.acknowledge(events)
        return events

    async def _is_taken(self, session: aiohttp.ClientSession, body: bytes) -> bool:
        self._oracle.tries += 1
        headers = {"Content-Type": "application/json"}
        try:
            async with session.post(f"{self._address()}/api/app/", data=body, headers=headers) as answer:
                await answer.read()
                assert answer.status in (200, 503, 507), await answer.text()
                return answer.status == 200
        except (aiohttp.ClientError, OSError):
            return False
