"""Programs of the project, started for a test: the collector, and the demo's finished shift."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 20
SHIFT_SECONDS = 50
STOP_SECONDS = 10


async def _line_with(program: asyncio.subprocess.Process, mark: str, *, seconds: float) -> str:
    """Return what follows the mark in the first line of stdout that has it; every line before is in the failure."""
    assert program.stdout is not None
    seen = []
    try:
        async with asyncio.timeout(seconds):
            while line := (await program.stdout.readline()).decode():
                seen.append(line)
                if mark in line:
                    return line.partition(mark)[2].strip()
    except TimeoutError:
        seen.append(f"… and nothing more for {seconds:g} s")
    raise AssertionError(f"no line with {mark!r} in:\n{''.join(seen)}")


async def _stop(program: asyncio.subprocess.Process) -> None:
    """End a program and read the rest of its output, which is less than the pipe holds: a few lines of log."""
    if program.returncode is None:
        program.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await program.communicate()
    except TimeoutError:
        program.kill()
        await program.communicate()


@contextlib.asynccontextmanager
async def _running(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield program
    finally:
        await _stop(program)


@contextlib.asynccontextmanager
async def collector(database: Path, *, listen: str = "127.0.0.1:0") -> AsyncIterator[str]:
    """Run `collector serve` on a database; yields its address, such as `http://127.0.0.1:54321`."""
    arguments = ("collector", "serve", "--database", str(database), "--listen", listen)
    async with _running(*arguments) as program:
        yield await _line_with(program, "listening on ", seconds=START_SECONDS)


@contextlib.asynccontextmanager
async def finished_shift(extra_worker: str) -> AsyncIterator[str]:
    """Play the demo's shift to its end and leave its collector running; yields the address of the dashboard."""
    arguments = ("demo", "--once", "--keep", "--extra-worker", extra_worker)
    async with _running(*arguments) as program:
        yield await _line_with(program, "dashboard at ", seconds=SHIFT_SECONDS)
