"""Whoever only holds on to connections keeps no camera out: a port scanner, a program that hangs, somebody who means harm."""

import http.client
import json
import resource
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.events import json_event
from tests.support.running_agent import JSON, RunningAgent

pytestmark = pytest.mark.processes

FILES = 160
"""That the agent may open: 60 connections."""
CROWD = 200
MOST_LOG_BYTES = 20_000


def test_a_crowd_that_says_nothing_keeps_no_producer_out(tmp_path: Path) -> None:
    """A producer's connection stays, a new one gets in, readiness is green, the log is short, and the agent ends well."""
    agent = RunningAgent(tmp_path)
    with ExitStack() as stack:
        stack.callback(agent.end)
        agent.start(prepare=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES)))
        host, port = agent.url.removeprefix("http://").split(":")
        producer = http.client.HTTPConnection(host, int(port), timeout=30)
        stack.callback(producer.close)
        before = posted(producer, 1)
        for number in range(CROWD):
            stranger = stack.enter_context(socket.create_connection((host, int(port)), timeout=30))
            stranger.sendall(b"POST /api/app/ HTTP/1.1\r\n" if number % 2 else b"")
        told = agent.post(json_event(2))
        ready = agent.ask("GET", "/readyz")
        log = (tmp_path / "log-1").read_text()

        assert (200, 200, 200) == (before, posted(producer, 3), told.status)
        assert (3, 200) == (agent.status()["last_seq"], ready.status)
        assert len(log) < MOST_LOG_BYTES
        assert 0 == agent.stop()


def posted(producer: http.client.HTTPConnection, number: int) -> int:
    """Post an event on a connection that stays open; return the status."""
    producer.request("POST", "/api/app/", body=json.dumps(json_event(number)), headers={"Content-Type": JSON})
    answer = producer.getresponse()
    answer.read()
    return answer.status
