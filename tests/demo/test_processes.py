"""The child processes of the demo: found by what they print, told of when they die, and never left behind."""

import asyncio
import os
from pathlib import Path

import pytest

from demo import processes
from demo.processes import ProgramFailed, Programs

LISTENS = "import signal, sys; print('listening on http://127.0.0.1:1', flush=True); "


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose modules `python -m` finds: one that serves, one that dies soon, one that ignores SIGTERM."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "serves.py").write_text(f"{LISTENS} signal.pause()")
    (tmp_path / "dies.py").write_text(f"{LISTENS} sys.stdin.close(); sys.exit('the disk is on fire')")
    (tmp_path / "mute.py").write_text("raise SystemExit('no such address')")
    (tmp_path / "deaf.py").write_text(f"{LISTENS} signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()")
    return tmp_path


async def test_a_program_is_known_by_the_address_it_prints_and_stopped_at_the_end(folder: Path) -> None:
    """Leaving the context stops it: no process stays."""
    async with Programs(folder) as programs:
        addresses = await programs.start({"one": ["serves"]})
        (pid,) = programs.pids

    assert {"one": "http://127.0.0.1:1"} == addresses
    assert not _lives(pid)


async def test_a_program_that_does_not_start_shows_its_last_words(folder: Path) -> None:
    """The error names the program and its log."""
    async with Programs(folder) as programs:
        with pytest.raises(ProgramFailed, match=r"(?s)one ended by itself with exit code 1.*no such address"):
            await programs.start({"one": ["mute"]})


async def test_a_program_that_dies_later_is_noticed(folder: Path) -> None:
    """The first to end by itself is told of, with its last words."""
    async with Programs(folder) as programs:
        await programs.start({"steady": ["serves"], "doomed": ["dies"]})
        failure = await asyncio.wait_for(programs.first_failure(), timeout=10)

    assert "doomed ended by itself" in str(failure)
    assert "the disk is on fire" in str(failure)


async def test_a_program_that_is_stopped_has_not_failed(folder: Path) -> None:
    """Stopping some leaves the others watched."""
    async with Programs(folder) as programs:
        await programs.start({"one": ["serves"], "two": ["serves"]})
        failing = asyncio.create_task(programs.first_failure())
        await programs.stop("one")
        done, _ = await asyncio.wait([failing], timeout=0.2)
        failing.cancel()

    assert set() == done


async def test_a_program_deaf_to_sigterm_is_killed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time to stop comes the end."""
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.3)
    async with Programs(folder) as programs:
        await programs.start({"one": ["deaf"]})
        (pid,) = programs.pids

    assert not _lives(pid)


async def test_settings_of_the_users_environment_do_not_reach_the_programs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A demo is the same for everyone."""
    monkeypatch.setenv("COLLECTOR_TAIL", "1m")
    (folder / "tells.py").write_text(
        "import os; print('listening on', os.environ.get('COLLECTOR_TAIL'), flush=True); input()"
    )
    async with Programs(folder) as programs:
        addresses = await programs.start({"one": ["tells"]})

    assert {"one": "None"} == addresses


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
