"""Files of a queue that are removed or replaced beside a running agent: what it holds open is written again, and said."""

import errno
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer import quarantine
from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import LOCK_FILE, EventLog
from edge_agent.buffer.space import Limits
from shared.errors import StorageFull, StorageUnusable
from tests.damage.files import fill, make_foreign, opened, readable, remove
from tests.support.disks import fill_up, small_disk
from tests.support.events import events
from tests.support.fake_clock import FakeClock


def remove_all(folder: Path) -> None:
    """`rm queue.db*`."""
    for file in folder.glob(f"{QUEUE_FILE}*"):
        file.unlink()


def move_copy_over(folder: Path) -> None:
    """A backup is restored by a rename, as most tools do."""
    shutil.copy(folder / QUEUE_FILE, folder / "copy")
    (folder / "copy").replace(folder / QUEUE_FILE)


def move_foreign_over(folder: Path) -> None:
    """What comes is not even a queue."""
    (folder / QUEUE_FILE).unlink()
    make_foreign(folder / QUEUE_FILE)


@pytest.mark.parametrize(
    "change",
    [remove(""), remove("-wal"), remove_all, move_copy_over, move_foreign_over],
    ids=["file", "log", "all", "a copy", "another program's"],
)
def test_a_queue_that_is_removed_beside_its_agent_loses_nothing(tmp_path: Path, change: Callable[[Path], None]) -> None:
    """Neither what was accepted before nor what is accepted after, and every number stays what it was."""
    with closing(opened(tmp_path)) as log:
        told = fill(log, last=30)
        change(tmp_path)
        told.payloads |= fill(log, last=40).payloads
        counts, token, left = log.counts(), log.facts().epochs[-1].token, (tmp_path / QUEUE_FILE).stat().st_ino
    with closing(opened(tmp_path)) as log:
        found = readable(log)

    assert told.payloads == found
    assert (40, 40, 0) == (counts.last_seq, counts.pending, counts.unaccounted)
    assert "removed or replaced while they were in use" in (counts.recovery or "")
    assert token not in told.tokens
    assert left == (tmp_path / QUEUE_FILE).stat().st_ino
    assert len(quarantine.sets(tmp_path)) <= 1


def test_a_stop_right_after_it_loses_nothing(tmp_path: Path) -> None:
    """`rm queue.db*; systemctl restart`: what is open is written again before the process ends."""
    with closing(opened(tmp_path)) as log:
        told = fill(log, last=30)
        remove_all(tmp_path)
    with closing(opened(tmp_path)) as log:
        found = readable(log)

    assert told.payloads == found


def test_a_failure_on_the_way_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in the place cannot be set aside once: what is open stays open until it is written."""
    with closing(opened(tmp_path)) as log:
        told = fill(log, last=30)
        move_foreign_over(tmp_path)
        with monkeypatch.context() as failing:
            failing.setattr(quarantine, "set_aside", no_space)
            with pytest.raises(StorageFull):
                log.append(events(31, 31))
        log.append(events(31, 31))
        found = readable(log)

    assert told.payloads.items() <= found.items()
    assert 31 == len(found)


def no_space(*_: object, **__: object) -> None:
    """As a full disk answers."""
    raise OSError(errno.ENOSPC, "no space left")


def test_the_reserve_makes_way(tmp_path: Path) -> None:
    """On a full disk the queue is written again in the room of what is kept for that."""
    with small_disk(tmp_path / "small", size_bytes=16 * 1024 * 1024) as small:
        limits = Limits(reserve_bytes=4 * 1024 * 1024)
        with closing(EventLog.open(small / "queue", clock=FakeClock(), limits=limits)) as log:
            told = fill(log, last=60, step=20)
            fill_up(small)
            assert log.counts().has_reserve
            remove_all(small / "queue")
            found = readable(log)
        kept = (small / "queue" / QUEUE_FILE).exists()

    assert (told.payloads, True) == (found, kept)


def test_it_is_noticed_without_a_request(tmp_path: Path) -> None:
    """By the pulse, which counts the queue every few seconds."""
    with closing(opened(tmp_path)) as log:
        fill(log, last=3)
        remove("")(tmp_path)
        log.counts()

        assert (tmp_path / QUEUE_FILE).exists()


def test_a_folder_that_is_moved_beside_its_agent_loses_nothing(tmp_path: Path) -> None:
    """To another disk, and linked: what was accepted during the copy is taken in by the next start."""
    folder, moved = tmp_path / "queue", tmp_path / "large"
    with closing(opened(folder)) as log:
        told = fill(log, last=30)
        shutil.copytree(folder, moved)
        told.payloads |= fill(log, last=60).payloads
        shutil.rmtree(folder)
        folder.symlink_to(moved)
        for _ in range(2):
            with pytest.raises(StorageUnusable, match="deleted or replaced"):
                log.append(events(61, 61))
    with closing(opened(folder)) as log:
        found = set(readable(log).values())

    assert set(told.payloads.values()) == found


def test_a_folder_that_may_be_another_agents_is_left_alone(tmp_path: Path) -> None:
    """With the lock file gone a second agent may have begun: nothing is accepted, and nothing of its files is moved."""
    with closing(opened(tmp_path)) as log:
        fill(log, last=3)
        remove_all(tmp_path)
        (tmp_path / LOCK_FILE).unlink()
        make_foreign(tmp_path / QUEUE_FILE)
        before = (tmp_path / QUEUE_FILE).read_bytes()
        with pytest.raises(StorageUnusable, match="deleted or replaced"):
            log.append(events(4, 4))

    assert (before, []) == ((tmp_path / QUEUE_FILE).read_bytes(), quarantine.sets(tmp_path))


def test_without_room_to_write_it_again_events_are_refused_and_kept(tmp_path: Path) -> None:
    """Until there is room: what is open is not let go."""
    with small_disk(tmp_path / "small", size_bytes=8 * 1024 * 1024) as small:
        log = opened(small / "queue")
        told = fill(log, last=600, step=100)
        ballast = fill_up(small)
        remove("")(small / "queue")
        with pytest.raises(StorageFull, match="no room to write it again"):
            log.append(events(601, 601))
        ballast.unlink()
        log.append(events(601, 601))
        found = readable(log)
        log.close()

    assert told.payloads.items() <= found.items()
    assert 601 == len(found)
