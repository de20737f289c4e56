"""The programs under load, each in a process of its own with a folder of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STOP_SECONDS = 20
CLOSED_ADDRESS = "http://127.0.0.1:9"
"""Nobody listens there: the edge agent is measured while its collector is away."""


@contextmanager
def collector(folder: Path, *, database: str | None = None) -> Iterator[str]:
    """Give the address of a new collector, on a file in the folder if no database is named."""
    where = ("--database", database or f"{folder}/collector.db")
    with _running("collector", "serve", *where, "--listen", "127.0.0.1:0") as address:
        yield address


@contextmanager
def edge_agent(folder: Path) -> Iterator[str]:
    """Give the address of a new edge agent that cannot reach its collector."""
    options = ("--data-dir", f"{folder}/queue", "--listen", "127.0.0.1:0", "--collector", CLOSED_ADDRESS)
    with _running("edge_agent", "run", *options, "--camera", "bench") as address:
        yield address


@contextmanager
def least(folder: Path) -> Iterator[str]:
    """Give the address of the least that takes the same bodies."""
    with _running("benchmarks.least", f"{folder}/least.db") as address:
        yield address


@contextmanager
def _running(*arguments: str) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        yield process.stdout.readline().removeprefix("listening on ").strip()
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
