"""What `edge-agent check` makes of what it sees: a table for each line, and real sockets for the way to the collector."""

import datetime as dt
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web

from edge_agent.buffer.rows import Counts
from edge_agent.checks.findings import (
    agent_finding,
    compared_clock_finding,
    plain_finding,
    queue_finding,
    token_finding,
)
from edge_agent.checks.looks import look_at_collector
from edge_agent.delivery.outcome import Answered, Attempt, NoAnswer
from edge_agent.settings import AgentSettings
from shared.clock import SystemClock
from shared.findings import Finding, certificate_finding
from shared.instants import parse_instant
from shared.settings_file import load_settings
from tests.support.fake_clock import START

RUNS = {"not_ready": None, "camera": "cam-1", "collector": "http://c", "version": "0.1.0", "state": "ok", "cause": None}
ZEROS = b'{"status": "success", "accepted": 0, "duplicates": 0, "conflicts": 0, "rejected": 0, "results": []}'
DAY = 86_400


def counts(**given: int) -> Counts:
    """A queue of ten numbers, all of them settled."""
    usual: dict[str, Any] = {"last_seq": 10, "settled": 10, "pending": 0, "dead": 0, "size_bytes": 0}
    return Counts(oldest_pending_at=None, **(usual | given))


@pytest.mark.parametrize(
    ("finding", "code", "words"),
    [
        (agent_finding(None, camera="cam-1", collector="http://c"), 0, "does not run"),
        (agent_finding(RUNS, camera="cam-1", collector="http://c"), 0, "runs, version 0.1.0, ok"),
        (agent_finding(RUNS | {"not_ready": "disk"}, camera="cam-1", collector="http://c"), 3, "no events: disk"),
        (agent_finding(RUNS, camera="cam-2", collector="http://c"), 3, "other settings: as cam-1 for http://c"),
        (queue_finding(None), 0, "none yet"),
        (queue_finding(counts()), 0, "0 events wait, 10 confirmed, 0 dead letters"),
        (queue_finding(counts(settled=8)), 3, "2 NOT ACCOUNTED FOR"),
        (compared_clock_finding(0, offset_seconds=None), 3, "not set"),
        (compared_clock_finding(parse_instant("2026-06-01T00:00:00Z"), offset_seconds=None), 0, "compares"),
        (compared_clock_finding(parse_instant("2026-06-01T00:00:00Z"), offset_seconds=-0.04), 0, "-0.04 s"),
        (
            compared_clock_finding(parse_instant("2026-06-01T00:00:00Z"), offset_seconds=90.0),
            3,
            "+90 s from it: set it",
        ),
        (plain_finding("http://127.0.0.1", is_loopback=True), 0, "on this machine"),
        (plain_finding("http://c", is_loopback=False), 3, "everyone on the way to http://c"),
        (
            certificate_finding(version="TLSv1.3", where="of c", seconds_left=60 * DAY),
            0,
            "TLSv1.3, the certificate of c is valid for 60",
        ),
        (certificate_finding(version="TLSv1.3", where="of c", seconds_left=13 * DAY), 3, "renew"),
    ],
    ids=lambda value: value.words if isinstance(value, Finding) else None,
)
def test_each_line_says_what_is_and_whether_somebody_should_look(finding: Finding, code: int, words: str) -> None:
    """Code 3 is "works, but look"; what breaks delivery has the code of its kind."""

    assert code == finding.exit_code
    assert words in finding.words


@pytest.mark.parametrize(
    ("attempt", "code", "words"),
    [
        (Answered(200, "application/json", None, ZEROS), 0, "accepts our token"),
        (Answered(200, "text/html", None, b"<html>"), 5, "without a receipt"),
        (Answered(401, "text/plain", None, b""), 4, "does not accept our token"),
        (Answered(403, "text/plain", None, b""), 4, "does not allow"),
        (Answered(404, "text/plain", None, b""), 5, "collector.url"),
        (Answered(301, "text/plain", None, b""), 5, "redirects"),
        (Answered(503, "text/plain", None, b""), 5, "503"),
        (NoAnswer("token_file", "no such file"), 4, "no such file"),
        (NoAnswer("refused", "127.0.0.1:9"), 5, "127.0.0.1:9"),
    ],
    ids=str,
)
def test_only_a_collector_that_takes_an_empty_list_accepts_us(attempt: Attempt, code: int, words: str) -> None:
    """The same verdicts as the agent's own, so the words are the same as in its status."""
    finding = token_finding(attempt, has_token=True, now=START)

    assert code == finding.exit_code
    assert words in finding.words


async def take_nothing(request: web.Request) -> web.Response:
    """Answer an empty list as a collector does."""
    await request.read()
    return web.Response(body=ZEROS, content_type="application/json")


@asynccontextmanager
async def served(tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A collector that accepts everybody; gives its address by the name localhost."""
    app = web.Application()
    app.router.add_post("/api/app/", take_nothing)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "localhost", 0, ssl_context=tls).start()
    try:
        yield f"{'https' if tls else 'http'}://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def settings(url: str, **flags: object) -> AgentSettings:
    """Settings for a collector."""
    given = {"collector.url": url} | {f"collector.{name}": value for name, value in flags.items()}
    return load_settings(AgentSettings, prefix="NOBODY_", file=None, flags=given)


def tls_of(authority: trustme.CA, *, days: int, name: str = "localhost") -> ssl.SSLContext:
    """The TLS side of a server whose certificate is valid for so many days more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ends_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    authority.issue_cert(name, not_before=dt.datetime(2020, 1, 1), not_after=ends_at).configure_cert(context)  # noqa: DTZ001 - as it wants it
    return context


@pytest.mark.parametrize(
    ("days", "name", "codes", "words"),
    [
        (60, "localhost", [0, 0, 0], "valid for 60 days"),
        (5, "localhost", [0, 3, 0], "renew it"),
        (-5, "localhost", [0, 5, 3], "certificate has expired"),
        (60, "other.example", [0, 5, 3], "Hostname mismatch"),
    ],
    ids=["valid", "ends soon", "has ended", "another name"],
)
async def test_the_way_is_tried_step_by_step_as_far_as_it_goes(
    tmp_path: Path, *, days: int, name: str, codes: list[int], words: str
) -> None:
    """Name, TLS, token; what comes after a failure is not tried and says so."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with served(tls_of(authority, days=days, name=name)) as url:
        found = await look_at_collector(settings(url, ca_file=str(tmp_path / "ca.pem")), clock=SystemClock())

    assert ["dns", "tls", "token"] == [finding.what for finding in found]
    assert codes == [finding.exit_code for finding in found]
    assert words in found[1].words


async def test_a_port_without_tls_is_named() -> None:
    """https was said, http is spoken: in the words of the agent's own status, with what to write instead."""
    async with served() as url:
        found = await look_at_collector(settings(url.replace("http:", "https:")), clock=SystemClock())

    assert [0, 5, 3] == [finding.exit_code for finding in found]
    assert "the collector's port speaks http and collector.url says https" in found[1].words
    assert "write http://" in found[1].words


async def test_a_name_that_nobody_knows_ends_the_look() -> None:
    """`.invalid` never exists (RFC 2606)."""
    found = await look_at_collector(settings("https://collector.invalid"), clock=SystemClock())

    assert [("dns", 5), ("tls", 3), ("token", 3)] == [(finding.what, finding.exit_code) for finding in found]
    assert found[0].words.startswith("collector.invalid: ")
