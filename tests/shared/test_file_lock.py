"""One writer per file: the second is refused at once and told who holds it."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import FileHeld, StorageUnusable
from shared.file_lock import FileLock
from tests.support.programs import ROOT

HOLD = """
import sys
from pathlib import Path
from shared.file_lock import FileLock
with FileLock(Path(sys.argv[1]), what="the queue"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the file of the lock."""
    return tmp_path / "queue.lock"


def test_the_lock_is_held_while_the_block_lasts(file: Path) -> None:
    """Within one process too: a second holder waits for nobody and names the first."""
    with (
        FileLock(file, what="the queue"),
        pytest.raises(FileHeld, match=f"the queue is in use by process {os.getpid()} "),
    ):
        FileLock(file, what="the queue").acquire()

    with FileLock(file, what="the queue"):
        assert f"{os.getpid()}\n" == file.read_text()


def test_another_process_is_named_until_it_is_killed(file: Path) -> None:
    """Nothing has to be cleaned up after a process that could not."""
    arguments = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert b"held\n" == holder.stdout.readline()
            with pytest.raises(FileHeld, match=f"in use by process {holder.pid} ") as refused:
                FileLock(file, what="the queue").acquire()
            assert 6 == refused.value.exit_code
        finally:
            holder.kill()
    with FileLock(file, what="the queue"):
        assert f"{os.getpid()}\n" == file.read_text()


def test_a_refused_second_leaves_the_first_its_lock(file: Path) -> None:
    """Neither its hold nor its pid in the file is touched."""
    lock = FileLock(file, what="the queue")
    lock.acquire()
    for _ in range(2):
        with pytest.raises(FileHeld):
            FileLock(file, what="the queue").acquire()
    lock.release()
    lock.release()
    again = FileLock(file, what="the queue")
    again.acquire()
    again.release()

    assert f"{os.getpid()}\n" == file.read_text()


def test_the_file_is_for_its_owner(file: Path) -> None:
    """Nobody else may take the lock and stop the program from starting."""
    with FileLock(file, what="the queue"):
        assert 0o600 == file.stat().st_mode & 0o777


def test_a_deleted_lock_file_is_noticed_by_its_holder(file: Path) -> None:
    """Another process may have made a new one and locked that."""
    with FileLock(file, what="the queue") as first:
        first.check()
        file.unlink()
        with pytest.raises(StorageUnusable, match=r"queue\.lock was deleted or replaced"):
            first.check()
        with FileLock(file, what="the queue") as second:
            second.check()
            with pytest.raises(StorageUnusable):
                first.check()


def test_a_lock_on_a_file_that_is_deleted_meanwhile_is_not_the_lock(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between opening and locking: the file that the path leads to is locked in the end."""
    flock = fcntl.flock
    names = iter([file])

    def after_a_deletion(descriptor: int, operation: int) -> None:
        for name in names:
            name.unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", after_a_deletion)
    with FileLock(file, what="the queue") as lock:
        lock.check()

        assert f"{os.getpid()}\n" == file.read_text()


@pytest.mark.parametrize("content", ["dear diary", "12 apples\n", "\x1b[31m", "1" * 40])
def test_a_file_that_is_no_lock_is_left_as_it_is(file: Path, content: str) -> None:
    """Only an empty file, or one with a process number, is ours to write."""
    file.write_text(content)
    with pytest.raises(StorageUnusable, match="is no lock file of this program"):
        FileLock(file, what="the queue").acquire()

    assert content == file.read_text()


def test_a_link_in_place_of_the_lock_is_not_followed(file: Path) -> None:
    """What it leads to is somebody's, there or not."""
    other = file.with_name("precious")
    file.symlink_to(other)
    for content in (None, "", "4711"):
        if content is not None:
            other.write_text(content)
        with pytest.raises(StorageUnusable, match="symbolic link"):
            FileLock(file, what="the queue").acquire()

        assert content == (other.read_text() if other.exists() else None)


def test_a_pipe_in_place_of_the_lock_is_refused(file: Path) -> None:
    """At once: opening one may wait for ever."""
    os.mkfifo(file)
    with pytest.raises(StorageUnusable, match="no ordinary file"):
        FileLock(file, what="the queue").acquire()
