"""What the agent gave up is known at the collector: nothing is missing there without a reason."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.damage.test_full_disk import running_collector
from tests.support.events import json_event
from tests.support.programs import free_port
from tests.support.running_agent import RunningAgent, eventually

pytestmark = pytest.mark.processes

_SETTINGS = """
[buffer]
max_size = "1MiB"
when_full = "drop_oldest"
[delivery]
heartbeat = "1s"
[retry]
initial = "100ms"
max = "500ms"
"""


def missing(collector: str) -> list[int]:
    """What the collector misses of each camera."""
    with urllib.request.urlopen(f"{collector}/api/cameras/") as answer:  # noqa: S310 - loopback
        cameras: list[dict[str, Any]] = json.load(answer)
    return [camera["missing"] for camera in cameras]


def test_dropped_numbers_are_told_to_the_collector(tmp_path: Path) -> None:
    """Everything new was accepted, the oldest were given up, and the collector misses nothing in the end."""
    port = free_port()
    config = tmp_path / "agent.toml"
    config.write_text(_SETTINGS)
    agent = RunningAgent(tmp_path, collector=f"http://127.0.0.1:{port}")
    try:
        agent.start("--config", str(config))
        replies = {
            agent.post([json_event(number) for number in range(first, first + 500)]).status
            for first in range(0, 6_000, 500)
        }
        waiting = agent.status()["pending"]
        with running_collector(tmp_path, port) as collector:
            eventually(lambda: agent.status()["pending"] == 0, seconds=30)
            eventually(lambda: missing(collector) == [0], seconds=20)
        status = agent.status()
    finally:
        agent.end()

    assert ({200}, 6_000, 0) == (replies, status["last_seq"], status["unaccounted"])
    assert 0 < waiting < 6_000
