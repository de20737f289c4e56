"""A file that is synced may still vanish with its name: folders are synced after every name that has to last.

An ext4 puts the name on disk with the file, so that no cut of it can show a folder that was not synced; POSIX and other
file systems promise nothing of the kind.
"""

import os
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import EventLog
from tests.damage.files import killed_queue, noise_at
from tests.support.events import events
from tests.support.fake_clock import FakeClock

Synced = dict[Path, set[str]]


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> Synced:
    """The names that each folder had when it was last synced."""
    found: Synced = {}
    really = os.fsync

    def fsync(descriptor: int) -> None:
        really(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir():
            found[path] = {one.name for one in path.iterdir()}

    monkeypatch.setattr(os, "fsync", fsync)
    return found


def test_a_new_queue_and_the_folders_made_for_it_have_their_names_on_disk(tmp_path: Path, synced: Synced) -> None:
    """Before the first event is accepted."""
    folder = tmp_path / "lineside" / "edge-agent"
    with closing(EventLog.open(folder, clock=FakeClock())) as log:
        log.append(events(1, 1))

    assert "lineside" in synced[tmp_path]
    assert "edge-agent" in synced[tmp_path / "lineside"]
    assert QUEUE_FILE in synced[folder]


def test_a_salvaged_queue_and_what_was_set_aside_have_their_names_on_disk(tmp_path: Path, synced: Synced) -> None:
    """The damaged file in its folder, the folder, and the new file in the old one's place."""
    folder, _ = killed_queue(tmp_path, last=60)
    noise_at(0)(folder)
    synced.clear()
    EventLog.open(folder, clock=FakeClock()).close()

    (aside,) = (path for path in synced if path.name.startswith("damaged-"))
    assert QUEUE_FILE in synced[aside]
    assert {QUEUE_FILE, aside.name} <= synced[folder]
    assert f"{QUEUE_FILE}.salvaged" not in synced[folder]
