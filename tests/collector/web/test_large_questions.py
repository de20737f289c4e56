"""Questions that take long: nobody else waits for them, whoever asked or has gone away."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from collector.ingest import Ingest
from collector.measures import Histories, Measure
from collector.reports import Reports
from collector.service import new_runner
from collector.settings import CollectorSettings
from collector.storage.readers import LONG_AT_ONCE
from collector.storage.sqlite import SqliteStorage
from collector.web.app import make_app
from tests.support.collector import NOON_AFTER, RULES, RunningCollector, item
from tests.support.fake_clock import FakeClock

ENDLESS = "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n"
ROUTES = ["metrics/workers/", "metrics/workers.csv", "metrics/hours/", "metrics/factory/", "floor/"]


class Seen(list[Any]):
    """Rows that remember in which threads somebody went through them."""

    def __init__(self, rows: Sequence[Any], threads: set[int]) -> None:
        super().__init__(rows)
        self._threads = threads

    def __iter__(self) -> Iterator[Any]:
        """Go through the rows."""
        self._threads.add(threading.get_ident())
        return super().__iter__()


class SlowStorage(SqliteStorage):
    """A real store whose measures take for ever while it is told so."""

    is_endless = False
    threads: set[int]
    begun: "asyncio.Queue[None]"

    async def measure(self, sites: Sequence[str] | None = None, **how: Any) -> Measure:
        """Return a measure that notes by which threads its workers are gone through."""
        await self._go_slow()
        measure = await super().measure(sites, **how)
        return replace(measure, workers=Seen(measure.workers, self.threads))

    async def outlines(self, sites: Sequence[str] | None = None, **how: Any) -> Histories | None:
        """Return outlines, if ever."""
        await self._go_slow()
        return await super().outlines(sites, **how)

    async def _go_slow(self) -> None:
        if self.is_endless:
            self.begun.put_nowait(None)
            await self._readers.long(lambda reader: reader.execute(ENDLESS).fetchone())


class Slow:
    """A running collector, its store, and what ends it."""

    def __init__(self, collector: RunningCollector, storage: SlowStorage, runner: web.AppRunner) -> None:
        self.collector = collector
        self.storage = storage
        self.runner = runner

    async def ask_for_ever(self, *paths: str) -> list["asyncio.Task[Any]"]:
        """Ask so many questions, and return once they have arrived."""
        self.storage.is_endless = True
        asked = [asyncio.create_task(self.collector.get(f"/api/{path}")) for path in paths]
        for _ in paths:
            await self.storage.begun.get()
        return asked


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[Slow]:
    """Return a running collector on a slow store with one event."""
    storage = SlowStorage.open(tmp_path / "collector.db", rules=RULES)
    assert isinstance(storage, SlowStorage)
    storage.threads, storage.begun = set(), asyncio.Queue()
    settings, clock, ingest = CollectorSettings(), FakeClock(NOON_AFTER), Ingest(storage)
    ingest.start()
    reports = Reports(storage, settings=settings, clock=clock)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(storage.close)
        stack.push_async_callback(ingest.stop)
        runner = new_runner(make_app(storage=storage, ingest=ingest, reports=reports, settings=settings, clock=clock))
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        session = await stack.enter_async_context(ClientSession())
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        collector = RunningCollector(url, session=session, clock=clock, settings=settings)
        await collector.post(item("10:00", "W1", "working"))
        yield Slow(collector, storage, runner)


async def test_what_is_small_is_answered_beside_what_is_large(slow: Slow) -> None:
    """Cameras, health and deliveries, whatever is asked at the same time."""
    asked = await slow.ask_for_ever(*ROUTES)
    found = [
        (await slow.collector.get("/api/cameras/")).status,
        (await slow.collector.get("/healthz")).status,
        (await slow.collector.post(item("10:01", "W1", "idle"))).status,
    ]
    waiting = [not one.done() for one in asked]
    slow.storage.interrupt()
    await asyncio.gather(*asked)

    assert [200, 200, 200] == found
    assert [True] * len(ROUTES) == waiting


@pytest.mark.parametrize("path", ["metrics/workers/", "metrics/hours/"])
async def test_a_client_that_goes_away_takes_its_question_along(slow: Slow, path: str) -> None:
    """The next one is answered, although as many as can be had been asked for ever."""
    for asked in await slow.ask_for_ever(*[path] * LONG_AT_ONCE * 2):
        asked.cancel()
    slow.storage.is_endless = False
    answer = await slow.collector.get(f"/api/{path}")

    assert 200 == answer.status


async def test_a_page_is_given_up_when_the_last_who_waits_goes_away(slow: Slow) -> None:
    """And not before."""
    first, second = await slow.ask_for_ever("floor/?from=2026-01-15T00:00:00Z", "floor/?from=2026-01-14T00:00:00Z")
    first.cancel()
    second.cancel()
    slow.storage.is_endless = False
    answers = [(await slow.collector.get(f"/api/{path}")).status for path in ("floor/", "metrics/workers/")]

    assert [200, 200] == answers


async def test_a_collector_that_stops_waits_for_no_long_question(slow: Slow) -> None:
    """Whoever asked is told to come again."""
    asked = await slow.ask_for_ever(*ROUTES)
    await slow.runner.cleanup()
    answers = [await one for one in asked]

    assert [(503, "5")] * len(ROUTES) == [(answer.status, answer.headers["Retry-After"]) for answer in answers]


@pytest.mark.parametrize("path", ROUTES)
async def test_large_answers_are_made_away_from_the_loop(slow: Slow, path: str) -> None:
    """On it, everybody would wait until the rows of one answer are computed."""
    answer = await slow.collector.get(f"/api/{path}")

    assert 200 == answer.status
    assert threading.get_ident() not in slow.storage.threads
