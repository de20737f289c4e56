"""A disk that does not keep up, seen by producers over HTTP: they wait first, and beyond 10,000 events they are told so."""

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from edge_agent.intake.acceptor import MOST_WAITING, Acceptor
from edge_agent.intake.life_signs import LifeSigns
from edge_agent.intake.local_http import MOST_BODY_BYTES_AT_ONCE, Told, create_app
from edge_agent.metrics.meters import Meters
from shared.events import Event
from tests.support.fake_clock import FakeClock
from tests.support.flaky_collector import until

_EVENT = '{"timestamp":"2026-01-15T10:00:00Z","worker_id":"W","workstation_id":"S","event_type":"idle"}'
"""So short that 10,000 make less than a MiB; the client of the test warns of more."""


class Intake:
    """The agent's front door, with a disk behind it that can be held up."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self.commits: list[int] = []
        self.began = 0
        self.is_free = threading.Event()
        self.acceptor = Acceptor(self._append, executor=executor, on_commit=lambda _: None)
        clock = FakeClock()
        app = create_app(
            acceptor=self.acceptor,
            life_signs=LifeSigns(silent_after=1, clock=clock),
            told=Told(status=_nothing, metrics=_no_text, not_ready=lambda: ()),
            tally=Meters(clock=clock),
            clock=clock,
            hosts=None,
        )
        self.client = TestClient(TestServer(app))

    def _append(self, events: Sequence[Event]) -> None:
        self.began += 1
        assert self.is_free.wait(20)
        self.commits.append(len(events))

    def post(self, events: int) -> "asyncio.Task[ClientResponse]":
        """Begin to post so many events."""
        return self.post_body(f"[{','.join([_EVENT] * events)}]".encode())

    def post_body(self, body: bytes) -> "asyncio.Task[ClientResponse]":
        """Begin to post this."""
        return asyncio.ensure_future(
            self.client.post("/api/app/", data=body, headers={"Content-Type": "application/json"})
        )


@asynccontextmanager
async def intake() -> AsyncIterator[Intake]:
    """An intake whose disk is held up."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        made = Intake(executor)
        async with made.client:
            try:
                yield made
            finally:
                made.is_free.set()


async def _nothing() -> Mapping[str, object]:
    return {}


async def _no_text() -> bytes:
    return b""


async def test_producers_wait_for_the_disk_and_beyond_the_bound_are_told_when_to_come_again() -> None:
    """503 with Retry-After, of which nothing was kept; who waited is answered once the disk goes on, and so is the next try."""
    async with intake() as made:
        first = made.post(1)
        await until(lambda: made.began == 1)
        waiting = made.post(MOST_WAITING)
        await until(lambda: made.acceptor.waiting == MOST_WAITING)
        refused = await asyncio.wait_for(made.post(1), 10)
        words = await refused.json()
        had_to_wait = (first.done(), waiting.done())
        made.is_free.set()
        answers = [(await one).status for one in (first, waiting)]
        again = await made.post(1)

    assert (503, "5", "application/problem+json") == (
        refused.status,
        refused.headers["Retry-After"],
        refused.content_type,
    )
    assert "10,000 events are waiting for the disk" in words["error"]
    assert (False, False) == had_to_wait
    assert ([200, 200], 200) == (answers, again.status)
    assert [1, MOST_WAITING, 1] == made.commits


async def test_bodies_that_arrive_at_once_have_a_bounded_room() -> None:
    """Beyond 8 MiB that are read or wait for the disk a request is told 503; when the others are done there is room again."""
    large = _EVENT.encode().ljust(MOST_BODY_BYTES_AT_ONCE // 9)
    async with intake() as made:
        first = [made.post(1)]
        await until(lambda: made.began == 1)
        first += [made.post_body(large) for _ in range(8)]
        await until(lambda: made.acceptor.waiting == 8)
        refused = await asyncio.wait_for(made.post_body(large), 10)
        words = await refused.json()
        made.is_free.set()
        answers = {(await one).status for one in first}
        again = await made.post_body(large)

    assert (503, "5") == (refused.status, refused.headers["Retry-After"])
    assert "too many bodies arrive at once" in words["error"]
    assert ({200}, 200) == (answers, again.status)
