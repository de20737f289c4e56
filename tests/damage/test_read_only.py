"""A card that fails is made read-only by the kernel: nothing is taken then, nothing is lost, and the agent still ends in order."""

from pathlib import Path

import pytest

from tests.support.disks import CuttableDisk, cuttable_disk, run_as_root
from tests.support.events import json_event
from tests.support.running_agent import RunningAgent

pytestmark = pytest.mark.processes


def make_read_only(disk: CuttableDisk) -> None:
    """Let the kernel do what it does after an error of the disk."""
    run_as_root("mount", "-o", "remount,abort", str(disk.folder))


def test_on_a_disk_that_became_read_only_nothing_is_taken_and_nothing_lost(tmp_path: Path) -> None:
    """503 with Retry-After each time, red readiness, exit code 0 at SIGTERM; after a repair all is there."""
    with cuttable_disk(tmp_path, size_bytes=256 * 1024 * 1024) as disk:
        agent = RunningAgent(tmp_path)
        agent.data_dir = disk.folder / "data"
        try:
            agent.start()
            taken = agent.post([json_event(1), json_event(2)])
            make_read_only(disk)
            refused = [agent.post([json_event(3)]) for _ in range(3)]
            ready, told = agent.ask("GET", "/readyz").status, agent.status()
            code = agent.stop()
            disk.unmount()
            disk.mount()
            agent.start()
            again = agent.post([json_event(3)])
            after = agent.status()
        finally:
            agent.end()

    assert (200, [(503, "5")] * 3) == (taken.status, [(one.status, one.headers.get("Retry-After")) for one in refused])
    assert (503, 2, 0, 0) == (ready, told["pending"], told["unaccounted"], code)
    assert (200, 3, 0, None) == (again.status, after["pending"], after["unaccounted"], after["recovery"])
