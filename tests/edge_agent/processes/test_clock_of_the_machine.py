"""A real agent on a machine whose wall clock jumps, hours and years, and says 1970 after the boot; by libfaketime.

Where that library is not on the machine (Debian: faketime), a skip says so.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.events import json_event
from tests.support.programs import collector, free_port
from tests.support.running_agent import RunningAgent, eventually
from tests.support.wall_clock import WallClock, set_by_tests

pytestmark = pytest.mark.processes

YEAR = 365 * 86_400
MOMENT = 40.0
"""Much longer than any wait in these settings, on a busy machine too, and much less than any jump."""
SETTINGS = """
[retry]
initial = "1s"
max = "2s"
"""


@pytest.fixture
def wall_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WallClock:
    """The clock of every program that is started from now on."""
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    return set_by_tests(monkeypatch, tmp_path)


@pytest.fixture
def agent(tmp_path: Path, wall_clock: WallClock) -> Iterator[RunningAgent]:
    """An agent that tries again soon, not started yet."""
    (tmp_path / "agent.toml").write_text(SETTINGS)
    made = RunningAgent(tmp_path)
    try:
        yield made
    finally:
        made.end()


async def test_no_jump_of_the_clock_holds_anything_up_or_changes_an_event(
    tmp_path: Path, agent: RunningAgent, wall_clock: WallClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retries come in their time after each jump, a boot in 1970 delivers, and every event is stored as it was sent."""
    port = free_port()
    agent.collector = f"http://127.0.0.1:{port}"
    agent.start("--config", str(tmp_path / "agent.toml"))
    for number, ahead in enumerate((-3_600, 2 * YEAR, -round(time.time())), 1):
        wall_clock.is_ahead(ahead)
        assert 200 == agent.post([json_event(number)]).status
        tries = tried(agent)
        eventually(lambda before=tries: tried(agent) >= before + 2, seconds=MOMENT)  # type: ignore[misc]
    assert 0 == agent.stop()
    agent.start("--config", str(tmp_path / "agent.toml"))
    assert 200 == agent.post([json_event(4)]).status
    monkeypatch.delenv("LD_PRELOAD")
    async with collector(tmp_path / "collector.db", port=port) as (url, _):
        eventually(lambda: agent.status()["pending"] == 0, seconds=MOMENT)
        told = agent.status()
        async with aiohttp.ClientSession() as session, session.get(f"{url}/api/events/") as answer:
            stored = (await answer.json())["events"]

    sent = sorted(str(json_event(number)["timestamp"]) for number in range(1, 5))
    assert sent == sorted(one["timestamp"] for one in stored)
    assert (4, 0, 0) == (told["settled"], told["dead"], told["unaccounted"])
    assert told["clock_offset_seconds"] > 50 * YEAR


def tried(agent: RunningAgent) -> float:
    """How often it has called the collector."""
    lines = agent.ask("GET", "/metrics").body.decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("edge_agent_requests_total{"))
