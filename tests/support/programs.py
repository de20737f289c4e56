"""Programs of the project as an operator runs them: started, spoken to, killed, awaited."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 20
STOP_SECONDS = 15
LISTENING = "listening on "


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    code: int
    out: str
    err: str


class Program:
    """A running program; its stdout is read line by line, its stderr goes to a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.log = log

    async def line_with(self, mark: str, *, seconds: float = START_SECONDS) -> str:
        """Return what follows the mark in the first line of stdout that has it."""
        assert self.process.stdout is not None
        seen: list[str] = []
        try:
            async with asyncio.timeout(seconds):
                while line := (await self.process.stdout.readline()).decode():
                    seen.append(line)
                    if mark in line:
                        return line.partition(mark)[2].strip()
        except TimeoutError:
            seen.append(f"… and nothing more for {seconds:g} s\n")
        raise AssertionError(f"no line with {mark!r} in:\n{''.join(seen)}{self.log.read_text()}")

    async def ended(self, *, seconds: float = 30) -> tuple[int, str]:
        """Return exit code and the rest of stdout, once it has ended by itself."""
        async with asyncio.timeout(seconds):
            out, _ = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, out.decode()

    async def kill(self) -> None:
        """End it as a power cut would: SIGKILL."""
        self.process.kill()
        await self.process.communicate()

    async def stop(self) -> int:
        """End it as an operator would, and return its exit code; what does not end is killed."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.communicate()
        except TimeoutError:
            await self.kill()
        assert self.process.returncode is not None
        return self.process.returncode


@contextlib.asynccontextmanager
async def running(*arguments: str, log: Path) -> AsyncIterator[Program]:
    """Run `python -m …` while the block lasts."""
    with log.open("ab") as err:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=err,
        )
    program = Program(process, log)
    try:
        yield program
    finally:
        if process.returncode is None:
            await program.stop()


@contextlib.asynccontextmanager
async def collector(
    database: Path | str, *, port: int = 0, log: Path | None = None
) -> AsyncIterator[tuple[str, Program]]:
    """Run `collector serve` on a file or a server; yields its address, such as `http://127.0.0.1:54321`."""
    arguments = ("collector", "serve", "--database", str(database), "--listen", f"127.0.0.1:{port}")
    async with running(*arguments, log=log or Path(database).with_suffix(".log")) as program:
        yield await program.line_with(LISTENING), program


@contextlib.asynccontextmanager
async def edge_agent(
    folder: Path, *, collector: str, port: int = 0, camera: str = "cam-01"
) -> AsyncIterator[tuple[str, Program]]:
    """Run `edge-agent run`; yields its address."""
    arguments = ("--data-dir", str(folder), "--listen", f"127.0.0.1:{port}", "--collector", collector)
    log = folder.with_suffix(".log")
    async with running("edge_agent", "run", *arguments, "--camera", camera, log=log) as program:
        yield await program.line_with(LISTENING), program


async def command(*arguments: str, stdin: bytes = b"", seconds: float = 50) -> Finished:
    """Run a command to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate(stdin)
    except TimeoutError:
        process.kill()
        await process.communicate()
        raise
    assert process.returncode is not None
    return Finished(process.returncode, out.decode(), err.decode())


def free_port() -> int:
    """Return a port that was free a moment ago, for a server that is started later."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
