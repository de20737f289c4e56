"""What a running agent says of itself to those who watch it: readiness, metrics, systemd; also when a part of it hangs."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.events import json_event
from tests.support.held_thread import held, threads_of
from tests.support.notify_socket import NotifySocket, notify_socket
from tests.support.running_agent import RunningAgent, eventually, running_agent

pytestmark = pytest.mark.processes

WATCHDOG_SECONDS = 0.9


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NotifySocket]:
    """The service manager of every program that is started meanwhile; it wants a sign of life every 0.9 s."""
    with notify_socket(tmp_path) as listening:
        monkeypatch.setenv("NOTIFY_SOCKET", str(listening.path))
        monkeypatch.setenv("WATCHDOG_USEC", str(round(WATCHDOG_SECONDS * 1_000_000)))
        yield listening


def samples(agent: RunningAgent) -> dict[str, float]:
    """What it tells Prometheus, by name and labels; read by Prometheus' own parser."""
    text = agent.ask("GET", "/metrics").body.decode()
    return {
        one.name + "".join(f"{{{name}={value}}}" for name, value in sorted(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_systemd_hears_of_the_start_of_life_and_of_the_end(tmp_path: Path, manager: NotifySocket) -> None:
    """Asks for time while it opens the queue, ready once it listens, alive thrice a watchdog's time with a line on how it is, stopping at SIGTERM."""
    with running_agent(tmp_path) as agent:
        manager.wait_for(lambda: manager.pings >= 3)
        code = agent.stop()

    words = [message.splitlines() for message in manager.messages]
    assert (0, "EXTEND_TIMEOUT_USEC=90000000") == (code, words[0][0])
    assert [["READY=1"]] == [lines for lines in words if lines[0].startswith("READY")]
    assert ["WATCHDOG=1", "STATUS=retrying: nothing listens at the collector's address: 127.0.0.1:9"] in words
    assert ["STOPPING=1"] in words


def test_a_hung_log_thread_turns_readiness_red_and_ends_the_signs_of_life(
    tmp_path: Path, manager: NotifySocket
) -> None:
    """The process looks alive, but its disk hangs: systemd may restart it, and whoever asks is told, with what was last known."""
    with running_agent(tmp_path) as agent:
        agent.post([json_event(number) for number in range(1, 4)])
        manager.wait_for(lambda: manager.pings >= 2)
        ready_before = agent.ask("GET", "/readyz").status
        main, *others = threads_of(agent.pid)
        assert (agent.pid, 1) == (main, len(others)), "beside the loop there is one thread, the log's"
        with held(others[0]):
            eventually(lambda: agent.ask("GET", "/readyz").status == 503)
            pings = manager.pings
            told = agent.ask("GET", "/readyz").json["detail"]
            status, metrics = agent.status(), samples(agent)
            late = manager.pings
        eventually(lambda: agent.ask("GET", "/readyz").status == 200)
        manager.wait_for(lambda: manager.pings > late)

    assert (200, pings) == (ready_before, late)
    assert told.startswith("the queue's thread has not answered for ")
    assert (3, told[:30]) == (status["pending"], status["not_ready"][:30])
    assert (0.0, 3.0) == (metrics["edge_agent_ready"], metrics["edge_agent_buffer_events"])


def test_metrics_count_what_happens(tmp_path: Path) -> None:
    """Events taken and refused, requests and their answers, the queue and the audit; readable by Prometheus."""
    with running_agent(tmp_path) as agent:
        agent.post([json_event(1), {"worker_id": "W1"}, json_event(2)])
        agent.post(b"{")
        eventually(lambda: samples(agent).get("edge_agent_requests_total{code=refused}", 0) >= 1)
        found = samples(agent)

    assert {
        "edge_agent_events_accepted_total": 2,
        "edge_agent_events_refused_total{code=missing_field}": 1,
        "edge_agent_intake_requests_total{code=200}": 1,
        "edge_agent_intake_requests_total{code=400}": 1,
        "edge_agent_buffer_commit_duration_seconds_count": 1,
        "edge_agent_buffer_events": 2,
        "edge_agent_events_unaccounted": 0,
        "edge_agent_destination_up": 0,
        "edge_agent_destination_paused{reason=token}": 0,
        "edge_agent_ready": 1,
    }.items() <= found.items()
    assert found["edge_agent_retries_total"] >= 1
    assert [] == [name for name in found if not name.startswith("edge_agent_") or "_created" in name]


def test_readiness_does_not_hang_on_a_collector_that_is_away(tmp_path: Path) -> None:
    """Keeping events meanwhile is what the agent is for."""
    with running_agent(tmp_path) as agent:
        eventually(lambda: agent.status()["state"] == "retrying")
        reply = agent.ask("GET", "/readyz")

    assert (200, {"status": "ready"}) == (reply.status, reply.json)


def test_without_a_service_manager_nothing_is_said(tmp_path: Path) -> None:
    """The agent of a terminal knows of no socket, and does not look for one."""

    assert "NOTIFY_SOCKET" not in os.environ
    with running_agent(tmp_path) as agent:
        code = agent.stop()
    assert 0 == code
    assert "service manager" not in (tmp_path / "log-1").read_text()
