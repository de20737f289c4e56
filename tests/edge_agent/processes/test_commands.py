"""The commands as a person types them: their words, their exit codes, and that they do what they say."""

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.events import json_event
from tests.support.flaky_collector import flaky_collector
from tests.support.programs import command
from tests.support.running_agent import NOBODY, RunningAgent, running_agent

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    """An agent whose collector is nobody."""
    with running_agent(tmp_path_factory.mktemp("agent")) as running:
        yield running


def lines(first: int, last: int) -> bytes:
    """Events as NDJSON."""
    return b"".join(json.dumps(json_event(number)).encode() + b"\n" for number in range(first, last + 1))


async def test_send_takes_a_file(agent: RunningAgent, tmp_path: Path) -> None:
    """More than one request long."""
    file = tmp_path / "events.ndjson"
    file.write_bytes(lines(1, 2_500))
    before = agent.status()["last_seq"]
    sent = await command("edge_agent", "send", "--agent", agent.url, str(file))

    assert (0, "2,500 lines accepted, 0 rejected\n", "") == (sent.code, sent.out, sent.err)
    assert before + 2_500 == agent.status()["last_seq"]


async def test_send_names_the_lines_that_are_no_events(agent: RunningAgent) -> None:
    """By the number that an editor shows, with the reason; the others are taken, and the exit code is 3."""
    text = lines(1, 1) + b"\n" + b'{"worker_id": "W1"}\n' + lines(2, 2) + b"\x1b[31mred\n"
    sent = await command("edge_agent", "send", "--agent", agent.url, "-", stdin=text)

    assert (3, "2 lines accepted, 2 rejected\n") == (sent.code, sent.out)
    assert ["line 3: timestamp is missing", "line 5: the line is not JSON"] == [
        line.partition(": Exp")[0] for line in sent.err.splitlines()
    ]


async def test_send_without_an_agent_gives_up_in_time() -> None:
    """Exit 5, with what had been taken and what to do."""
    sent = await command("edge_agent", "send", "--agent", NOBODY, "--timeout", "0.5", "-", stdin=lines(1, 1))

    assert (5, "0 lines accepted, 0 rejected\n") == (sent.code, sent.out)
    assert f"the agent at {NOBODY} did not take it within 0.5 s: Connection refused" in sent.err


async def test_send_waits_for_an_agent_that_is_just_starting(tmp_path: Path) -> None:
    """Its first try ends in a closed connection, a later one at the agent."""
    with socket.create_server(("127.0.0.1", 0)) as gate:
        gate.settimeout(0)
        address = "{}:{}".format(*gate.getsockname())
        sending = asyncio.create_task(
            command("edge_agent", "send", "--agent", f"http://{address}", "-", stdin=lines(1, 3))
        )
        connection, _ = await asyncio.get_running_loop().sock_accept(gate)
        connection.close()
    agent = RunningAgent(tmp_path)
    try:
        await asyncio.to_thread(agent.start, "--listen", address)
        sent = await sending
        last = agent.status()["last_seq"]
    finally:
        agent.end()

    assert (0, "3 lines accepted, 0 rejected\n", 3) == (sent.code, sent.out, last)


async def test_send_to_something_else_is_told_so() -> None:
    """A collector of the wrong kind answers 404 or 415; what answers 200 must answer as an agent does."""
    async with flaky_collector() as server:
        sent = await command("edge_agent", "send", "--agent", server.url + "/elsewhere", "-", stdin=lines(1, 1))

    assert 1 == sent.code
    assert "refused: HTTP 404" in sent.err


async def test_send_waits_until_the_collector_has_everything(tmp_path: Path) -> None:
    """`--wait` returns 0 once nothing is pending."""
    async with flaky_collector() as collector:
        with running_agent(tmp_path, collector=collector.url) as agent:
            sent = await command("edge_agent", "send", "--agent", agent.url, "--wait", "-", stdin=lines(1, 1_200))

            assert (0, "1,200 lines accepted, 0 rejected\nthe collector has everything\n") == (sent.code, sent.out)
            assert 1_200 == len(collector.stored)
            assert 0 == agent.status()["pending"]


async def test_send_does_not_wait_for_ever(agent: RunningAgent) -> None:
    """Without progress it gives up, says what is missing and why, and returns 3."""
    sent = await command(
        "edge_agent", "send", "--agent", agent.url, "--wait", "--timeout", "0.5", "-", stdin=lines(1, 2)
    )

    assert 3 == sent.code
    assert "0.5 s without progress (retrying: " in sent.err


async def test_status_in_words_and_as_json(agent: RunningAgent) -> None:
    """Both say the same, with exit code 3 while the collector is away."""
    agent.post(json_event(1))
    words = await command("edge_agent", "status", "--data-dir", str(agent.data_dir))
    told = await command("edge_agent", "status", "--data-dir", str(agent.data_dir), "--json")

    assert (3, 3) == (words.code, told.code)
    assert words.out.startswith(f"cam-1      RETRYING   collector {NOBODY}: ")
    assert agent.status().keys() == json.loads(told.out).keys()
    assert f"{json.loads(told.out)['pending']:,} events" in words.out


async def test_status_of_a_folder_whose_name_is_long(tmp_path: Path) -> None:
    """A socket's path may have 107 bytes; the control socket works beyond them."""
    folder = tmp_path / ("a" * 100)
    folder.mkdir()
    with running_agent(folder) as agent:
        words = await command("edge_agent", "status", "--data-dir", str(agent.data_dir), "--json")

    assert agent.camera == json.loads(words.out)["camera"]


async def test_status_without_an_agent_reads_the_file(tmp_path: Path) -> None:
    """And says that none is running; 3 because something waits."""
    with running_agent(tmp_path) as agent:
        agent.post(json_event(1))
        agent.stop()
        words = await command("edge_agent", "status", "--data-dir", str(agent.data_dir))

    assert 3 == words.code
    assert words.out.startswith(f"cam-1  NOT RUNNING   collector {NOBODY}\nqueue  1 event, oldest ")


async def test_status_without_a_queue(tmp_path: Path) -> None:
    """The folder is named."""
    words = await command("edge_agent", "status", "--data-dir", str(tmp_path))

    assert (1, "") == (words.code, words.out)
    assert f"there is no queue in {tmp_path}" in words.err


async def run(folder: Path, *more: str, environment: str = "127.0.0.1:0") -> tuple[int, str]:
    """Exit code and error of an agent that does not get to run."""
    ended = await command("edge_agent", "run", "--data-dir", str(folder), "--listen", environment, *more, seconds=20)
    assert "" == ended.out
    return ended.code, "\n".join(line for line in ended.err.splitlines() if not line.startswith("{"))


async def test_a_second_agent_on_a_queue_names_the_first(agent: RunningAgent) -> None:
    """Exit 6; the first one goes on."""
    code, error = await run(agent.data_dir)

    assert 6 == code
    assert f"error: the queue {agent.data_dir} is in use by process {agent.pid} (stop it first" in error
    assert 200 == agent.post(json_event(1)).status


async def test_an_address_in_use_is_named(agent: RunningAgent, tmp_path: Path) -> None:
    """Exit 1, with the way out."""
    address = agent.url.removeprefix("http://")
    code, error = await run(tmp_path, environment=address)

    assert (1, f"error: cannot listen on {address}: Address already in use") == (code, error.partition(" (")[0])
    assert "--listen" in error


async def test_a_settings_file_with_three_mistakes_names_all_three(tmp_path: Path) -> None:
    """Exit 2, before anything is touched."""
    file = tmp_path / "agent.toml"
    file.write_text('[collector]\nurl = "collector"\n[delivery]\nheartbeat = 15\n[retry]\nmaximum = "1m"\n')
    code, error = await run(tmp_path / "data", "--config", str(file))

    assert 2 == code
    assert [
        "error: 3 mistakes in the settings:",
        f"collector.url = 'collector': must be an address such as https://collector.example:8443 (from {file})",
        f'delivery.heartbeat = 15: must be a duration such as "200ms", "15s", "5m", "10h" or "7d" (from {file})',
        f"retry.maximum: no such key; did you mean max? (from {file})",
    ] == [line.strip() for line in error.splitlines()]
    assert not (tmp_path / "data").exists()


async def test_another_address_than_loopback_wants_to_be_meant(tmp_path: Path) -> None:
    """Exit 2, naming the key that allows it."""
    code, error = await run(tmp_path, environment="0.0.0.0:0")

    assert 2 == code
    assert "set open = true" in error
