"""Trouble on the way in: bodies that drip or break off, a disk that is full, a store that is busy."""

import asyncio
import json
import math
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from collector.ingest import Ingest
from collector.records import Decide, Delivery, EventQuery, Stored, StoredEvent
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.storage.sqlite import SqliteStorage
from collector.web import events_api
from collector.web.app import make_app
from shared import connections, http_body
from shared.errors import Busy, LinesideError, StorageFull, StoreTooSlow
from tests.support.collector import NOON_AFTER, RULES, RunningCollector, item
from tests.support.fake_clock import FakeClock

GOOD = item("10:00", "W1", "working")
BODY = json.dumps([GOOD]).encode()
TCP_ESTABLISHED = b"\1"
"""The first byte of what Linux tells of a connection (tcp(7), `TCP_INFO`)."""


class TroubledStorage(SqliteStorage):
    """A real store that refuses to write as long as it is in trouble, and to read beyond so many pages."""

    trouble: LinesideError | None = None
    pages_left: float = math.inf
    """How many pages of events it reads before it fails."""
    failure: Exception = Busy("the question was given up")

    async def store(self, deliveries: Sequence[Delivery], *, decide: Decide) -> list[Stored]:
        """Store, or say what the trouble is."""
        if self.trouble is not None:
            raise self.trouble
        return await super().store(deliveries, decide=decide)

    async def events(self, query: EventQuery) -> list[StoredEvent]:
        """Return a page of events, or fail."""
        if self.pages_left < 1:
            raise self.failure
        self.pages_left -= 1
        return await super().events(query)


@pytest.fixture
async def troubled(tmp_path: Path) -> AsyncIterator[tuple[RunningCollector, TroubledStorage]]:
    """Return a running collector and the store behind it."""
    storage = TroubledStorage.open(tmp_path / "collector.db", rules=RULES)
    assert isinstance(storage, TroubledStorage)
    settings, clock, ingest = CollectorSettings(), FakeClock(NOON_AFTER), Ingest(storage)
    ingest.start()
    reports = Reports(storage, settings=settings, clock=clock)
    app = make_app(storage=storage, ingest=ingest, reports=reports, settings=settings, clock=clock)
    runner = web.AppRunner(app, auto_decompress=False, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession() as session:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield RunningCollector(url, session=session, clock=clock, settings=settings), storage
    await runner.cleanup()
    await ingest.stop()
    await storage.close()


@pytest.mark.parametrize(
    ("trouble", "status", "wait"),
    [
        (StorageFull("the disk is full"), 507, "30"),
        (Busy("the store is locked"), 503, "5"),
        (StoreTooSlow("the database is slow"), 503, "1"),
    ],
)
async def test_a_store_in_trouble_says_when_to_come_again(
    troubled: tuple[RunningCollector, TroubledStorage], trouble: LinesideError, status: int, wait: str
) -> None:
    """507 or 503 with Retry-After, nothing kept; reading goes on, and once the trouble is over so does writing."""
    collector, storage = troubled
    storage.trouble = trouble
    refused = await collector.post([GOOD])
    kept = await collector.stored()
    health = await collector.get("/healthz")
    storage.trouble = None

    assert (status, wait, str(trouble)) == (refused.status, refused.headers["Retry-After"], refused.json["error"])
    assert (503, f"the last events could not be stored: {trouble}") == (health.status, health.json["error"])
    assert ([], 1) == (kept, (await collector.post([GOOD])).json["accepted"])
    assert 200 == (await collector.get("/healthz")).status


async def test_a_trouble_that_lasts_is_told_once(
    troubled: tuple[RunningCollector, TroubledStorage], caplog: pytest.LogCaptureFixture
) -> None:
    """When it begins, when it changes and when it ends; not at each request."""
    collector, storage = troubled
    caplog.set_level("INFO", logger="collector.ingest")
    for trouble in (StorageFull("full"), StorageFull("full"), Busy("locked"), Busy("locked"), None, None):
        storage.trouble = trouble
        await collector.post([GOOD])

    assert ["deliveries not stored", "deliveries not stored", "deliveries are stored again"] == caplog.messages


@pytest.mark.parametrize("failure", [Busy("given up"), OSError("gone"), ConnectionResetError("of another connection")])
@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_a_file_that_cannot_be_ended_is_no_whole_file(
    troubled: tuple[RunningCollector, TroubledStorage],
    *,
    version: bytes,
    failure: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its connection is reset, and the log says so, once."""
    monkeypatch.setattr(events_api, "EVENTS_A_PIECE", 1)
    collector, storage = troubled
    await collector.post([GOOD, item("10:01", "W1", "idle"), item("10:02", "W1", "absent")])
    storage.pages_left, storage.failure = 2, failure
    host, port = collector.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /api/events.csv HTTP/" + version + b"\r\nHost: localhost\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()

    assert head.startswith(b"HTTP/" + version + b" 200 ")
    assert [type(failure).__name__] == [
        one.__dict__["error"] for one in caplog.records if one.message == "an answer was broken off"
    ]


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_a_file_of_which_nothing_can_be_read_is_refused(
    troubled: tuple[RunningCollector, TroubledStorage], version: bytes
) -> None:
    """With the status of what is wrong, and in words, like any other answer."""
    collector, storage = troubled
    storage.pages_left = 0
    host, port = collector.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /api/events.csv HTTP/" + version + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    head, _, words = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()

    assert head.startswith(b"HTTP/" + version + b" 503 ")
    assert "the question was given up" == json.loads(words)["error"]


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_a_file_whose_end_is_not_read_is_no_whole_file(
    collector: RunningCollector, version: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection is reset once it is given up, also where all of the file has left the hands of whoever made it."""
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.3)
    made = connections.Connection.connection_made

    def with_little_room(self: connections.Connection, transport: asyncio.BaseTransport) -> None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        made(self, transport)

    monkeypatch.setattr(connections.Connection, "connection_made", with_little_room)
    await collector.post([item(f"10:{n // 60:02}:{n % 60:02}", "W1", "working") for n in range(700)])
    host, port = collector.url.removeprefix("http://").split(":")
    loop = asyncio.get_running_loop()
    with socket.socket() as reading:
        reading.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        reading.settimeout(0)
        await loop.sock_connect(reading, (host, int(port)))
        await loop.sock_sendall(reading, b"GET /api/events.csv HTTP/" + version + b"\r\nHost: localhost\r\n\r\n")
        await loop.sock_recv(reading, 1)
        for _ in range(250):
            if reading.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) != TCP_ESTABLISHED:
                break
            await asyncio.sleep(0.02)
        with pytest.raises(ConnectionResetError):
            await _read_on(reading)


async def _read_on(one: socket.socket) -> None:
    while await asyncio.get_running_loop().sock_recv(one, 65_536):
        pass


async def test_a_body_that_drips_is_given_up(collector: RunningCollector, monkeypatch: pytest.MonkeyPatch) -> None:
    """408 after the bound, and no connection is held for ever."""
    monkeypatch.setattr(http_body, "BODY_SECONDS", 0.2)
    reader, writer = await _begin(collector, body=BODY[:10])
    head = await reader.readline()
    writer.close()

    assert b"HTTP/1.1 408 Request Timeout\r\n" == head
    assert [] == await collector.stored()


@pytest.mark.parametrize("sent", [0, 10, len(BODY) - 1])
async def test_a_body_that_breaks_off_is_not_stored(collector: RunningCollector, sent: int) -> None:
    """However much of it came: without its end it is no body."""
    _, writer = await _begin(collector, body=BODY[:sent])
    writer.close()
    await writer.wait_closed()

    assert [] == await collector.stored()
    assert 200 == (await collector.post([GOOD])).status


async def test_a_connection_may_bring_one_body_after_the_other(collector: RunningCollector) -> None:
    """Good and refused ones in turn, on the same connection, answered in order."""
    reader, writer = await _begin(collector, body=BODY)
    for body in (b"{broken", BODY, b"[]"):
        writer.write(_head(collector, length=len(body)) + body)
    writer.write(_head(collector, length=2, more="Connection: close\r\n") + b"[]")
    answers = (await reader.read()).split(b"HTTP/1.1 ")[1:]
    writer.close()

    assert [b"200", b"400", b"200", b"200", b"200"] == [answer[:3] for answer in answers]
    assert 1 == len(await collector.stored())


async def test_many_at_once_are_all_stored(collector: RunningCollector) -> None:
    """Each gets its own answer, however the transactions were put together."""
    bodies = [item(f"10:{number:02}", f"W{number % 3}", "product_count") for number in range(30)]
    answers = await asyncio.gather(*(collector.post(body) for body in [*bodies, *bodies]))
    results = sorted(answer.json["result"] for answer in answers)

    assert ["accepted"] * 30 + ["duplicate"] * 30 == results
    assert 30 == len(await collector.stored())


async def _begin(collector: RunningCollector, *, body: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = collector.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(_head(collector, length=len(BODY)) + body)
    await writer.drain()
    return reader, writer


def _head(collector: RunningCollector, *, length: int, more: str = "") -> bytes:
    host = collector.url.removeprefix("http://")
    head = f"POST /api/app/ HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
    return f"{head}{more}\r\n".encode()
