"""Dead letters from the command line: with the agent running and without it, and never a number that is in no place."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge_agent.buffer.reader import LogReader
from edge_agent.control import CONTROL_SOCKET
from tests.support.events import json_event
from tests.support.flaky_collector import FlakyCollector, flaky_collector, rejecting, until
from tests.support.invoked import invoked
from tests.support.programs import Finished
from tests.support.running_agent import RunningAgent, running_agent

pytestmark = pytest.mark.processes

BAD = ("W3", "W4", "W5", "W6")


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent of a test calls often."""
    monkeypatch.setenv("EDGE_AGENT_DELIVERY__HEARTBEAT", "1s")


async def letters(agent: RunningAgent, *words: str) -> Finished:
    """Run `edge-agent dead-letters …` on the queue of an agent."""
    return await invoked("dead-letters", *words, "--data-dir", str(agent.data_dir))


async def with_letters(agent: RunningAgent, collector: FlakyCollector) -> None:
    """Post ten events, of which the collector refuses four."""
    collector.always = rejecting(lambda event: event["worker_id"] in BAD)
    agent.post([json_event(number) for number in range(1, 11)])
    await until(lambda: agent.status()["pending"] == 0 and agent.status()["dead"] == 4)


def counted(agent: RunningAgent) -> tuple[int, int, int, int]:
    """Return how many numbers are settled, dead, dropped, and in no place."""
    with LogReader(agent.data_dir) as reader:
        counts = reader.counts()
    return counts.settled, counts.dead, counts.dropped, counts.unaccounted


async def test_dead_letters_are_listed_shown_and_exported_with_their_reasons(tmp_path: Path) -> None:
    """What the collector said of each, beside the event as it was accepted."""
    async with flaky_collector() as collector:
        with running_agent(tmp_path, collector=collector.url) as agent:
            await with_letters(agent, collector)
            listed, shown = await letters(agent, "list"), await letters(agent, "show", "3", "--json")
            exported = await letters(agent, "export")
            missing = await letters(agent, "show", "7")
            none = await letters(agent, "list", "--code", "too_large")

    lines = [json.loads(line) for line in exported.out.splitlines()]
    assert (3, 0, 0) == (listed.code, shown.code, exported.code)
    assert ["3", "4", "5", "6"] == [line.split()[0] for line in listed.out.splitlines()[1:]]
    assert "no such worker" in listed.out
    told: dict[str, Any] = json.loads(shown.out)
    assert (3, "bad_id", "no such worker", "W3") == tuple(told[key] for key in ("number", "code", "error", "worker_id"))
    assert [json_event(number)["worker_id"] for number in range(3, 7)] == [line["worker_id"] for line in lines]
    assert {"number": 3, "code": "bad_id", "error": "no such worker"}.items() <= lines[0]["dead_letter"].items()
    assert (1, "error: there is no dead letter 7 (edge-agent dead-letters list names them)\n") == (
        missing.code,
        missing.err,
    )
    assert (0, "no dead letters\n") == (none.code, none.out)


async def test_the_running_agent_sends_again_what_a_person_decides(tmp_path: Path) -> None:
    """One is mended under a new number, one goes as it is, two are given up; the collector then lacks nothing."""
    async with flaky_collector() as collector:
        with running_agent(tmp_path, collector=collector.url) as agent:
            await with_letters(agent, collector)
            no_event = await letters(agent, "edit", "3", "event_type=sleeping")
            edited = await letters(agent, "edit", "3", "worker_id=W33")
            await until(lambda: agent.status()["settled"] == 7)
            collector.always = FlakyCollector().always
            retried = await letters(agent, "retry", "4")
            await until(lambda: agent.status()["settled"] == 8)
            nothing = await letters(agent, "drop")
            dropped = await letters(agent, "drop", "--code", "bad_id", "--reason", "a test")
            status = agent.status()
            epoch = status["epoch"]

    assert (2, True) == (no_event.code, "event_type must be" in no_event.err)
    assert (0, "number 11 goes instead of 3\n") == (edited.code, edited.out)
    assert (0, "1 event waits to be sent again\n") == (retried.code, retried.out)
    assert 2 == nothing.code
    assert (0, "2 events dropped\n") == (dropped.code, dropped.out)
    assert (8, 0, 0) == (status["settled"], status["dead"], status["unaccounted"])
    assert "W33" == collector.stored[epoch, 11]["worker_id"]
    assert [1, 2, 4, 7, 8, 9, 10, 11] == collector.numbers
    assert ((1, 11),) == collector.arrived[epoch]


async def test_without_an_agent_the_commands_write_the_queue_themselves(tmp_path: Path) -> None:
    """They hold its lock meanwhile; the agent that starts then does what was decided."""
    async with flaky_collector() as collector:
        with running_agent(tmp_path, collector=collector.url) as agent:
            await with_letters(agent, collector)
            agent.stop()
            edited = await letters(agent, "edit", "3", "worker_id=W33", "confidence=")
            dropped = await letters(agent, "drop", "4")
            retried = await letters(agent, "retry", "--all")
            before = counted(agent)
            collector.always = FlakyCollector().always
            agent.start()
            await until(lambda: agent.status()["pending"] == 0 and agent.status()["state"] == "ok")
            agent.stop()
            after = counted(agent)

    assert [0, 0, 0] == [one.code for one in (edited, dropped, retried)]
    assert (6, 0, 2, 0) == before
    assert (9, 0, 2, 0) == after
    assert [1, 2, 5, 6, 7, 8, 9, 10, 11] == collector.numbers


async def test_a_queue_that_is_held_and_does_not_answer_is_left_alone(tmp_path: Path) -> None:
    """Exit code 6 names the process; without a queue there is nothing to decide about."""
    async with flaky_collector() as collector:
        with running_agent(tmp_path, collector=collector.url) as agent:
            await with_letters(agent, collector)
            (agent.data_dir / CONTROL_SOCKET).unlink()
            held = await letters(agent, "drop", "3")
        empty = await invoked("dead-letters", "retry", "--all", "--data-dir", str(tmp_path / "none"))

    assert (6, True) == (held.code, "in use by process" in held.err)
    assert (1, True) == (empty.code, "there is no queue" in empty.err)
    assert not (tmp_path / "none").exists()
