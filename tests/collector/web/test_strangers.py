"""What strangers may hold on to at a collector that asks for access: short bodies, read answers, one request at a time."""

import asyncio
import contextlib
import json
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from collector.grants import Role
from collector.measures import Look
from collector.web import login
from shared import connections, gated_site
from tests.collector.web.test_connections import HEAD, connected, told
from tests.collector.web.test_looks import looks
from tests.collector.web.tokens import Headers, camera_token, session
from tests.support.collector import JSON, RunningCollector, item, running_collector

FORM = (
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Expect: 100-continue\r\nContent-Length: 100\r\n"
)
GET = b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
FILE = "/api/events.csv"


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[tuple[RunningCollector, Headers]]:
    """Return a collector with ten places, and what a camera shows."""
    async with running_collector(tmp_path, max_connections=10) as collector:
        yield collector, await camera_token(collector, "C1")


def head(headers: Headers, first_line: str = "POST /api/app/", *lines: str) -> bytes:
    """Return the head of a request that shows something."""
    shown = [f"{name}: {value}" for name, value in headers.items()]
    return "".join(f"{line}\r\n" for line in (f"{first_line} HTTP/1.1", "Host: 127.0.0.1", *lines, *shown, "")).encode()


async def dripping(collector: RunningCollector, stack: contextlib.AsyncExitStack) -> asyncio.StreamReader:
    """Return what is told to a stranger whose form does not come to an end, and is waited for."""
    reader, writer = await stack.enter_async_context(connected(collector))
    writer.write(FORM + b"\r\na")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
    return reader


async def delivered(collector: RunningCollector, headers: Headers) -> int:
    """Return the status of a camera's delivery."""
    return (await collector.ask("POST", "/api/app/", json=item("10:00", "W1", "working"), headers=headers)).status


async def test_a_form_has_five_seconds(collector: RunningCollector, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as long as a packet; a batch of events has thirty."""
    assert 5 == login.FORM_SECONDS
    monkeypatch.setattr(login, "FORM_SECONDS", 0.1)
    async with contextlib.AsyncExitStack() as stack:
        async with asyncio.timeout(6):
            content = await (await dripping(collector, stack)).readline()

    assert content.startswith(b"HTTP/1.1 408 ")


async def test_strangers_who_hold_all_places_make_room_for_a_camera(small: tuple[RunningCollector, Headers]) -> None:
    """The one that has been there longest ends, in the middle of its form."""
    collector, headers = small
    async with contextlib.AsyncExitStack() as stack:
        strangers = [await dripping(collector, stack) for _ in range(10)]

        assert 200 == await delivered(collector, headers)
        assert b"" == await told(strangers[0])


async def test_many_of_one_address_are_let_go_before_anybody_else(tmp_path: Path) -> None:
    """A camera of the same address keeps its connection, idle as it is."""
    async with (
        running_collector(tmp_path, max_strangers_per_address=10) as collector,
        contextlib.AsyncExitStack() as stack,
    ):
        headers = await camera_token(collector, "C1")
        reader, writer = await stack.enter_async_context(connected(collector))
        request = head(headers, "POST /api/app/", "Content-Type: application/json", "Content-Length: 2") + b"[]"
        writer.write(request)
        await reader.readuntil(b"}")
        strangers = [await dripping(collector, stack) for _ in range(11)]
        first = await told(strangers[0])
        writer.write(request)
        again = await reader.readuntil(b"\r\n\r\n")

    assert (b"", True) == (first, again.startswith(b"HTTP/1.1 200 "))


async def test_what_a_stranger_sends_ahead_is_not_answered(small: tuple[RunningCollector, Headers]) -> None:
    """One answer, which says that the connection ends."""
    collector, _ = small
    async with connected(collector) as (reader, writer):
        writer.write((GET + b"\r\n") * 3)
        content = await told(reader)

    assert (1, 1) == (content.count(b"HTTP/1.1 200 "), content.count(b"Connection: close"))


async def test_what_a_camera_sends_ahead_waits_for_its_turn(small: tuple[RunningCollector, Headers]) -> None:
    """In the packet that ends a body that came later than its head, and in those after it."""
    collector, headers = small
    request = head(headers, "POST /api/app/", "Content-Type: application/json", "Content-Length: 2")
    slow = head(
        headers, "POST /api/app/", "Content-Type: application/json", "Content-Length: 2", "Expect: 100-continue"
    )
    async with connected(collector) as (reader, writer):
        writer.write(slow)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"[]" + (request + b"[]") * 3)
        answers = [await reader.readuntil(b"}") for _ in range(4)]

    assert [True] * 4 == [answer.startswith(b"HTTP/1.1 200 ") for answer in answers]


async def test_a_head_has_its_bytes(collector: RunningCollector) -> None:
    """400 beyond 16 KiB, of lines that are each short enough."""
    async with connected(collector) as (reader, writer):
        writer.write(HEAD)
        for number in range(3):
            writer.write(b"X-%d: %s\r\n" % (number, b"a" * 6_000))
        content = await told(reader)

    assert content.startswith(b"HTTP/1.1 400 ")


async def test_a_body_that_breaks_later_than_its_head_is_answered_at_once(
    small: tuple[RunningCollector, Headers], caplog: pytest.LogCaptureFixture
) -> None:
    """What is no chunk is 400, and not waited for as the rest of a body; the log has no trace of our code."""
    collector, headers = small
    lines = ("Content-Type: application/json", "Transfer-Encoding: chunked", "Expect: 100-continue")
    async with connected(collector) as (reader, writer), asyncio.timeout(10):
        writer.write(head(headers, "POST /api/app/", *lines))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"no chunk\r\n")
        content = await reader.read()

    assert (True, 1) == (content.startswith(b"HTTP/1.1 400 "), content.count(b"HTTP/1.1 "))
    assert [] == [one.exc_info for one in caplog.records if one.exc_info is not None]


async def test_a_file_that_nobody_reads_is_given_up(
    collector: RunningCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is streamed, and each piece of it has to be read in time; that half of it was seen is noted then.

    Whoever reads on all the same is told by a reset that it was half of it, also over HTTP/1.0.
    """
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.5)
    headers = await session(collector, Role.supervisor)
    await _fill(collector, await camera_token(collector, "C1"))
    async with reading_nothing(collector) as one, asyncio.timeout(30):
        await asyncio.get_running_loop().sock_sendall(
            one, head(headers, f"GET {FILE}").replace(b"HTTP/1.1", b"HTTP/1.0")
        )
        found: list[Look] = []
        while not found:
            found = await looks(collector)
        with pytest.raises(ConnectionResetError):
            await _read_on(one)

    assert ["events.csv"] == [each.what for each in found]


async def _read_on(one: socket.socket) -> None:
    while await asyncio.get_running_loop().sock_recv(one, 65_536):
        pass


async def _fill(collector: RunningCollector, headers: Headers) -> None:
    """Store so many events that their file, 6 MB, fits into no buffer of the operating system."""
    for worker in ("W" * 64, "X" * 64, "Y" * 64):
        rows = [item(f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}", worker, "working") for n in range(9_000)]
        body = json.dumps(rows).encode()
        assert 200 == (await collector.ask("POST", "/api/app/", data=body, headers=JSON | headers)).status


@contextlib.asynccontextmanager
async def reading_nothing(collector: RunningCollector) -> AsyncIterator[socket.socket]:
    """Give a connection whose receiver takes next to nothing by itself."""
    host, _, port = collector.url.removeprefix("http://").partition(":")
    with socket.socket() as one:
        one.settimeout(0)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        await asyncio.get_running_loop().sock_connect(one, (host, int(port)))
        yield one


async def test_a_handshake_that_does_not_come_holds_no_camera_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection has its place from the moment it is taken, with TLS, too."""
    monkeypatch.setattr(gated_site, "HEAD_SECONDS", 60.0)
    authority = trustme.CA()
    made = authority.issue_cert("127.0.0.1")
    (tmp_path / "key").write_bytes(made.private_key_pem.bytes())
    (tmp_path / "pem").write_bytes(made.cert_chain_pems[0].bytes())
    files = {"tls_certificate": str(tmp_path / "pem"), "tls_key": str(tmp_path / "key")}
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with running_collector(tmp_path, max_connections=10, **files) as collector:
        host, _, port = collector.url.removeprefix("https://").partition(":")
        silent = [await asyncio.open_connection(host, int(port)) for _ in range(10)]
        reader, writer = await asyncio.open_connection(host, int(port), ssl=trusting)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        content = await told(reader)
        first = await told(silent[0][0])
        for _, other in silent:
            other.close()

    assert (True, b"") == (content.startswith(b"HTTP/1.1 200 "), first)


async def test_behind_a_proxy_requests_are_counted_by_who_they_are_passed_on_for(tmp_path: Path) -> None:
    """Ten forms that drip for one address are enough; others log in meanwhile."""
    given = {"trusted_proxies": "127.0.0.1", "max_strangers_per_address": 10}
    async with running_collector(tmp_path, **given) as collector, contextlib.AsyncExitStack() as stack:
        await camera_token(collector, "C1")
        for _ in range(10):
            reader, writer = await stack.enter_async_context(connected(collector))
            writer.write(FORM + b"X-Forwarded-For: 192.0.2.1\r\n\r\na")
            await reader.readuntil(b"\r\n\r\n")
        statuses = {}
        for address in ("192.0.2.1", "192.0.2.2"):
            answer = await collector.ask("GET", "/login", headers={"X-Forwarded-For": address})
            statuses[address] = answer.status

    assert {"192.0.2.1": 429, "192.0.2.2": 200} == statuses


async def test_a_byte_that_is_no_text_is_none_of_a_session(collector: RunningCollector) -> None:
    """Who logs out with it is led to the page to log in on, as everybody without a session."""
    async with connected(collector) as (reader, writer):
        writer.write(head({}, "POST /logout", "Connection: close") + b"Cookie: lineside=lss_\xff\r\n\r\n")
        answer = await told(reader)

    assert b"HTTP/1.1 303 See Other" == answer.partition(b"\r\n")[0]
