"""A running edge agent or collector, and what the system says of it: start, memory, processor time, bytes written.

`written_bytes` is the system's count of what a process has sent to the storage layer (/proc/PID/io), in pages of 4 KiB;
what a disk makes of it is another matter. `anonymous_mb` is memory that is the process's own; the rest of `resident_mb` is
files that others may share.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.programs import CLOSED_ADDRESS, STOP_SECONDS

_SERVICE = Path(__file__).parents[1] / "configs/systemd/edge-agent.service"
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Memory(NamedTuple):
    """What a process holds, in MB of 10⁶ bytes."""

    resident_mb: float
    anonymous_mb: float


class Running(NamedTuple):
    """A program that listens."""

    address: str
    pid: int
    start_seconds: float
    """From the command to the line that it listens."""

    def memory(self) -> Memory:
        """Return what it holds now."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        return Memory(_kib(text, "VmRSS") * 1.024e-3, _kib(text, "RssAnon") * 1.024e-3)

    def cpu_seconds(self) -> float:
        """Return the processor time that it has used so far."""
        return cpu_seconds(self.pid)

    def written_bytes(self) -> int:
        """Return what it has written to the file system so far."""
        return written_bytes(self.pid)


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


def written_bytes(pid: int) -> int:
    """Return what a process has sent to the storage layer so far."""
    found = re.search(r"^write_bytes: (\d+)$", Path(f"/proc/{pid}/io").read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError("this system does not count what processes write")
    return int(found[1])


@contextmanager
def edge_agent(folder: Path, *, collector: str = CLOSED_ADDRESS) -> Iterator[Running]:
    """Run an agent on a folder, new or not, in the environment that its service file gives it.

    Its backlog does not wait for a random moment: what takes more than five minutes to fill shall be drained at once.
    """
    options = (
        "--data-dir",
        f"{folder}/queue",
        "--listen",
        "127.0.0.1:0",
        "--collector",
        collector,
        "--camera",
        "bench",
    )
    given = dict(re.findall(r"^Environment=(\w+)=(\S+)$", _SERVICE.read_text(), re.MULTILINE))
    given["EDGE_AGENT_RETRY__RECOVERY_SPREAD"] = "0s"
    with _running("edge_agent", "run", *options, environment=given) as running:
        yield running


@contextmanager
def collector(folder: Path, *, port: int = 0, database: str | None = None) -> Iterator[Running]:
    """Run a collector on a folder, new or not, or on a database that is named."""
    options = ("--database", database or f"{folder}/collector.db", "--listen", f"127.0.0.1:{port}")
    with _running("collector", "serve", *options) as running:
        yield running


@contextmanager
def _running(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **(environment or {})},
    ) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            address = process.stdout.readline().removeprefix("listening on ").strip()
            yield Running(address, process.pid, time.perf_counter() - began)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _kib(status: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) if found else 0
