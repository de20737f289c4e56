"""A collector to test: events and deliveries in few words, and a real one, listening, with a client that keeps answers.

Clock times such as "10:05" or "10:05:00.5" stand for that time of 2026-01-15 in UTC; the collector's clock says noon of the
next day unless a test moves it.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from yarl import URL

from collector.metrics.ledger import splice
from collector.records import Contact, Decide, Delivery, LedgerRules
from collector.service import serving
from collector.settings import CollectorSettings
from shared.events import Event, EventType
from shared.instants import HOUR, MINUTE, format_instant, parse_instant
from shared.receipts import Ranges
from tests.support.fake_clock import FakeClock

NOON_AFTER = parse_instant("2026-01-16T12:00:00Z")
JSON = {"Content-Type": "application/json"}
RULES = LedgerRules(session_gap=10 * HOUR, tail=5 * MINUTE)
"""The defaults of the settings."""
decide: Decide = partial(splice, rules=RULES)
"""What a store lets judge."""


def at(clock_time: str) -> int:
    """Return the instant of a clock time of 2026-01-15."""
    seconds = clock_time if clock_time.count(":") == 2 else f"{clock_time}:00"
    return parse_instant(f"2026-01-15T{seconds}Z")


def event(
    clock_time: str, worker: str, kind: str, *, station: str = "S1", count: int = 0, confidence: float | None = None
) -> Event:
    """Return an event as the store takes it."""
    return Event(at(clock_time), worker, station, EventType[kind], count, confidence)


def item(clock_time: str, worker: str, kind: str, **more: object) -> dict[str, Any]:
    """Return an event as a camera sends it; its station bears the worker's number."""
    station = worker.replace("W", "S")
    timestamp = format_instant(at(clock_time))
    return {"timestamp": timestamp, "worker_id": worker, "workstation_id": station, "event_type": kind} | more


def delivery(
    *events: Event, site: str = "default", camera: str | None = None, contact: Contact | None = None
) -> Delivery:
    """Return a delivery that arrives at noon of the next day."""
    return Delivery(site=site, camera=camera, received_at=NOON_AFTER, events=events, contact=contact)


def contact(seqs: Ranges = (), **changes: Any) -> Contact:
    """Return what an agent says of itself."""
    said: dict[str, Any] = {
        "epoch": "e1",
        "seqs": seqs,
        "last_seq": seqs[-1][1] if seqs else 0,
        "version": "0.1.0",
        "is_live": True,
        "watermark": None,
        "pending": 0,
        "oldest_pending_at": None,
        "clock_offset_us": 0,
    }
    return Contact(**said | changes)


def envelope(events: Sequence[Mapping[str, Any]] = (), **header: object) -> dict[str, Any]:
    """Return what an agent sends; its events are numbered from 1."""
    agent: dict[str, Any] = {
        "protocol": 1,
        "camera": "C1",
        "version": "0.1.0",
        "batch": "b1",
        "sent_at": format_instant(NOON_AFTER),
        "epoch": "e1",
        "seqs": [[1, len(events)]] if events else [],
        "last_seq": len(events),
        "watermark": None,
        "pending": 0,
    }
    return {"agent": agent | header, "events": list(events)}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it came."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """The JSON in it."""
        return json.loads(self.content)

    @property
    def text(self) -> str:
        """The text in it."""
        return self.content.decode()


class RunningCollector:
    """A collector that listens, and a client for it."""

    def __init__(self, url: str, *, session: ClientSession, clock: FakeClock, settings: CollectorSettings) -> None:
        self.url = url
        self.clock = clock
        self.settings = settings
        self._session = session

    async def ask(self, method: str, path: str, **how: Any) -> Answer:
        """Return the answer to any request; the path is sent as it is, and no redirect is followed."""
        if isinstance(how.get("data"), bytes):
            how["data"] = BytesIO(how["data"])  # the client warns of large bodies given as bytes
        url = URL(self.url + path, encoded=True)
        async with self._session.request(method, url, allow_redirects=False, **how) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())

    async def get(self, path: str) -> Answer:
        """Return what stands at a path, query included."""
        return await self.ask("GET", path)

    async def post(self, value: object) -> Answer:
        """Return the answer to a JSON body."""
        return await self.post_bytes(json.dumps(value).encode())

    async def post_bytes(self, body: bytes, **headers: str) -> Answer:
        """Return the answer to a body of any kind, declared as JSON unless the headers say otherwise."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask("POST", "/api/app/", data=body, headers=JSON | named)

    async def metrics(self, what: str, query: str = "") -> Any:
        """Return one of the three metrics."""
        return (await self.get(f"/api/metrics/{what}/{query}")).json

    async def stored(self, query: str = "") -> list[dict[str, Any]]:
        """Return the stored events, all on one page."""
        found: list[dict[str, Any]] = (await self.get(f"/api/events/{query}")).json["events"]
        return found


@asynccontextmanager
async def running_collector(folder: Path, **given: Any) -> AsyncIterator[RunningCollector]:
    """Run a collector on a free loopback port, with its database in a folder, while the block lasts."""
    settings = CollectorSettings.model_validate(
        {"database": str(folder / "collector.db"), "listen": "127.0.0.1:0"} | given
    )
    clock = FakeClock(NOON_AFTER)
    clock.longest = 60  # what the collector does once an hour it does once
    async with serving(settings, clock=clock) as url, ClientSession() as session:
        yield RunningCollector(url, session=session, clock=clock, settings=settings)
