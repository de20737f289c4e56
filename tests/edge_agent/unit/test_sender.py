"""What one POST brings back, over real sockets: an answer as it came, or the right word for why there is none."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from edge_agent.delivery.outcome import Answered, NoAnswer
from edge_agent.delivery.told_time import read_date
from edge_agent.sender import MOST_ANSWER_BYTES, Sender
from tests.support.flaky_collector import flaky_collector, redirect, status, stored_then_silent
from tests.support.programs import free_port

BODY = b'{"agent":{"batch":"b1","epoch":"e1","seqs":[]},"events":[]}'
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    """Serve one handler for every POST; gives the address."""
    app = web.Application()
    app.router.add_post("/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def post(url: str, **options: Any) -> Answered | NoAnswer:
    """Post the body once."""
    async with Sender(url, **options) as sender:
        return await sender.post(BODY)


async def test_an_answer_comes_back_as_it_is() -> None:
    """Status, content type, `Retry-After` and body, unjudged."""
    async with flaky_collector() as collector:
        collector.script = [status(503, headers={"Retry-After": "30"}, text="busy")]
        found = await post(collector.url)

    assert isinstance(found, Answered)
    assert Answered(503, "text/plain", "30", b"busy", date=found.date) == found
    assert read_date(found.date) is not None


@pytest.mark.parametrize(("compression", "expected"), [("gzip", "gzip"), ("none", None)])
async def test_a_body_is_sent_packed_or_plain(compression: str, expected: str | None) -> None:
    """Gzip by default, and nothing of us but what is needed goes along."""
    async with flaky_collector() as collector:
        found = await post(collector.url + "/", compression=compression)
        headers = collector.received[0].headers

    assert isinstance(found, Answered)
    assert 200 == found.status
    assert expected == headers.get("Content-Encoding")
    assert ("application/json", None, None) == (
        headers["Content-Type"],
        headers.get("Authorization"),
        headers.get("Cookie"),
    )


async def test_a_redirect_is_not_followed() -> None:
    """Events go where the settings say and nowhere else."""
    async with flaky_collector() as collector:
        collector.script = [redirect]
        found = await post(collector.url)

    assert isinstance(found, Answered)
    assert 301 == found.status


async def test_proxy_variables_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that somebody set for a browser does not get the events."""
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    async with flaky_collector() as collector:
        found = await post(collector.url)

    assert isinstance(found, Answered)


async def test_no_cookie_is_kept() -> None:
    """What one answer sets is not sent with the next request."""
    async with flaky_collector() as collector:
        collector.script = [status(200, headers={"Set-Cookie": "portal=1; Path=/"})]
        # No cookie jar keeps those of a bare address, so the collector needs a name here.
        async with Sender(collector.url.replace("127.0.0.1", "localhost")) as sender:
            await sender.post(BODY)
            await sender.post(BODY)

    assert "Cookie" not in collector.received[1].headers


async def test_an_answer_is_read_up_to_a_mebibyte() -> None:
    """A server that never stops talking costs no memory; that something was cut is known."""

    async def endless(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * (3 * MOST_ANSWER_BYTES))

    async with server(endless) as url:
        found = await post(url)

    assert isinstance(found, Answered)
    assert (MOST_ANSWER_BYTES, True) == (len(found.body), found.is_cut)


async def test_an_answer_that_unpacks_into_more_is_not_unpacked() -> None:
    """We ask for plain answers; one that is packed all the same is left packed, and so is no receipt."""

    async def bomb(_: web.Request) -> web.Response:
        answer = web.Response(body=b"0" * (8 * MOST_ANSWER_BYTES))
        answer.enable_compression(web.ContentCoding.gzip)
        return answer

    async with server(bomb) as url:
        found = await post(url)

    assert isinstance(found, Answered)
    assert b"\x1f\x8b" == found.body[:2]


async def test_nobody_there_is_refused() -> None:
    """The words name the address."""
    port = free_port()

    assert NoAnswer("refused", f"127.0.0.1:{port}") == await post(f"http://127.0.0.1:{port}")


async def test_a_name_that_nobody_knows() -> None:
    """`.invalid` never resolves (RFC 2606)."""
    found = await post("http://collector.invalid", timeout_seconds=30.0)

    assert isinstance(found, NoAnswer)
    assert "dns" == found.kind
    assert "collector.invalid" in found.detail


async def test_a_collector_that_does_not_answer_in_time() -> None:
    """The whole exchange has one bound."""

    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(10)
        return web.Response()

    async with server(slow) as url:
        found = await post(url, timeout_seconds=0.2)

    assert NoAnswer("timeout", "0.2 s") == found


@pytest.mark.parametrize("waits", [True, False])
async def test_a_connection_that_breaks(*, waits: bool) -> None:
    """Before the answer or in the middle of it: no answer."""

    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with flaky_collector() as collector, server(cut) as url:
        collector.script = [stored_then_silent]
        found = await post(collector.url if waits else url)

    assert isinstance(found, NoAnswer)
    assert "reset" == found.kind


async def test_a_server_that_speaks_something_else() -> None:
    """Not HTTP at all."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as mail:
        port = mail.sockets[0].getsockname()[1]
        found = await post(f"http://127.0.0.1:{port}")

    assert isinstance(found, NoAnswer)
    assert found.kind in ("other", "reset")


async def test_a_token_goes_along_and_a_new_one_needs_no_restart(tmp_path: Path) -> None:
    """The file is read again when it has changed."""
    file = tmp_path / "token"
    file.write_text("first\n")
    async with flaky_collector() as collector, Sender(collector.url, token_file=file) as sender:
        await sender.post(BODY)
        file.write_text("second-one\n")
        await sender.post(BODY)
        seen = [envelope.headers["Authorization"] for envelope in collector.received]

    assert ["Bearer first", "Bearer second-one"] == seen


@pytest.mark.parametrize("content", [None, b"", b" \n", b"two words", b"t\xc3\xb6ken", b"\xff\xfe", b"a\nb"])
async def test_without_a_readable_token_nothing_is_sent(tmp_path: Path, content: bytes | None) -> None:
    """A missing, empty or broken file is named; the request is not made without it."""
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    async with flaky_collector() as collector:
        found = await post(collector.url, token_file=file)

    assert isinstance(found, NoAnswer)
    assert "token_file" == found.kind
    assert [] == collector.received
