"""The promise of the answer `accepted`: whatever ends the agent, that event is on disk, once, and nothing by halves."""

import resource
import socket
import threading
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

import pytest

from edge_agent.buffer.reader import LogReader
from shared.wire import decode_json
from tests.support.events import json_event
from tests.support.running_agent import RunningAgent, eventually

pytestmark = pytest.mark.processes

_KILLS = 4
_BATCH = 5


class Producer(threading.Thread):
    """Posts batches of five events as fast as they are taken, until the agent is gone; notes whose answer came."""

    def __init__(self, agent: RunningAgent, *, first: int) -> None:
        super().__init__()
        self._agent = agent
        self._next = first
        self.accepted: list[int] = []

    def run(self) -> None:
        """Post until nobody answers."""
        while True:
            numbers = list(range(self._next, self._next + _BATCH))
            self._next += _BATCH
            try:
                reply = self._agent.post([json_event(number) for number in numbers])
            except (OSError, HTTPException):
                return
            assert (200, _BATCH) == (reply.status, reply.json["accepted"])
            self.accepted += numbers


def stored(agent: RunningAgent) -> list[int]:
    """The numbers of the events in the queue, in order."""
    with LogReader(agent.data_dir) as reader:
        entries = reader.entries(from_at=None, to_at=None, state="all", after_seq=0, most=1_000_000)
    return [int(decode_json(entry.payload)["worker_id"][1:]) for entry in entries]


def test_every_acknowledged_event_survives_a_kill(tmp_path: Path) -> None:
    """SIGKILL in the midst of four producers' posts, again and again; bodies are whole or absent."""
    agent = RunningAgent(tmp_path)
    accepted: list[int] = []
    try:
        for kill in range(_KILLS):
            agent.start()
            producers = [Producer(agent, first=kill * 1_000_000 + place * 100_000) for place in range(4)]
            for producer in producers:
                producer.start()
            eventually(lambda: all(len(producer.accepted) > 50 for producer in producers))  # noqa: B023
            agent.kill()
            for producer in producers:
                producer.join()
                accepted += producer.accepted
        agent.start()
        status = agent.status()
    finally:
        agent.end()
    found = stored(agent)

    assert set() == set(accepted) - set(found)
    assert len(found) == len(set(found)) == status["last_seq"] == status["pending"]
    assert 0 == len(found) % _BATCH
    assert all(
        found[place : place + _BATCH] == list(range(found[place], found[place] + _BATCH)) for place in _whole(found)
    )


def _whole(found: list[int]) -> range:
    return range(0, len(found), _BATCH)


def test_a_clean_stop_keeps_everything_under_one_epoch(tmp_path: Path) -> None:
    """SIGTERM ends it with 0 and leaves one file beside the lock and the reserve."""
    agent = RunningAgent(tmp_path)
    try:
        agent.start()
        agent.post([json_event(number) for number in range(10)])
        before = agent.status()
        code = agent.stop()
        left = sorted(file.name for file in agent.data_dir.iterdir())
        agent.start()
        after = agent.status()
    finally:
        agent.end()

    assert (0, ["agent.lock", "queue.db", "reserve"]) == (code, left)
    assert (before["epoch"], 10, 10) == (after["epoch"], after["last_seq"], after["pending"])


def test_a_body_that_drips_does_not_keep_the_agent_from_stopping(tmp_path: Path) -> None:
    """It gets five seconds, and nothing of it was acknowledged."""
    agent = RunningAgent(tmp_path)
    try:
        agent.start()
        host, _, port = agent.url.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port))) as connection:
            head = f"POST /api/app/ HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n["
            connection.sendall(head.encode())
            agent.post(json_event(1))
            code = agent.stop()
    finally:
        agent.end()

    assert (0, [1]) == (code, stored(agent))


def allow_files_of(size_bytes: int) -> Callable[[], None]:
    """Make the writes of a new process fail once a file has this size, as a broken disk's would."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))


def test_what_a_failing_disk_did_not_take_was_not_acknowledged(tmp_path: Path) -> None:
    """5xx, a health check that says so, and after a start on a sound disk exactly what had been accepted."""
    agent = RunningAgent(tmp_path)
    accepted: list[int] = []
    try:
        agent.start(prepare=allow_files_of(400_000))
        while (reply := agent.post(_fifty(len(accepted)))).status == 200:
            accepted += range(len(accepted), len(accepted) + 50)
        health = agent.ask("GET", "/healthz")
        agent.kill()
        agent.start()
        again = agent.post(json_event(999_999))
    finally:
        agent.end()

    assert 500 <= reply.status
    assert "queue.db" in reply.json["error"]
    assert 503 == health.status
    assert accepted
    assert (200, [*accepted, 999_999]) == (again.status, stored(agent))


def _fifty(first: int) -> list[dict[str, object]]:
    return [json_event(number) for number in range(first, first + 50)]
