"""The demo as a person starts it: real programs, stopped by a signal, checked, and gone without a trace."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 50

pytestmark = pytest.mark.processes


def test_a_shift_played_with_an_outage_agrees_in_every_number(tmp_path: Path) -> None:
    """`--once` ends with 0 when nothing differs, and its folder and its programs are gone."""
    with _demo(tmp_path, "--once", "--speed", "9600", "--extra-worker", "<b>Eve</b>") as demo:
        printed, _ = demo.communicate(timeout=SECONDS)

    assert "98 numbers compared, 0 differ" == printed.splitlines()[-1]
    assert 0 == demo.returncode
    assert [] == list(tmp_path.iterdir())


def test_ctrl_c_ends_the_live_demo_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """SIGINT is the way to end it: exit code 0, no process, no file."""
    with _demo(tmp_path, "--port", "0") as demo:
        _read_until(demo, "Ctrl-C stops everything")
        programs = _programs(demo)
        demo.send_signal(signal.SIGINT)
        printed, _ = demo.communicate(timeout=SECONDS)

    assert 0 == demo.returncode, printed
    assert 7 == len(programs)
    assert [] == [pid for pid in programs if Path(f"/proc/{pid}").exists()]
    assert [] == list(tmp_path.iterdir())


def test_a_demo_that_is_killed_leaves_no_program_behind(tmp_path: Path) -> None:
    """It can stop nobody then; each program hears of it by itself, and the port is free for the next demo."""
    with _demo(tmp_path, "--port", "0") as demo:
        _read_until(demo, "Ctrl-C stops everything")
        programs = _programs(demo)
        demo.kill()
        demo.communicate(timeout=SECONDS)
        deadline = time.monotonic() + SECONDS
        while left := [pid for pid in programs if Path(f"/proc/{pid}").exists()]:
            assert time.monotonic() < deadline, left
            time.sleep(0.05)

    assert 7 == len(programs)


def test_a_program_that_dies_ends_the_demo_which_says_which(tmp_path: Path) -> None:
    """One dead agent: exit code 1, its name and its log, and the others are stopped."""
    with _demo(tmp_path, "--port", "0") as demo:
        _read_until(demo, "Ctrl-C stops everything")
        programs = _programs(demo)
        victim = next(pid for pid in programs if "cam-welding" in Path(f"/proc/{pid}/cmdline").read_text())
        os.kill(victim, signal.SIGKILL)
        printed, _ = demo.communicate(timeout=SECONDS)

    assert "cam-welding ended by itself with exit code -9; the last lines of its log:" in printed
    assert 1 == demo.returncode
    assert [] == [pid for pid in programs if Path(f"/proc/{pid}").exists()]
    assert [] == list(tmp_path.iterdir())


def test_options_that_do_not_fit_are_a_usage_error(tmp_path: Path) -> None:
    """Nothing is started when the command makes no sense."""
    with _demo(tmp_path, "--keep") as demo:
        printed, _ = demo.communicate(timeout=SECONDS)

    assert "--speed, --extra-worker and --keep go with --once" in printed
    assert 2 == demo.returncode


@contextmanager
def _demo(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the demo with its temporary files in `folder`; a demo still running at the end is stopped as a person would."""
    with subprocess.Popen(
        [sys.executable, "-m", "demo", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as demo:
        try:
            yield demo
        finally:
            demo.terminate()


def _read_until(demo: subprocess.Popen[str], words: str) -> None:
    """Read what the demo prints until it has printed these words; fails after SECONDS or when it ends before."""
    assert demo.stdout
    deadline = time.monotonic() + SECONDS
    printed = ""
    with selectors.DefaultSelector() as selector:
        selector.register(demo.stdout, selectors.EVENT_READ)
        while words not in printed:
            assert selector.select(timeout=max(0, deadline - time.monotonic())), f"only this came: {printed}"
            chunk = os.read(demo.stdout.fileno(), 65536).decode()
            assert chunk, f"ended early: {printed}"
            printed += chunk


def _programs(demo: subprocess.Popen[str]) -> list[int]:
    """Return the process ids of what the demo started."""
    return [int(pid) for pid in Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split()]
