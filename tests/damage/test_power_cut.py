"""The power goes: everything that was acknowledged before that moment is on the disk when it comes back.

The disk is a real ext4 that is shut down without writing what was not synced. With `synchronous=NORMAL` this test
fails: a third of the acknowledged commits would be gone.
"""

import random
import threading
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

import pytest

from edge_agent.buffer.reader import LogReader
from shared.wire import decode_json
from tests.support.disks import CuttableDisk, cuttable_disk
from tests.support.events import json_event
from tests.support.running_agent import RunningAgent, eventually

pytestmark = pytest.mark.processes


class Producer(threading.Thread):
    """Posts single events until one is not taken; notes which were."""

    def __init__(self, agent: RunningAgent, *, first: int) -> None:
        super().__init__()
        self._agent = agent
        self._next = first
        self.accepted: list[int] = []

    def run(self) -> None:
        """Post until the power is gone."""
        try:
            while self._agent.post(json_event(self._next)).status == 200:
                self.accepted.append(self._next)
                self._next += 1
        except (OSError, HTTPException):
            return


def cut_under_load(agent: RunningAgent, disk: CuttableDisk, *, first: int, posts: int) -> list[int]:
    """Run the agent, cut the power after so many posts, and return what was acknowledged before the cut began."""
    agent.start()
    producers = [Producer(agent, first=first + place * 100_000) for place in range(4)]
    for producer in producers:
        producer.start()
    eventually(lambda: sum(len(producer.accepted) for producer in producers) >= posts, seconds=30)
    acknowledged = [number for producer in producers for number in list(producer.accepted)]
    disk.cut()
    for producer in producers:
        producer.join()
    agent.kill()
    disk.unmount()
    disk.mount()
    return acknowledged


@pytest.mark.parametrize("cuts", [2, pytest.param(120, marks=pytest.mark.gauntlet)], ids=["short", "long"])
@pytest.mark.timeout(900)
def test_what_was_acknowledged_before_a_power_cut_is_there_after_it(
    tmp_path: Path, cuts: int, figure: Callable[[str], None]
) -> None:
    """Again and again on one queue, at random moments; the numbers stay whole."""
    chance = random.Random(cuts)
    acknowledged: list[int] = []
    with cuttable_disk(tmp_path) as disk:
        agent = RunningAgent(tmp_path)
        agent.data_dir = disk.folder / "queue"
        try:
            for cut in range(cuts):
                posts = chance.randrange(20, 200)
                acknowledged += cut_under_load(agent, disk, first=cut * 1_000_000, posts=posts)
            agent.start()
            status = agent.status()
            code = agent.stop()
        finally:
            agent.end()
        with LogReader(agent.data_dir) as reader:
            entries = reader.entries(from_at=None, to_at=None, state="all", after_seq=0, most=1_000_000)
    figure(f"{cuts} power cuts: {len(acknowledged):,} acknowledged before them, {len(entries):,} in the queue")
    found = [int(decode_json(entry.payload)["worker_id"][1:]) for entry in entries]

    assert set() == set(acknowledged) - set(found)
    assert len(found) == len(set(found)) == status["last_seq"]
    assert (0, 0) == (status["unaccounted"], code)
