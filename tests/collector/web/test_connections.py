"""Connections of strangers: heads that never end, more of them than there is room for, and what is no HTTP."""

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from shared import connections
from tests.support.collector import RunningCollector, running_collector

HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
WHOLE = b"GET /api/cameras/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
"""After it nobody is a stranger any more, while access is not configured."""
SLOW = (
    b"POST /api/app/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
    b"Content-Length: 2\r\n\r\n["
)
"""Answered with "100 Continue" as soon as it is taken up."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a head have a fifth of a second."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)


@asynccontextmanager
async def connected(collector: RunningCollector) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Give a connection that knows nothing of HTTP."""
    host, port = collector.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()


async def told(reader: asyncio.StreamReader) -> bytes:
    """Return all that comes until the other side ends the connection."""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(20):
            return await reader.read()
    return b""


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("begun", [b"", b"G", HEAD], ids=["nothing", "a letter", "a head"])
@pytest.mark.parametrize("is_first", [True, False], ids=["first", "second"])
async def test_a_head_has_its_time(collector: RunningCollector, begun: bytes, is_first: bool) -> None:
    """The first one on a connection, also one of which nothing comes, and the next one: the connection ends."""
    async with connected(collector) as (reader, writer):
        if not is_first:
            writer.write(HEAD + b"\r\n")
            await reader.readuntil(b"\r\n\r\n")
            begun = begun or b"G"  # between requests a connection may rest
        writer.write(begun)
        content = await told(reader)

    assert b"HTTP/1.1" not in content


@pytest.mark.usefixtures("impatient")
async def test_a_drip_does_not_buy_time(collector: RunningCollector) -> None:
    """A line now and then is no head."""
    async with connected(collector) as (reader, writer):
        ended = asyncio.create_task(told(reader))
        writer.write(HEAD)
        while not ended.done():
            with contextlib.suppress(ConnectionError):
                writer.write(b"X: a\r\n")
                await writer.drain()
            await asyncio.wait([ended], timeout=0.05)

        assert b"" == ended.result()


async def test_who_says_nothing_makes_room(tmp_path: Path) -> None:
    """Of ten connections that are open and idle, the one that has waited longest ends for the next."""
    async with running_collector(tmp_path, max_connections=10) as collector, contextlib.AsyncExitStack() as stack:
        idle = [await stack.enter_async_context(connected(collector)) for _ in range(10)]
        reader, writer = await stack.enter_async_context(connected(collector))
        writer.write(HEAD + b"Connection: close\r\n\r\n")
        answered = await told(reader)
        first = await told(idle[0][0])

    assert answered.startswith(b"HTTP/1.1 200 ")
    assert b"" == first


async def test_when_all_are_being_answered_the_next_is_told_to_come_again(tmp_path: Path) -> None:
    """503 with Retry-After, before anything is read; afterwards there is room again."""
    async with running_collector(tmp_path, max_connections=10) as collector, contextlib.AsyncExitStack() as stack:
        busy = [await stack.enter_async_context(connected(collector)) for _ in range(10)]
        for reader, writer in busy:
            await _begin(reader, writer, WHOLE)
            await reader.readuntil(b"]")
            await _begin(reader, writer, SLOW)
        content = await _asked_once(collector)
        for reader, writer in busy:
            writer.write(b"]")
            await reader.readuntil(b"\r\n\r\n")

        assert content.startswith(b"HTTP/1.1 503 ")

        assert b"\r\nRetry-After: 5\r\n" in content
        assert (await _asked_once(collector)).startswith(b"HTTP/1.1 200 ")


async def _begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    """Send the head of a request and wait until it is being answered."""
    writer.write(request)
    await reader.readuntil(b"\r\n\r\n")


async def _asked_once(collector: RunningCollector) -> bytes:
    """Return what is said to a question on a connection of its own."""
    async with connected(collector) as (reader, writer):
        with contextlib.suppress(ConnectionError):
            writer.write(HEAD + b"Connection: close\r\n\r\n")
        return await told(reader)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"BAD\r\n\r\n", 400),
        (b"GET /dashboard/?\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (HEAD + b"Expect: nonsense\r\nConnection: close\r\n\r\n", 417),
    ],
    ids=["no HTTP", "raw bytes in an address", "an odd expectation"],
)
async def test_what_comes_to_no_address_is_answered_as_everything_is(
    collector: RunningCollector, content: bytes, status: int
) -> None:
    """With a problem that has a name, tells no version, and is taken for nothing else; not in the sender's words."""
    async with connected(collector) as (reader, writer):
        writer.write(content)
        head, _, body = (await told(reader)).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name: value for name, _, value in (line.partition(": ") for line in lines[1:])}

    assert (status, status) == (int(lines[0].split()[1]), json.loads(body)["status"])
    assert ("lineside", "nosniff", "no-store", "application/problem+json; charset=utf-8") == tuple(
        headers[name] for name in ("Server", "X-Content-Type-Options", "Cache-Control", "Content-Type")
    )
    assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-Id"])
    assert b"nonsense" not in body


async def test_what_is_no_http_gets_a_short_problem(
    collector: RunningCollector, caplog: pytest.LogCaptureFixture
) -> None:
    """400 as a problem; twenty of them are one line in the log, without a trace of our code or of what was asked."""
    caplog.set_level(logging.INFO)
    content = b""
    for number in range(20):
        async with connected(collector) as (reader, writer):
            writer.write(b"GET /dashboard/workers/W-%d%b HTTP/1.1\r\nHost: a\r\n\r\n" % (number, b"x" * 9_000))
            content = await told(reader)
    head, _, body = content.partition(b"\r\n\r\n")

    assert b" 400 " in head.splitlines()[0]
    assert (400, "the request is not HTTP that can be read") == (json.loads(body)["status"], json.loads(body)["detail"])
    assert ["requests could not be read"] == [one.message for one in caplog.records]
    assert [(None, False)] == [(one.exc_info, "W-" in str(vars(one))) for one in caplog.records]
