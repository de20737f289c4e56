"""The real program on a queue that is not as it should be: it runs, takes events, and never ends with an error."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.control import CONTROL_SOCKET
from tests.damage.files import (
    Acknowledged,
    flip_bit,
    killed_queue,
    make_directory,
    make_foreign,
    make_newer,
    noise_at,
    remove,
)
from tests.support.events import json_event
from tests.support.running_agent import RunningAgent

pytestmark = pytest.mark.processes

_WORDS = "the queue was not as it should be"


def foreign(folder: Path) -> None:
    """Put the database of another program in the place of the queue, and a folder where the socket for commands goes."""
    for ending in ("", "-wal"):
        remove(ending)(folder)
    make_foreign(folder / "queue.db")
    make_directory(folder / CONTROL_SOCKET)


def newer(folder: Path) -> None:
    """Put the queue of a newer version in its place."""
    for ending in ("", "-wal"):
        remove(ending)(folder)
    make_newer(folder / "queue.db")


@pytest.mark.parametrize(
    ("damage", "kept"),
    [
        (noise_at(0), 300),
        pytest.param(flip_bit(20_000, bit=1, ending="-wal"), 300, marks=pytest.mark.gauntlet),
        (foreign, 0),
        (newer, 0),
    ],
    ids=["noise in the header", "bit in the log", "another program's", "newer"],
)
def test_the_agent_runs_whatever_the_queue_is_like(tmp_path: Path, damage: Callable[[Path], None], kept: int) -> None:
    """It listens after five seconds of work at most, says what it found, has what verifies, takes more, and stops cleanly."""
    origin, _ = queue(tmp_path)
    agent = RunningAgent(tmp_path)
    agent.data_dir = origin
    damage(origin)
    try:
        agent.start()
        seconds = worked_seconds(agent.pid)
        before, reply, after = agent.status(), agent.post(json_event(1)), agent.status()
        code = agent.stop()
    finally:
        agent.end()

    assert seconds < 5
    assert (before["pending"], 200, 0) == (after["pending"] - 1, reply.status, code)
    assert kept - 30 <= before["pending"] <= kept
    assert (0, 0) == (before["unaccounted"], after["unaccounted"])
    said = (tmp_path / "log-1").read_text()
    assert _WORDS in said
    assert (damage is foreign) == ("commands cannot reach this agent" in said) == (origin / CONTROL_SOCKET).is_dir()


def worked_seconds(pid: int) -> float:
    """How long a process has had a core so far: a machine with other work does not change it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def queue(folder: Path) -> tuple[Path, Acknowledged]:
    """A queue after a kill, with events in the file and in its log."""
    return killed_queue(folder, last=300, folded=150)
