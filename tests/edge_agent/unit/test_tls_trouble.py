"""What stands between the agent and a collector with TLS, over real sockets: each fault has its own words."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from edge_agent.delivery.outcome import Answered, NoAnswer, NoAnswerKind, Pause, Retry, Verdict, judge
from edge_agent.sender import Sender
from shared.instants import HOUR, SECOND
from tests.support.fake_clock import START

BODY = b'{"agent":{"batch":"b1","epoch":"e1","seqs":[]},"events":[]}'
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that no machine knows."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """Its certificate as a file."""
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def side(authority: trustme.CA, *names: str, begins: timedelta = -DAY, ends: timedelta = DAY) -> ssl.SSLContext:
    """Return the TLS side of a server whose certificate is for these names, and valid from and to so long from now."""
    now = datetime.now(UTC)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, not_before=now + begins, not_after=now + ends).configure_cert(context)
    return context


@asynccontextmanager
async def server(tls: ssl.SSLContext | None, *, answer: web.Response | None = None) -> AsyncIterator[int]:
    """Serve one answer to every POST; gives the port."""

    async def say(_: web.Request) -> web.Response:
        return answer or web.Response(text="hello")

    app = web.Application()
    app.router.add_post("/{path:.*}", say)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def post(url: str, ca_file: Path | None) -> Answered | NoAnswer:
    """Post an empty envelope once."""
    async with Sender(url, ca_file=ca_file) as sender:
        return await sender.post(BODY)


def verdict(attempt: Answered | NoAnswer, *, now: int = START, collector_now: int | None = None) -> Verdict:
    """Judge the attempt to deliver it."""
    return judge(attempt, batch="b1", events=0, now=now, collector_now=collector_now)


async def test_a_private_authority_is_trusted_by_its_file(authority: trustme.CA, ca_file: Path) -> None:
    """With `ca_file` the certificate of a factory's own authority is good."""
    async with server(side(authority, "127.0.0.1")) as port:
        found = await post(f"https://127.0.0.1:{port}", ca_file)

    assert isinstance(found, Answered)
    assert (200, b"hello") == (found.status, found.body)


async def test_certificates_that_cannot_be_read_are_told_and_read_again(authority: trustme.CA, tmp_path: Path) -> None:
    """Without the file, and with one that holds something else, events stay; put right, it is trusted without a restart."""
    file = tmp_path / "ca.pem"
    async with (
        server(side(authority, "127.0.0.1")) as port,
        Sender(f"https://127.0.0.1:{port}", ca_file=file) as sender,
    ):
        found = [await sender.post(BODY)]
        for text in ("no certificate", authority.cert_pem.bytes().decode(), "again none"):
            file.write_text(text)
            found.append(await sender.post(BODY))
    kinds = [one.kind if isinstance(one, NoAnswer) else one.status for one in found]
    told = verdict(found[0])

    assert ["ca_file", "ca_file", 200, "ca_file"] == kinds
    assert isinstance(told, Pause)
    assert ("certificate", True) == (told.reason, "see collector.ca_file" in told.cause)


@pytest.mark.parametrize(
    ("names", "begins", "ends", "is_trusted", "kind", "words"),
    [
        (("127.0.0.1",), -DAY, DAY, False, "certificate", "is not trusted"),
        (("other.example",), -DAY, DAY, True, "certificate_name", "is for another name"),
        (("10.1.2.3",), -DAY, DAY, True, "certificate_name", "is for another name"),
        (("127.0.0.1",), -2 * DAY, -DAY, True, "certificate_expired", "has expired"),
        (("127.0.0.1",), DAY, 2 * DAY, True, "certificate_early", "is not valid yet"),
    ],
)
async def test_a_certificate_that_is_not_good(
    authority: trustme.CA,
    ca_file: Path,
    *,
    names: tuple[str, ...],
    begins: timedelta,
    ends: timedelta,
    is_trusted: bool,
    kind: NoAnswerKind,
    words: str,
) -> None:
    """A stranger's, for another name, too old, too new: told apart, and each a pause for the certificate."""
    async with server(side(authority, *names, begins=begins, ends=ends)) as port:
        found = await post(f"https://127.0.0.1:{port}", ca_file if is_trusted else None)
    told = verdict(found, collector_now=START)

    assert isinstance(found, NoAnswer)
    assert kind == found.kind
    assert isinstance(told, Pause)
    assert ("certificate", True) == (told.reason, words in told.cause)


async def test_https_to_a_port_that_speaks_http() -> None:
    """A wrong scheme is no network trouble that passes, and the words say which one is right."""
    async with server(None) as port:
        told = verdict(await post(f"https://127.0.0.1:{port}", None))

    assert isinstance(told, Pause)
    assert ("address", True) == (told.reason, "write http://" in told.cause)


@pytest.mark.parametrize("is_trusted", [True, False])
async def test_http_to_a_port_that_wants_tls(authority: trustme.CA, ca_file: Path, *, is_trusted: bool) -> None:
    """The server only hangs up; one look at how the port greets tells it from a broken connection."""
    async with server(side(authority, "127.0.0.1")) as port:
        found = await post(f"http://127.0.0.1:{port}", ca_file if is_trusted else None)
    told = verdict(found)

    assert NoAnswer("speaks_tls", f"127.0.0.1:{port}") == found
    assert isinstance(told, Pause)
    assert ("address", True) == (told.reason, "write https://" in told.cause)


@pytest.mark.parametrize(
    "text",
    [
        "<html><center>The plain HTTP request was sent to HTTPS port</center></html>",
        "Client sent an HTTP request to an HTTPS server.",
        "<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.</p>",
    ],
)
async def test_a_server_that_says_it_wants_tls_is_understood(text: str) -> None:
    """nginx, Go and Apache answer 400 with words of their own."""
    async with server(None, answer=web.Response(status=400, text=text)) as port:
        told = verdict(await post(f"http://127.0.0.1:{port}", None))

    assert isinstance(told, Pause)
    assert ("address", True) == (told.reason, "write https://" in told.cause)


async def test_a_plain_port_that_hangs_up_is_a_broken_connection() -> None:
    """Nobody there greets with TLS, so time may mend it."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as listening:
        told = verdict(await post(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", None))

    assert isinstance(told, Retry)


@pytest.mark.parametrize("kind", ["certificate_expired", "certificate_early"])
@pytest.mark.parametrize(
    ("now", "collector_now", "expected"),
    [
        (START, START + HOUR, "certificate"),
        (START, START + HOUR + 1, "clock"),
        (START, START - 30 * 24 * HOUR, "clock"),
        # before this program was made, whatever others say
        (0, None, "clock"),
        (7 * SECOND, START, "clock"),
    ],
)
def test_a_clock_that_is_not_set_is_named_instead_of_the_certificate(
    kind: NoAnswerKind, now: int, collector_now: int | None, expected: str
) -> None:
    """A box that starts in 1970, or is an hour off what the collector said, has a wrong clock and no bad certificate."""
    told = verdict(NoAnswer(kind, "certificate has expired"), now=now, collector_now=collector_now)

    assert isinstance(told, Pause)
    assert expected == told.reason
    assert ("clock not set" in told.cause) == (expected == "clock")


@pytest.mark.parametrize(("kind", "expected"), [("certificate_expired", "certificate"), ("certificate_early", "clock")])
def test_where_nobody_has_told_the_time_a_certificate_of_the_future_speaks_against_the_clock(
    kind: NoAnswerKind, expected: str
) -> None:
    """A box that was off for weeks starts with the time it had then; certificates that begin tomorrow are rare."""
    told = verdict(NoAnswer(kind, "certificate is not yet valid"), now=START, collector_now=None)

    assert isinstance(told, Pause)
    assert (expected, expected == "clock") == (told.reason, "clock not set" in told.cause)


@pytest.mark.parametrize("kind", ["certificate", "certificate_name"])
def test_a_wrong_clock_does_not_excuse_another_name_or_a_stranger(kind: NoAnswerKind) -> None:
    """Those are wrong at any time."""
    told = verdict(NoAnswer(kind, "no"), now=0)

    assert isinstance(told, Pause)
    assert "certificate" == told.reason
