"""A crowd that nobody knows holds on to all connections there are, in every way there is, at a real collector."""

import contextlib
import time
from pathlib import Path

import aiohttp
import pytest

from tests.collector.processes.test_hostile import MOST_MEMORY_KB, peak_kb, served
from tests.support.collector import JSON, item
from tests.support.crowd import crowd

pytestmark = pytest.mark.processes

STRANGERS = 1_500
"""Half as many again as there are places."""
POSTS = 8
WITHIN_SECONDS = 5.0
"""Of each post of a camera that comes anew; without anybody else it takes some milliseconds."""
STOP_SECONDS = 10.0
"""What is said of the collector's stop in docs/operations.md; nobody who is known waits for anything, so it takes no more."""


async def posted(url: str, token: str, *, minute: int) -> float:
    """Return how long a camera that has no connection yet takes to deliver an event; like an agent, it tries again."""
    began = time.monotonic()
    headers, event = JSON | {"Authorization": f"Bearer {token}"}, item(f"10:{minute:02}", "W1", "working")
    while time.monotonic() - began <= WITHIN_SECONDS:
        with contextlib.suppress(aiohttp.ClientConnectionError):
            async with (
                aiohttp.ClientSession() as session,
                session.post(f"{url}/api/app/", json=event, headers=headers) as answer,
            ):
                assert 200 == answer.status, await answer.text()
                break
    return time.monotonic() - began


@pytest.mark.timeout(180)
async def test_a_crowd_keeps_no_camera_out(tmp_path: Path) -> None:
    """Whoever shows a good token is served within seconds, memory stays bounded, and SIGTERM ends it all in time."""
    async with served(tmp_path) as (url, program, agent, _):
        await posted(url, agent, minute=0)
        (Path("/proc") / str(program.process.pid) / "clear_refs").write_text("5")  # the peak is counted from here on
        before = peak_kb(program.process.pid)
        async with crowd(url, strangers=STRANGERS):
            taken = [await posted(url, agent, minute=1 + number) for number in range(POSTS)]
            after = peak_kb(program.process.pid)
            began = time.monotonic()
            program.process.terminate()
            code, _ = await program.ended(seconds=60)
            stopped = time.monotonic() - began
        log = (tmp_path / "log").read_text(encoding="utf-8")

    assert max(taken) <= WITHIN_SECONDS
    assert after - before <= MOST_MEMORY_KB
    assert (0, True) == (code, stopped <= STOP_SECONDS)
    assert "Traceback" not in log
    assert len(log.splitlines()) < 20
