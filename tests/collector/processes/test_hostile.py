"""Hundreds of hostile requests and a hundred slow ones at a real collector, while somebody else asks an honest question.

The honest question shall take no more than 100 ms *beyond what it takes of a second collector that nobody attacks*, asked in
the same moments on the same machine: so the bound holds on a machine that is busy with something else, and only there allows
more than 100 ms in all. Half of the answers are held to just that. Nine in ten of them are held to it with the 100 ms
stretched by as much as a fixed piece of work takes longer than the time it has the processor, measured meanwhile: that is 1 on
a machine with a core to spare. The slowest has to come within two seconds, stretched likewise. Of the moments in which the
machine has room, which the other collector shows by an answer within 10 ms, nine in ten are held to 100 ms in all, with no allowance but that stretch.
"""

import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import aiohttp
import pytest

from shared.http_body import STALL_SECONDS
from tests.collector.processes.hostile import all_of_them, full_batch
from tests.collector.processes.hostile_requests import Hostile
from tests.collector.processes.hostile_values import FORMULAS
from tests.support.programs import LISTENING, Program, command, running

pytestmark = pytest.mark.processes

AT_ONCE = 6
SLOW = 80
PATIENCE_SECONDS = 15
"""For what is never whole, the collector's own is at an end before."""
MOST_MEMORY_KB = 64 * 1024
MOST_SECONDS = 0.1
ROOM_SECONDS = 0.01
"""The answer of a collector that nobody attacks takes less than half of that on a machine with a core to spare."""
LEAST_MOMENTS = 20
WORK_SECONDS = 0.01
_STATUS = re.compile(rb"(?:^|\n)HTTP/1\.[01] ([0-9]{3}) ")


@dataclass
class Attacked:
    """What came of it."""

    answers: dict[str, list[int]] = field(default_factory=dict)
    honest: list[float] = field(default_factory=list)
    elsewhere: list[float] = field(default_factory=list)
    stretches: list[float] = field(default_factory=list)

    @property
    def in_room(self) -> list[float]:
        """What the honest question took in moments in which the machine had room."""
        return [one for one, other in zip(self.honest, self.elsewhere, strict=True) if other <= ROOM_SECONDS]


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[str, Program, str, str]]:
    """Run a collector that takes as many requests as come; give its address, and the tokens of a camera and a supervisor."""
    file = folder / "collector.db"
    _write(folder / "collector.toml", "camera_requests_per_second = 10000\nreader_requests_per_second = 10000\n")
    added = await command("collector", "cameras", "add", "cam-1", "--database", str(file))
    password = ("--password-stdin", "--role", "supervisor", "--database", str(file))
    await command("collector", "users", "add", "amit", *password, stdin=b"correct horse battery\n")
    arguments = ("--config", str(folder / "collector.toml"), "--database", str(file), "--listen", "127.0.0.1:0")
    async with running("collector", "serve", *arguments, log=folder / "log") as program:
        url = await program.line_with(LISTENING)
        form = {"name": "amit", "password": "correct horse battery"}
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.post(f"{url}/login", data=form, allow_redirects=False) as answer,
        ):
            supervisor = answer.cookies["lineside"].value
        yield url, program, added.out.strip(), supervisor


async def sent(url: str, one: Hostile) -> list[int]:
    """Return the statuses of all answers on one connection; [0] if it ended without any."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    content = bytearray()

    async def read() -> None:
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(65_536):
                content.extend(piece)

    reading = asyncio.create_task(read())
    try:
        with contextlib.suppress(ConnectionError):  # refused before all of it was read
            writer.write(one.content)
            await writer.drain()
        await asyncio.wait([reading], timeout=PATIENCE_SECONDS)
    finally:
        reading.cancel()
        writer.close()
    return [int(status) for status in _STATUS.findall(content)] or [0]


async def asked(session: aiohttp.ClientSession, url: str, token: str) -> float:
    """Return how many seconds an honest question takes."""
    begun = time.perf_counter()
    async with session.get(f"{url}/api/metrics/factory/", headers={"Authorization": f"Bearer {token}"}) as answer:
        assert 200 == answer.status
        await answer.read()
    return time.perf_counter() - begun


async def drip(url: str, number: int) -> float:
    """Send a head that never ends, a line at a time, until the collector has had enough; return after how many seconds."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    begun = time.perf_counter()
    try:
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        for line in range(1_000):
            writer.write(b"X-%d: %d\r\n" % (line, number))
            try:
                await asyncio.wait_for(reader.read(1), 1)
                break
            except TimeoutError:
                continue
    except ConnectionError:
        pass
    finally:
        writer.close()
    return time.perf_counter() - begun


async def drip_body(url: str, token: str) -> tuple[bytes, float]:
    """Send a body a byte at a time; return the first line of the answer, and after how many seconds it came."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    begun = time.perf_counter()
    answer = asyncio.create_task(reader.readline())
    try:
        writer.write(
            b"POST /api/app/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000\r\nAuthorization: Bearer " + token.encode() + b"\r\n\r\n["
        )
        while not (await asyncio.wait([answer], timeout=1))[0]:
            writer.write(b" ")
        return await answer, time.perf_counter() - begun
    finally:
        writer.close()


def stretch() -> float:
    """Return how many times as long a piece of work takes as it has the processor."""
    begun, had = time.perf_counter(), time.thread_time()
    number = 0
    while time.thread_time() - had < WORK_SECONDS:
        number += 1
    return (time.perf_counter() - begun) / WORK_SECONDS


def most_of(seconds: list[float]) -> float:
    """Return how long nine in ten of them took at most."""
    return sorted(seconds)[len(seconds) * 9 // 10]


def peak_kb(pid: int) -> int:
    """Return the most memory that a process has had."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0])


async def attacked(url: str, attempts: list[Hostile], *, token: str, quiet: tuple[str, str]) -> Attacked:
    """Make all attempts, some at once, and ask the honest question of both collectors meanwhile."""
    found, waiting = Attacked(), asyncio.Queue[Hostile]()
    for one in attempts:
        waiting.put_nowait(one)

    async def attack() -> None:
        while not waiting.empty():
            one = waiting.get_nowait()
            statuses = await sent(url, one)
            while statuses == [429] != [one.status]:  # the token's other bodies take all its room: it comes again
                await asyncio.sleep(0.2)
                statuses = await sent(url, one)
            found.answers[one.name] = statuses

    async def ask() -> None:
        async with aiohttp.ClientSession() as session:
            while not all(task.done() for task in attacks):
                honest, elsewhere = await asyncio.gather(asked(session, url, token), asked(session, *quiet))
                found.honest.append(honest)
                found.elsewhere.append(elsewhere)
                if len(found.honest) % 5 == 0:
                    found.stretches.append(await asyncio.to_thread(stretch))

    attacks = [asyncio.create_task(attack()) for _ in range(AT_ONCE)]
    await asyncio.gather(ask(), *attacks)
    return found


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "slow_bodies", [pytest.param(0, id="heads"), pytest.param(8, id="bodies", marks=pytest.mark.gauntlet)]
)
async def test_hostile_input_is_refused_and_others_are_answered_meanwhile(tmp_path: Path, slow_bodies: int) -> None:
    """Each attempt gets a documented 4xx, is led to the login, or is stored as harmless text; memory, log and database stay as they should be."""
    async with (
        served(tmp_path / "a") as (url, program, agent, supervisor),
        served(tmp_path / "b") as (other, _, _, reader),
    ):
        attempts = all_of_them(agent=agent, supervisor=supervisor)
        async with aiohttp.ClientSession() as session:
            for _ in range(20):
                await asked(session, url, supervisor)
        await sent(url, full_batch(agent))  # what it needs for honest work is no part of what the attempts cost
        _write(Path(f"/proc/{program.process.pid}/clear_refs"), "5")  # the peak is counted from here on
        before = peak_kb(program.process.pid)
        slow = [asyncio.create_task(drip(url, number)) for number in range(SLOW)]
        bodies = [asyncio.create_task(drip_body(url, agent)) for _ in range(slow_bodies)]
        found = await attacked(url, attempts, token=supervisor, quiet=(other, reader))
        after = peak_kb(program.process.pid)
        ended = await asyncio.gather(*slow)
        given_up = await asyncio.gather(*bodies)
        csv = await text_of(f"{url}/api/events.csv", supervisor)

    assert len(attempts) >= 200
    wrong = {one.name: found.answers[one.name] for one in attempts if not _is_documented(one, found.answers[one.name])}
    assert {} == wrong
    assert after - before <= MOST_MEMORY_KB
    assert median(found.honest) <= MOST_SECONDS + median(found.elsewhere)
    stretched = max(1.0, median(found.stretches))
    assert len(found.in_room) < LEAST_MOMENTS or most_of(found.in_room) <= MOST_SECONDS * stretched
    assert most_of(found.honest) <= MOST_SECONDS * stretched + most_of(found.elsewhere)
    assert max(found.honest) <= 2 * stretched + max(found.elsewhere)
    assert max(ended) <= 40  # 10 s, and what a machine that is busy adds
    assert [b"HTTP/1.1 408 Request Timeout\r\n"] * slow_bodies == [line for line, _ in given_up]
    assert [] == [seconds for _, seconds in given_up if not STALL_SECONDS <= seconds <= STALL_SECONDS + 30]
    log = (tmp_path / "a" / "log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert len(log.splitlines()) < 20
    assert [] == [cell for cell in FORMULAS if re.search(rf"(^|,)\"?{re.escape(cell[:4])}", csv, re.MULTILINE)]
    verified = await command("collector", "db", "verify", "--database", str(tmp_path / "a" / "collector.db"))
    assert 0 == verified.code, verified.out + verified.err


async def text_of(url: str, token: str) -> str:
    """Return what stands at an address."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers={"Authorization": f"Bearer {token}"}) as answer,
    ):
        return await answer.text()


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _is_documented(one: Hostile, statuses: list[int]) -> bool:
    """Say whether there was one answer, and the one that is documented."""
    return statuses == [one.status]


def test_there_is_an_attempt_of_every_kind_that_is_promised() -> None:
    """Bombs unpack to a gigabyte, and nothing is listed twice."""
    attempts = all_of_them(agent="lsc_a", supervisor="lss_b")
    names = [one.name for one in attempts]

    assert len(set(names)) == len(names) >= 200
    assert json.dumps("\ud800")  # what is sent as a lone surrogate is one
