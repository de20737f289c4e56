"""The programs of the demo as child processes: started, watched, stopped, and none left behind.

Each writes what it prints to `NAME.log` in the folder of the demo. A program has START_SECONDS to say where it
listens and STOP_SECONDS to end after SIGTERM; then it is killed. Settings of this user's environment are kept from it.
On Linux they get SIGTERM also where the demo itself is killed and can stop nobody.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

START_SECONDS = 30
STOP_SECONDS = 5
SAYS_WHERE = "listening on "
LAST_LINES = 15
_PR_SET_PDEATHSIG = 1
"""Of sys/prctl.h."""
_prctl = getattr(ctypes.CDLL(None), "prctl", None)


class ProgramFailed(Exception):
    """A program of the demo ended by itself or did not start; says which and shows its last log lines."""

    def __init__(self, name: str, what: str, *, log: Path) -> None:
        last = log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        super().__init__("\n".join([f"{name} {what}; the last lines of its log:", *(f"    {line}" for line in last)]))


@dataclass(frozen=True, slots=True)
class Program:
    """A running program: its process, its log and the task that waits for its end."""

    name: str
    child: asyncio.subprocess.Process
    log: Path
    ended: asyncio.Task[int]

    def failure(self) -> ProgramFailed:
        """Return the error that tells of this program's end."""
        return ProgramFailed(self.name, f"ended by itself with exit code {self.child.returncode}", log=self.log)


class Programs:
    """All programs started so far. Leaving its `async with` stops them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[Program] = []
        self._changed = asyncio.Event()

    async def start(self, commands: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Run `python -m ARGUMENTS` for each name, all at once, and return the URLs they say they listen on.

        Raises ProgramFailed for the first that does not say so.
        """
        started = [await self._launched(name, arguments) for name, arguments in commands.items()]
        addresses = await asyncio.gather(*(_address(program) for program in started))
        return dict(zip(commands, addresses, strict=True))

    async def first_failure(self) -> ProgramFailed:
        """Wait until a program ends that nobody stopped, and return the error that says so."""
        while True:
            self._changed.clear()
            changed = asyncio.create_task(self._changed.wait())
            try:
                await asyncio.wait([changed, *(p.ended for p in self._running)], return_when=asyncio.FIRST_COMPLETED)
            finally:
                changed.cancel()
            for program in self._running:
                if program.ended.done():
                    return program.failure()

    @property
    def pids(self) -> list[int]:
        """The process ids of the programs nobody stopped."""
        return [program.child.pid for program in self._running]

    async def stop(self, *names: str) -> None:
        """Stop these programs, all at once; without names every one."""
        ending = [program for program in self._running if not names or program.name in names]
        self._running = [program for program in self._running if program not in ending]
        self._changed.set()
        await asyncio.gather(*(_stopped(program) for program in ending))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.stop()

    async def _launched(self, name: str, arguments: Sequence[str]) -> Program:
        log = self._folder / f"{name}.log"
        own = {key: value for key, value in os.environ.items() if not key.startswith(("COLLECTOR_", "EDGE_AGENT_"))}
        with log.open("wb") as sink:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=asyncio.subprocess.STDOUT,
                env=own,
                start_new_session=True,  # Ctrl-C reaches the demo alone, which then stops the others
                preexec_fn=_end_with_the_demo,
            )
        program = Program(name, child, log, asyncio.create_task(child.wait()))
        self._running.append(program)
        self._changed.set()
        return program


async def _address(program: Program) -> str:
    """Return what the program printed after `listening on`, once it did."""
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        for line in program.log.read_text(errors="replace").splitlines(keepends=True):
            if line.startswith(SAYS_WHERE) and line.endswith("\n"):
                return line.removeprefix(SAYS_WHERE).strip()
        if program.ended.done():
            raise program.failure()
        await asyncio.wait([program.ended], timeout=0.05)
    raise ProgramFailed(program.name, f"did not say within {START_SECONDS} s where it listens", log=program.log)


async def _stopped(program: Program) -> None:
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        if program.ended.done():
            return
        with contextlib.suppress(ProcessLookupError):
            # Not `child.send_signal`: it may reap a child that has just ended before asyncio does, and its exit code is lost.
            os.kill(program.child.pid, number)
        await asyncio.wait([program.ended], timeout=seconds)


def _end_with_the_demo() -> None:
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
