"""The running agent and a collector that lies: everything over real sockets, nothing lost, nothing given up in error."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlite_utils.utils import sqlite3

from edge_agent.buffer.log import EventLog
from edge_agent.buffer.schema import QUEUE_FILE
from tests.support.events import json_event
from tests.support.fake_clock import FakeClock
from tests.support.flaky_collector import (
    Answer,
    FlakyCollector,
    captive_portal,
    flaky_collector,
    of_another_batch,
    redirect,
    refusing,
    status,
    stored_then_silent,
    taking_at_most,
    until,
)
from tests.support.programs import Program, command, edge_agent, running
from tests.support.running_agent import NOBODY

pytestmark = pytest.mark.processes


@dataclass
class Line:
    """A running agent between a test and a collector."""

    collector: FlakyCollector
    program: Program
    url: str
    session: aiohttp.ClientSession

    async def post(self, first: int, last: int) -> None:
        """Post events; they are on disk when this returns."""
        batch = [json_event(number) for number in range(first, last + 1)]
        async with self.session.post(f"{self.url}/api/app/", json=batch) as response:
            answer = await response.json()
            assert (200, len(batch)) == (response.status, answer.get("accepted")), answer

    async def status(self) -> dict[str, Any]:
        """What the agent says of itself."""
        async with self.session.get(f"{self.url}/status") as response:
            told: dict[str, Any] = await response.json()
            return told

    async def until_status(self, **wanted: object) -> dict[str, Any]:
        """Return the status once it says what is wanted."""
        return await self.until_told(lambda told: wanted.items() <= told.items())

    async def until_cause(self, words: str) -> dict[str, Any]:
        """Return the first status whose cause holds these words."""
        return await self.until_told(lambda told: words in (told["cause"] or ""))

    async def until_told(self, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first status of which something is so."""
        async with asyncio.timeout(20):
            while not is_so(told := await self.status()):  # noqa: ASYNC110 - the agent is another process
                await asyncio.sleep(0.02)
        return told


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent of a test tries again soon."""
    for key, value in {"INITIAL": "100ms", "MAX": "200ms", "PAUSE": "200ms"}.items():
        monkeypatch.setenv(f"EDGE_AGENT_RETRY__{key}", value)
    monkeypatch.setenv("EDGE_AGENT_DELIVERY__HEARTBEAT", "1s")


@asynccontextmanager
async def line(folder: Path, collector: FlakyCollector) -> AsyncIterator[Line]:
    """Start an agent that delivers to the collector."""
    async with (
        edge_agent(folder / "queue", collector=collector.url) as (url, program),
        aiohttp.ClientSession() as session,
    ):
        yield Line(collector, program, url, session)


LIES: list[tuple[Answer, str]] = [
    (captive_portal, "without a receipt"),
    (of_another_batch, "another batch"),
    (status(503, headers={"Retry-After": "1"}), "503"),
    (stored_then_silent, "broke"),
    (status(401), "our token"),
    (redirect, "redirects"),
]


async def test_no_lie_makes_the_agent_forget_an_event(tmp_path: Path) -> None:
    """A portal, a foreign receipt, a busy server, a cut answer, a lost token, a redirect: each is named, none is believed."""
    async with flaky_collector() as collector, line(tmp_path, collector) as run:
        await run.until_status(state="ok")
        for index, (lie, words) in enumerate(LIES):
            collector.always = lie
            await run.post(index * 10 + 1, index * 10 + 10)
            told = await run.until_cause(words)
            assert 10 * (index + 1) == told["pending"]
        collector.always = FlakyCollector().always
        told = await run.until_status(state="ok", pending=0)

    assert (60, 60, 0, 0) == (told["last_seq"], told["settled"], told["dead"], told["unaccounted"])
    assert list(range(1, 61)) == collector.numbers
    assert (20, 40) == (told["accepted"], told["duplicates"])
    assert [json_event(n)["worker_id"] for n in range(1, 61)] == [
        event["worker_id"] for _, event in sorted(collector.stored.items(), key=lambda item: item[0][1])
    ]


async def test_a_batch_that_is_refused_is_taken_apart(tmp_path: Path) -> None:
    """413 halves it; 400 finds the one event that is wrong, which is the only one given up."""
    async with flaky_collector() as collector, line(tmp_path, collector) as run:
        collector.always = taking_at_most(30)
        await run.post(1, 100)
        await run.until_status(state="ok", pending=0, settled=100)
        collector.always = refusing(lambda event: event["worker_id"] == "W150")
        await run.post(101, 200)
        told = await run.until_status(state="ok", pending=0)

    assert (199, 1, 0) == (told["settled"], told["dead"], told["unaccounted"])
    assert sorted({*range(1, 201)} - {150}) == collector.numbers


async def test_an_agent_that_is_killed_between_receipt_and_commit_sends_twice_and_loses_nothing(tmp_path: Path) -> None:
    """What the collector had already is a duplicate; numbers of before the kill keep their epoch."""
    async with flaky_collector() as collector:
        async with line(tmp_path, collector) as run:
            await run.until_status(state="ok")
            collector.always = stored_then_silent
            await run.post(1, 50)
            await until(lambda: len(collector.stored) == 50)
            await run.program.kill()
        collector.always = FlakyCollector().always
        async with line(tmp_path, collector) as run:
            told = await run.until_status(state="ok", pending=0)

    assert (0, 50, 50) == (told["accepted"], told["duplicates"], told["settled"])
    assert list(range(1, 51)) == collector.numbers


async def test_a_signal_ends_the_agent_cleanly_also_while_the_collector_hangs(tmp_path: Path) -> None:
    """Exit code 0 within seconds, the socket gone, and the log closed so that its epoch goes on."""

    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            writer.close()

    collector = FlakyCollector()
    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        collector.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with line(tmp_path, collector) as run:
            await run.post(1, 5)
            before = await run.status()
            run.program.process.send_signal(signal.SIGTERM)
            code, _ = await run.program.ended(seconds=15)
    log = EventLog.open(tmp_path / "queue", clock=FakeClock())
    after = log.facts()
    log.close()

    assert (0, False) == (code, (tmp_path / "queue" / "control.sock").exists())
    assert (before["epoch"], ((1, 5),)) == (after.epochs[-1].token, after.pending)


async def test_ctrl_c_ends_the_agent_at_once(tmp_path: Path) -> None:
    """In its backoff there is nothing to wait for."""
    collector = FlakyCollector()
    collector.url = NOBODY
    async with line(tmp_path, collector) as run:
        await run.until_status(state="retrying")
        run.program.process.send_signal(signal.SIGINT)
        code, _ = await run.program.ended(seconds=4)

    assert 0 == code


async def test_the_control_socket_is_for_this_user_only(tmp_path: Path) -> None:
    """Its rights are 0600, and it speaks without being asked for a name."""
    async with flaky_collector() as collector, line(tmp_path, collector):
        socket = tmp_path / "queue" / "control.sock"
        rights = socket.stat().st_mode & 0o777
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket))) as session,
            session.get("http://anything/healthz") as response,
        ):
            told = await response.json()

    assert (0o600, {"status": "ok"}) == (rights, told)


async def test_a_replay_runs_beside_the_agent_and_counts_what_the_collector_says(tmp_path: Path) -> None:
    """To the agent's own collector all is there; to a new one all is new; with one that is away it gives up."""
    folder = str(tmp_path / "queue")
    async with flaky_collector() as collector, flaky_collector() as other:
        async with line(tmp_path, collector) as run:
            await run.post(1, 700)
            await run.until_status(pending=0, settled=700)
            same = await command("edge_agent", "replay", "--data-dir", folder)
            dry = await command(
                "edge_agent", "replay", "--data-dir", folder, "--dry-run", "--from", "2026-01-15T10:05:01Z"
            )
            told = await run.status()
        elsewhere = await command("edge_agent", "replay", "--data-dir", folder, "--collector", other.url, "--json")
        with closing(sqlite3.connect(tmp_path / "queue" / QUEUE_FILE)) as connection, connection:
            connection.execute("update event_log set payload = 'x' where seq between 2 and 4")
        damaged = await command("edge_agent", "replay", "--data-dir", folder)

    assert (0, "confirmed 700: new 0, already there 700 (of these in conflict 0), rejected 0\n") == (
        same.code,
        same.out,
    )
    assert "700 events (state all)" in same.err
    assert (0, "would send 400\n") == (dry.code, dry.out)
    assert 0 == told["unaccounted"]
    assert {
        "confirmed": 700,
        "new": 700,
        "already_there": 0,
        "in_conflict": 0,
        "rejected": 0,
        "damaged": 0,
    } == json.loads(elsewhere.out)
    assert list(range(1, 701)) == other.numbers
    assert 3 == damaged.code
    assert "confirmed 697" in damaged.out
    assert "3 events are damaged on disk and were not sent" in damaged.err


async def test_a_replay_that_cannot_go_on_says_what_was_done(tmp_path: Path) -> None:
    """Not authorised is 4; a foreign address in clear is refused before anything is sent; Ctrl-C is 130."""
    folder = str(tmp_path / "queue")
    async with flaky_collector() as collector:
        async with line(tmp_path, collector) as run:
            await run.post(1, 600)
            await run.until_status(pending=0)
        collector.script = [collector.always, status(401)]
        refused = await command("edge_agent", "replay", "--data-dir", folder)
        clear = await command("edge_agent", "replay", "--data-dir", folder, "--collector", "http://collector.example")
        nothing = await command("edge_agent", "replay", "--data-dir", str(tmp_path / "elsewhere"))

    assert (4, "confirmed 500: new 0, already there 500 (of these in conflict 0), rejected 0\n") == (
        refused.code,
        refused.out,
    )
    assert "does not accept our token" in refused.err
    assert (2, "") == (clear.code, clear.out)
    assert "--allow-insecure" in clear.err
    assert 1 == nothing.code
    assert "there is no queue" in nothing.err


async def test_an_interrupted_replay_says_how_far_it_came(tmp_path: Path) -> None:
    """Ctrl-C prints the tally so far and ends with 130."""
    folder = tmp_path / "queue"
    async with flaky_collector() as collector:
        async with line(tmp_path, collector) as run:
            await run.post(1, 50)
            await run.until_status(pending=0)
        requests = len(collector.received)
        log = tmp_path / "replay.log"
        async with running("edge_agent", "replay", "--data-dir", str(folder), "--rate", "5", log=log) as replay:
            await until(lambda: len(collector.received) >= requests + 2)
            replay.process.send_signal(signal.SIGINT)
            code, out = await replay.ended(seconds=15)

    assert 130 == code
    assert out.startswith("confirmed ")
    assert "new 0" in out
