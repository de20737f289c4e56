"""One writer per file: the second is refused at once and told who holds it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import FileHeld
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
