"""The client of the camera's own process against the real agent: order, refusals, an agent that is away, full or slow."""

import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from edge_agent.client import DEFAULT_AGENT, Client, NotTaken, Refused
from tests.docs.pages import blocks
from tests.support.events import json_event
from tests.support.programs import ROOT
from tests.support.running_agent import NOBODY, RunningAgent, eventually, running_agent

pytestmark = pytest.mark.processes

_IMPORT = """
import sys
before = set(sys.modules)
import edge_agent.client
print(*sorted(set(sys.modules) - before))
"""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    """One agent for most questions; its collector is nobody."""
    with running_agent(tmp_path_factory.mktemp("agent")) as running:
        yield running


def stored(agent: RunningAgent, *, after: int = 0) -> list[str]:
    """The workers of the events on its disk, by number."""
    with sqlite3.connect(f"file:{agent.data_dir / 'queue.db'}?mode=ro", uri=True) as connection:
        query = "select json_extract(payload, '$.worker_id') from event_log where seq > ? order by seq"
        return [worker for (worker,) in connection.execute(query, (after,))]


def test_importing_it_imports_the_standard_library_alone() -> None:
    """A camera's process pays for a socket and JSON, and for nothing that the agent needs for itself, nor for an event loop."""
    ran = subprocess.run([sys.executable, "-c", _IMPORT], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    own = {name for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names}

    assert {"edge_agent", "edge_agent.client"} == own
    assert "http.client" in loaded
    assert set() == loaded & {"asyncio", "sqlite3", "multiprocessing", "concurrent.futures"}


def test_events_arrive_in_the_order_of_the_calls_over_one_connection(agent: RunningAgent) -> None:
    """A hundred of them; the agent has each on disk when the call returns."""
    before = agent.status()["last_seq"]
    with Client(agent.url) as client:
        for number in range(100):
            client.send(json_event(1) | {"worker_id": f"W{number}"})
        connection = client._connection.sock  # noqa: SLF001 - that it is still open is the point

        assert connection is not None
        assert [f"W{number}" for number in range(100)] == stored(agent, after=before)


def test_threads_take_turns(agent: RunningAgent) -> None:
    """Four of them on one client lose nothing and mix no answers up."""
    before = agent.status()["last_seq"]
    with Client(agent.url) as client:

        def send(name: str) -> None:
            for number in range(25):
                client.send(json_event(1) | {"worker_id": f"{name}-{number}"})

        threads = [threading.Thread(target=send, args=(name,)) for name in "ABCD"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = stored(agent, after=before)

    assert 100 == len(set(found))
    for name in "ABCD":
        assert [f"{name}-{number}" for number in range(25)] == [one for one in found if one.startswith(name)]


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"worker_id": None}, "missing_field", "worker_id is missing"),
        ({"event_type": "sleeping"}, "unknown_type", "event_type must be"),
        ({"count": "5"}, "wrong_type", "count must be an integer"),
        ({"timestamp": "2026-01-15T10:00:00"}, "no_offset", "offset"),
    ],
)
def test_a_wrong_event_is_refused_with_its_code(
    agent: RunningAgent, change: dict[str, object], code: str, words: str
) -> None:
    """The caller learns that sending it again is in vain; the next event passes."""
    with Client(agent.url) as client:
        with pytest.raises(Refused, match=words) as refused:
            client.send(json_event(1) | change)
        client.send(json_event(2))

    assert (code, 400) == (refused.value.code, refused.value.status)


def test_a_moment_with_a_time_zone_may_be_given_as_it_is(agent: RunningAgent) -> None:
    """One without would be a guess, and never leaves the process."""
    moment = datetime(2026, 1, 15, 10, 15, tzinfo=UTC)
    with Client(agent.url) as client:
        client.send(json_event(1) | {"timestamp": moment})
        with pytest.raises(TypeError, match="time zone"):
            client.send(json_event(1) | {"timestamp": moment.replace(tzinfo=None)})


def test_a_sign_of_life_is_heard(agent: RunningAgent) -> None:
    """It is what lets the collector know that silence means nothing happened."""
    with Client(agent.url) as client:
        client.alive()

        assert agent.status()["last_sign_of_life_at"] is not None


def test_the_example_of_the_documentation_works(agent: RunningAgent) -> None:
    """As it stands on the page, with this agent's address."""
    (example,) = blocks("docs/reliability.md", "python")
    before = agent.status()["last_seq"]
    exec(example.text.replace(DEFAULT_AGENT, agent.url), {"event": json_event(3)})  # noqa: S102 - it is our own page

    assert ["W3"] == stored(agent, after=before)


def test_an_agent_that_is_away_takes_nothing() -> None:
    """The caller keeps the event; there is no status, and the message says what to look for."""
    with Client(NOBODY) as client, pytest.raises(NotTaken, match="does `edge-agent run` run") as failed:
        client.send(json_event(1), patience_seconds=0.3)

    assert failed.value.status is None


def test_patience_outlasts_a_restart(tmp_path: Path) -> None:
    """The connection of before is dead, nobody listens for a while, then the event goes to the new process."""
    with running_agent(tmp_path) as agent:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        agent.kill()
        agent.start("--listen", f"127.0.0.1:{port}")
        with Client(agent.url) as client:
            client.send(json_event(1) | {"worker_id": "before"})
            agent.stop()
            sending = threading.Thread(
                target=client.send,
                args=(json_event(1) | {"worker_id": "after"},),
                kwargs={"patience_seconds": 30},
            )
            sending.start()
            agent.start("--listen", f"127.0.0.1:{port}")
            sending.join()

    assert ["before", "after"] == stored(agent)


def test_a_restart_between_two_calls_is_not_noticed(tmp_path: Path) -> None:
    """A connection that was closed while nobody used it is opened anew at once, without any patience."""
    with running_agent(tmp_path) as agent, Client(agent.url) as client:
        client.send(json_event(1))
        address = agent.url.removeprefix("http://")
        agent.stop()
        agent.start("--listen", address)
        client.send(json_event(2))

    assert 2 == len(stored(agent))


def test_a_disk_that_fails_is_told_and_forgotten_once_it_works(tmp_path: Path) -> None:
    """Nothing of the event was kept, and the caller knows; the same client goes on afterwards."""
    with running_agent(tmp_path) as agent, Client(agent.url) as client:
        resource.prlimit(agent.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        with pytest.raises(NotTaken) as failed:
            client.send(json_event(1))
        resource.prlimit(agent.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        eventually(lambda: _is_sent(client))

    assert failed.value.status in (500, 503, 507)
    assert ["W2"] == stored(agent)


def _is_sent(client: Client) -> bool:
    try:
        client.send(json_event(2))
    except NotTaken:
        return False
    return True


@pytest.mark.parametrize("url", ["https://127.0.0.1:8600", "127.0.0.1:8600", "http://"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    """The agent is spoken to on its own machine, without TLS."""

    with pytest.raises(ValueError, match="is no address of an agent"):
        Client(url)
