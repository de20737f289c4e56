"""One who is known and holds on to all they can get: bodies, answers, connections. The others are served meanwhile."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collector.grants import AddPerson, PauseCamera, Role
from collector.web import app
from collector.web.limits import MOST_REQUESTS_EACH, SMALL_ANSWER_BYTES
from shared import http_body
from tests.collector.web.test_connections import connected, told
from tests.collector.web.test_strangers import FILE, delivered, head, reading_nothing
from tests.collector.web.tokens import NO_PASSWORD, Headers, camera_token, change, session_of
from tests.support.collector import JSON, NOON_AFTER, RunningCollector, item, running_collector

KIB = 1024
PAGE = "/api/events/?limit=1000"
PLAIN = {"Accept-Encoding": "identity"}


def body_of(headers: Headers, size_bytes: int, *lines: str) -> bytes:
    """Return the head of a body of a camera's."""
    return head(headers, "POST /api/app/", "Content-Type: application/json", f"Content-Length: {size_bytes}", *lines)


async def held(collector: RunningCollector, stack: contextlib.AsyncExitStack, request: bytes) -> asyncio.StreamReader:
    """Return what is told to whoever sends this and then nothing more."""
    reader, writer = await stack.enter_async_context(connected(collector))
    writer.write(request)
    return reader


async def test_a_camera_that_holds_on_to_bodies_fills_its_own_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 for what is beyond it, and the next camera delivers."""
    monkeypatch.setattr(app, "MOST_BODY_BYTES_AT_ONCE", 64 * KIB)
    monkeypatch.setattr(http_body, "STALL_SECONDS", 60)
    async with running_collector(tmp_path) as collector, contextlib.AsyncExitStack() as stack:
        greedy, other = await camera_token(collector, "C1"), await camera_token(collector, "C2")
        readers = [
            await held(collector, stack, body_of(greedy, 12 * KIB) + b"[" + b" " * (12 * KIB - 2)) for _ in range(8)
        ]
        lines = [asyncio.create_task(reader.readline()) for reader in readers]
        done: set[asyncio.Task[bytes]] = set()
        async with asyncio.timeout(20):
            while len(done) < 7:
                done, _ = await asyncio.wait(lines, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.sleep(0)
        statuses = {line.result().split()[1] for line in done}

        assert 200 == await delivered(collector, other)
        assert {b"429"} == statuses


async def test_a_body_that_stands_still_is_given_up(
    collector: RunningCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """408 long before its time is over, however much of it had come."""
    monkeypatch.setattr(http_body, "STALL_SECONDS", 0.2)
    async with contextlib.AsyncExitStack() as stack, asyncio.timeout(http_body.BODY_SECONDS / 2):
        content = await (await held(collector, stack, body_of({}, 50_000) + b"[" + b" " * 40_000)).readline()

    assert content.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("came", "due"),
    [
        pytest.param([], 5.0, id="nothing"),
        pytest.param([(4.0, 4_095)], 5.0, id="less than a piece"),
        pytest.param([(4.0, 4_096)], 9.0, id="a piece"),
        pytest.param([(2.0, 4_000), (4.0, 4_000), (8.0, 4_000)], 9.0, id="each whole piece buys time"),
        pytest.param([(second, 2_000) for second in range(1, 15)], 17.0, id="two kilobytes a second"),
        pytest.param([(second, 4_096) for second in range(1, 29)], 30.0, id="its whole time"),
    ],
)
def test_a_body_has_its_pace(came: list[tuple[float, int]], due: float) -> None:
    """Whoever keeps it has thirty seconds."""
    pace = http_body.Pace(0.0, seconds=30)
    for now, size_bytes in came:
        assert now <= pace.due
        pace.came(size_bytes, now=now)

    assert due == pace.due


async def test_who_is_paused_is_told_before_the_body_is_read(collector: RunningCollector) -> None:
    """At once, though none of it ever comes."""
    headers = await camera_token(collector, "C1")
    await change(collector, PauseCamera("C1", is_paused=True))
    async with contextlib.AsyncExitStack() as stack, asyncio.timeout(http_body.STALL_SECONDS - 1):
        content = await (await held(collector, stack, body_of(headers, 1_000_000))).readline()

    assert content.startswith(b"HTTP/1.1 403 ")


async def test_one_token_does_not_take_all_connections(tmp_path: Path) -> None:
    """Its oldest ends for its own next one, and another camera delivers meanwhile."""
    async with running_collector(tmp_path, max_connections=20) as collector, contextlib.AsyncExitStack() as stack:
        greedy, other = await camera_token(collector, "C1"), await camera_token(collector, "C2")
        readers = [await held(collector, stack, body_of(greedy, 2)) for _ in range(24)]
        first = await told(readers[0])
        status = await delivered(collector, other)

    assert (b"", 200) == (first, status)


async def test_behind_a_proxy_requests_of_a_token_are_counted(tmp_path: Path) -> None:
    """Its connections are everybody's, so none is let go; what is beyond is told to come again."""
    async with (
        running_collector(tmp_path, trusted_proxies="127.0.0.1") as collector,
        contextlib.AsyncExitStack() as stack,
    ):
        greedy, other = await camera_token(collector, "C1"), await camera_token(collector, "C2")
        for _ in range(MOST_REQUESTS_EACH):
            reader = await held(
                collector, stack, body_of(greedy, 2, "Expect: 100-continue", "X-Forwarded-For: 192.0.2.1")
            )
            await reader.readuntil(b"\r\n\r\n")
        forwarded = {"X-Forwarded-For": "192.0.2.1"}
        statuses = [await delivered(collector, one | forwarded) for one in (greedy, other)]

    assert [429, 200] == statuses


@contextlib.asynccontextmanager
async def filled(folder: Path) -> AsyncIterator[tuple[RunningCollector, bytes]]:
    """Give a collector with a page of 300 kB, and what was sent to it."""
    async with running_collector(folder) as collector:
        sent = json.dumps([item(f"10:{n // 60:02}:{n % 60:02}", "W" * 64, "working") for n in range(1_000)]).encode()
        assert 200 == (await collector.post_bytes(sent)).status
        yield collector, sent


async def supervisor(collector: RunningCollector, name: str) -> Headers:
    """Let somebody in who sees that page, and wants it as large as it is."""
    await change(collector, AddPerson(name, Role.supervisor, None, NO_PASSWORD, NOON_AFTER))
    return PLAIN | await session_of(collector, name)


@contextlib.asynccontextmanager
async def holding_a_page(collector: RunningCollector, headers: Headers) -> AsyncIterator[None]:
    """Hold on to a page that is not read, and to no more."""
    async with reading_nothing(collector) as one:
        await asyncio.get_running_loop().sock_sendall(one, head(headers, f"GET {PAGE}") * 40)
        yield


async def status_of(collector: RunningCollector, headers: Headers, *, until: int) -> int:
    """Return the status of a page, asked for until it is this one, or for 20 s."""
    status = 0
    for _ in range(400):
        collector.clock.advance(1.0)
        status = (await collector.ask("GET", PAGE, headers=headers)).status
        if status == until:
            break
        await asyncio.sleep(0.05)
    return status


async def test_answers_that_nobody_reads_fill_the_share_of_whoever_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 for the next, by whatever session, a file that is streamed too; others are answered, and so is this one after hanging up there."""
    monkeypatch.setattr(app, "MOST_ANSWER_BYTES_AT_ONCE", 1_200_000)
    async with filled(tmp_path) as (collector, _):
        greedy, other = await supervisor(collector, "amit"), await supervisor(collector, "sue")
        async with holding_a_page(collector, await session_of(collector, "amit")):
            refused = await status_of(collector, greedy, until=429)
            beside = (await collector.ask("GET", PAGE, headers=other)).status
            files = [(await collector.ask("GET", FILE, headers=headers)).status for headers in (greedy, other)]
        again = await status_of(collector, greedy, until=200)

    assert (429, 200, 200) == (refused, beside, again)
    assert [429, 200] == files


async def test_who_reads_at_length_keeps_back_neither_receipts_nor_what_is_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all of the room taken: another page is refused, and says what becomes of it."""
    monkeypatch.setattr(app, "MOST_ANSWER_BYTES_AT_ONCE", 250_000)
    async with filled(tmp_path) as (collector, sent):
        greedy, other = await supervisor(collector, "amit"), await supervisor(collector, "sue")
        camera = await camera_token(collector, "C1")
        async with holding_a_page(collector, greedy):
            refused = await status_of(collector, other, until=503)
            words = (await collector.ask("GET", PAGE, headers=other)).json["error"]
            small = (await collector.ask("GET", "/api/metrics/workers/", headers=other)).status
            receipt = await collector.ask("POST", "/api/app/", data=sent, headers=JSON | PLAIN | camera)

    assert (503, "too many answers wait to be read at once; this one is not sent") == (refused, words)
    assert (200, 200, 1_000) == (small, receipt.status, receipt.json["duplicates"])
    assert len(receipt.content) > SMALL_ANSWER_BYTES


async def test_where_nobody_is_told_apart_each_address_has_a_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While access is not configured."""
    monkeypatch.setattr(app, "MOST_ANSWER_BYTES_AT_ONCE", 1_200_000)
    async with filled(tmp_path) as (collector, _), holding_a_page(collector, {}):
        refused = await status_of(collector, PLAIN, until=429)
        host, port = collector.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), local_addr=("127.0.0.2", 0))
        writer.write(head({}, f"GET {PAGE}"))
        beside = await reader.readline()
        writer.close()

    assert (429, b"200") == (refused, beside.split()[1])
