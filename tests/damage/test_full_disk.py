"""A really full file system, with the real programs: what was taken is safe, drains, survives a restart; then all is as before."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge_agent.buffer.log import EventLog
from edge_agent.buffer.space import Limits, free_disk_bytes
from tests.support.disks import fill_up, small_disk
from tests.support.events import events, json_event
from tests.support.fake_clock import FakeClock
from tests.support.programs import LISTENING, ROOT, free_port
from tests.support.running_agent import RunningAgent, ended, eventually

pytestmark = pytest.mark.processes

MIB = 1024 * 1024
_BATCH = 500
_SETTINGS = """
[buffer]
min_free_disk = "1MiB"
reserve_size = "6MiB"
[delivery]
heartbeat = "1s"
[retry]
initial = "100ms"
max = "500ms"
"""


@contextmanager
def running_collector(folder: Path, port: int) -> Iterator[str]:
    """A real collector on a disk that has room."""
    arguments = ["collector", "serve", "--database", str(folder / "collector.db"), "--listen", f"127.0.0.1:{port}"]
    with (
        (folder / "collector.log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            assert LISTENING in process.stdout.readline()
            yield f"http://127.0.0.1:{port}"
        finally:
            ended(process)


def stored(collector: str) -> set[str]:
    """The workers of all stored events: each event has its own."""
    found: set[str] = set()
    after = ""
    while True:
        with urllib.request.urlopen(f"{collector}/api/events/?limit=10000{after}") as answer:  # noqa: S310 - loopback
            page: dict[str, Any] = json.load(answer)
        found |= {event["worker_id"] for event in page["events"]}
        if not page.get("next"):
            return found
        after = f"&after={page['next']}"


class Producer:
    """Posts events and remembers which were accepted."""

    def __init__(self, agent: RunningAgent) -> None:
        self.agent = agent
        self.accepted: set[str] = set()
        self._next = 1

    def post(self, *, events: int = _BATCH) -> int:
        """Post so many new events, and return the status; what was refused is posted again the next time."""
        batch = [json_event(number) for number in range(self._next, self._next + events)]
        self.reply = self.agent.post(batch)
        if self.reply.status == 200:
            self._next += events
            self.accepted |= {str(event["worker_id"]) for event in batch}
        return self.reply.status

    def post_until_full(self) -> None:
        """Post until the agent refuses."""
        while self.post() == 200:
            assert len(self.accepted) < 200_000


def test_with_drop_oldest_a_full_disk_takes_new_events_for_old_ones(tmp_path: Path) -> None:
    """Only as many old ones go as come in, for more would make no room; each of them is numbered."""
    limits = Limits(min_free_disk_bytes=2 * MIB, reserve_bytes=6 * MIB, when_full="drop_oldest")
    with (
        small_disk(tmp_path / "small", size_bytes=12 * MIB) as folder,
        closing(EventLog.open(folder, clock=FakeClock(), limits=limits)) as log,
    ):
        while free_disk_bytes(folder) > 2 * MIB:
            log.append(events(1, 200))
        before = log.counts()
        fill_up(folder)
        for _ in range(30):
            log.append(events(1, 200))
        counts = log.counts()

    assert (before.last_seq + 6_000, 0) == (counts.last_seq, counts.unaccounted)
    assert 0 < counts.dropped <= 12_000
    assert counts.pending == counts.last_seq - counts.dropped


def test_on_a_full_disk_nothing_is_lost_everything_drains_and_room_mends_it(tmp_path: Path) -> None:
    """The whole story: 507, a kill and a restart without a free byte, green and taking again once there is room, full again, the drain."""
    port = free_port()
    config = tmp_path / "agent.toml"
    config.write_text(_SETTINGS)
    agent = RunningAgent(tmp_path, collector=f"http://127.0.0.1:{port}")
    reserve = agent.data_dir / "reserve"
    with small_disk(agent.data_dir, size_bytes=11 * MIB):
        try:
            agent.start("--config", str(config))
            producer = Producer(agent)
            producer.post_until_full()
            refusal, had_reserve = producer.reply, reserve.exists()
            ballast = fill_up(agent.data_dir)
            agent.kill()
            agent.start("--config", str(config))
            kept = agent.status()["pending"] == len(producer.accepted)
            fill_up(agent.data_dir)  # the start has folded the log, which made room
            refused_again = producer.post()
            red = [agent.ask("GET", path).status for path in ("/readyz", "/healthz")]
            ballast.unlink()
            eventually(lambda: agent.ask("GET", "/readyz").status == 200, seconds=20)
            green = [agent.ask("GET", path).status for path in ("/readyz", "/healthz")]
            mended = (producer.post(events=1), reserve.exists())
            producer.post_until_full()
            fill_up(agent.data_dir)
            with running_collector(tmp_path, port) as collector:
                eventually(lambda: agent.status()["pending"] == 0, seconds=60)
                drained = stored(collector)
                eventually(lambda: producer.post() == 200)
                eventually(lambda: agent.status()["pending"] == 0)
                after, finally_stored = agent.status(), stored(collector)
            code = agent.stop()
        finally:
            agent.end()

    assert (507, True, True) == (refusal.status, "Retry-After" in refusal.headers, had_reserve)
    assert (True, 507) == (kept, refused_again)
    assert "the reserve is given up" in "".join(log.read_text() for log in tmp_path.glob("log-*"))
    assert ([503, 503], [200, 200]) == (red, green)
    assert (200, True) == mended
    assert len(producer.accepted) - _BATCH == len(drained)
    assert producer.accepted == finally_stored
    assert (0, 0, 0) == (after["unaccounted"], after["dead"], code)
