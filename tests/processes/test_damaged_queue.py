"""A queue is damaged while events wait in it, and its agent delivers to a real collector again: what is lost is told there.

One small batch passes before the blow, so the collector knows of every number and has few of the events. Each number that
never arrives is reported to it with a reason, and then it calls none missing.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.removal import DAMAGE
from edge_agent.delivery.envelope import EARLIER
from edge_agent.delivery.lacking import NEVER
from shared.receipts import numbers
from tests.damage.files import FRAME, LOG_HEADER, PAGE, cut_to, flip_bit, noise_at
from tests.support.events import json_event
from tests.support.fault_proxy import Fault, FaultProxy, fault_proxy
from tests.support.flaky_collector import until
from tests.support.programs import Program, collector, edge_agent

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]

LAST = 300
AFTER = 20
"""Events that are taken once the agent runs again."""
_LOG = "-wal"


def places_of(number: int, folder: Path, *, ending: str = "") -> list[int]:
    """Return where the payload of a number stands in a file of the queue: in the log once for each time its page was written."""
    content = (folder / (QUEUE_FILE + ending)).read_bytes()
    return [found.start() for found in re.finditer(f'-W{number}"'.encode(), content)]


def page_overwritten(folder: Path) -> None:
    """Let a page of events in the middle of the file be noise."""
    noise_at(places_of(150, folder)[0] // PAGE * PAGE)(folder)


def bits_turned_in_log(folder: Path) -> None:
    """Turn a bit in each copy of an event that stands in the log only: SQLite drops every frame from the first on."""
    for place in places_of(150, folder, ending=_LOG):
        flip_bit(place, bit=2, ending=_LOG)(folder)


def log_cut(folder: Path) -> None:
    """Take away the frame of an event and all that follow it: numbers that were given out are nowhere."""
    place = places_of(150, folder, ending=_LOG)[0]
    cut_to(place - (place - LOG_HEADER) % FRAME, ending=_LOG)(folder)


def file_cut(folder: Path) -> None:
    """Let the file end in the middle of its events."""
    cut_to(places_of(150, folder)[0] // PAGE * PAGE)(folder)


@dataclass(frozen=True)
class Blow:
    """What strikes a queue, and what may come of it."""

    strike: Callable[[Path], None]
    is_killed: bool
    """Else the agent has stopped, and its log is in the file."""
    reasons: frozenset[str]
    most_lost: int
    is_seen: bool = True
    """By the start itself, not only by the numbers."""


BLOWS = (
    Blow(page_overwritten, is_killed=False, reasons=frozenset({DAMAGE}), most_lost=30),
    Blow(bits_turned_in_log, is_killed=True, reasons=frozenset({DAMAGE}), most_lost=30),
    Blow(log_cut, is_killed=True, reasons=frozenset({NEVER}), most_lost=LAST - 140, is_seen=False),
    Blow(file_cut, is_killed=False, reasons=frozenset({DAMAGE, NEVER}), most_lost=LAST - 50),
)


class Site:
    """One camera whose queue is struck: what was told of it, and what its agent says in the end."""

    def __init__(self, folder: Path, blow: Blow) -> None:
        self.blow = blow
        self.camera = blow.strike.__name__
        self.is_struck = False
        self.first_epoch = ""
        self.reported: dict[str, dict[int, str]] = {}
        """By epoch: the numbers that never will come, and why not, as the collector was told."""
        self.status: dict[str, Any] = {}
        self._folder = folder / self.camera
        self._last = 0
        self._url = ""

    def worker(self, number: int) -> str:
        """Return the worker of the event of a number; each has one event."""
        return f"{self.camera}-W{number}"

    def hear(self, header: dict[str, Any]) -> None:
        """Take into account what the collector is told."""
        epoch = header["epoch"]
        self.first_epoch = self.first_epoch or epoch
        self._last = max(self._last, header["last_seq"])
        for first, last, reason in header["skipped"]:
            if reason != EARLIER:
                self.reported.setdefault(epoch, {}).update(dict.fromkeys(numbers(((first, last),)), reason))

    async def fill_and_fall(self, stack: AsyncExitStack, session: aiohttp.ClientSession, *, proxy: FaultProxy) -> None:
        """Take events, deliver a few of them, end, and be struck."""
        proxy.share = 1.0
        program = await self._start(stack, collector=proxy.url)
        await self._post(session, 1, LAST)
        passed, proxy.share = proxy.passed, 0.0
        await until(lambda: proxy.passed > passed, seconds=40)
        assert self._last == LAST
        await (program.kill() if self.blow.is_killed else program.stop())
        self.blow.strike(self._folder)
        self.is_struck = True

    async def come_back(self, stack: AsyncExitStack, session: aiohttp.ClientSession, *, collector: str) -> None:
        """Start again, take more, and deliver all that there is."""
        await self._start(stack, collector=collector)
        await self._post(session, LAST + 1, LAST + AFTER)
        async with asyncio.timeout(40):
            while (await self._told(session))["pending"]:  # noqa: ASYNC110 - another process cannot wake us
                await asyncio.sleep(0.05)
        self.status = await self._told(session)

    async def _start(self, stack: AsyncExitStack, *, collector: str) -> Program:
        running = edge_agent(self._folder, collector=collector, camera=self.camera)
        self._url, program = await stack.enter_async_context(running)
        return program

    async def _post(self, session: aiohttp.ClientSession, first: int, last: int) -> None:
        """Post one batch after the other, so that before the blow the numbers are those of the queue."""
        for begin in range(first, last + 1, 10):
            items = [{**json_event(number), "worker_id": self.worker(number)} for number in range(begin, begin + 10)]
            async with session.post(f"{self._url}/api/app/", json=items) as answer:
                assert (await answer.json())["accepted"] == len(items)

    async def _told(self, session: aiohttp.ClientSession) -> dict[str, Any]:
        async with session.get(f"{self._url}/status") as answer:
            told: dict[str, Any] = await answer.json()
        return told


def hear(sites: Sequence[Site], proxy: FaultProxy, *, header: dict[str, Any]) -> None:
    """Let the site of an envelope hear it; the first that passes once all is taken is the last before the blow."""
    site = next(site for site in sites if site.camera == header["camera"])
    site.hear(header)
    if header["last_seq"] == LAST and not site.is_struck:
        proxy.share = 1.0


@pytest.mark.parametrize(
    "blows", [(BLOWS[0], BLOWS[2]), pytest.param(BLOWS, marks=pytest.mark.gauntlet)], ids=["file and log", "all"]
)
async def test_what_damage_has_cost_is_numbered_and_told_to_the_collector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blows: Sequence[Blow]
) -> None:
    """Whatever is acknowledged is stored, or reported under its number with a reason; in the end nothing is missing."""
    sites = [Site(tmp_path, blow) for blow in blows]
    for key, value in {"HEARTBEAT": "1s", "COMPRESSION": "none", "MAX_EVENTS": "20"}.items():
        monkeypatch.setenv(f"EDGE_AGENT_DELIVERY__{key}", value)
    for key, value in {"INITIAL": "100ms", "MAX": "400ms", "RECOVERY_SPREAD": "0s"}.items():
        monkeypatch.setenv(f"EDGE_AGENT_RETRY__{key}", value)
    async with AsyncExitStack() as stack, aiohttp.ClientSession() as session:
        url, _ = await stack.enter_async_context(collector(tmp_path / "collector.db"))
        proxy = await stack.enter_async_context(fault_proxy(seed=0, faults=(Fault.error_500,)))
        proxy.upstream = ("127.0.0.1", int(url.rpartition(":")[2]))
        proxy.on_request = lambda body: hear(sites, proxy, header=json.loads(body)["agent"])
        for site in sites:
            await site.fill_and_fall(stack, session, proxy=proxy)
        proxy.share = 0.0
        for site in sites:
            await site.come_back(stack, session, collector=proxy.url)
        await until_nothing_is_missing(session, url, cameras=len(sites))
        stored = await stored_workers(session, url)

    assert {1} == set(stored.values())
    assert set() == stored.keys() - {site.worker(number) for site in sites for number in range(1, LAST + AFTER + 1)}
    for site in sites:
        lost = {number for number in range(1, LAST + AFTER + 1) if site.worker(number) not in stored}
        told = site.reported.get(site.first_epoch, {})

        assert {150} <= lost <= set(range(1, LAST + 1)), site.blow
        assert set() == lost - told.keys(), f"lost without a word: {site.blow}"
        assert site.blow.reasons >= {told[number] for number in lost}, site.blow
        assert len(lost) < site.blow.most_lost
        assert 0 == site.status["unaccounted"]
        assert site.blow.is_seen == ("was damaged" in (site.status["recovery"] or "")), site.blow


async def until_nothing_is_missing(session: aiohttp.ClientSession, collector: str, *, cameras: int) -> None:
    """Return once the collector waits for no number of any camera."""
    async with asyncio.timeout(60):
        while True:
            async with session.get(f"{collector}/api/cameras/") as answer:
                told = await answer.json()
            if len(told) == cameras and not any(camera["missing"] or camera["pending"] for camera in told):
                return
            await asyncio.sleep(0.05)


async def stored_workers(session: aiohttp.ClientSession, collector: str) -> Counter[str]:
    """Return how many events of each worker the collector has."""
    async with session.get(f"{collector}/api/events/?limit=10000") as answer:
        return Counter(event["worker_id"] for event in (await answer.json())["events"])
