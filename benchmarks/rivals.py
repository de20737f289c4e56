"""Two durable queues of others on the same payloads: puts a second and bytes written, each put on disk when it returns.

persist-queue takes SQLite's default in WAL mode, which is `synchronous=FULL`. litequeue asks for NORMAL, which may lose what
was put before a power cut; here it is set to FULL, which is what our agent does and what is compared. Both are called in
this process, without HTTP; our agent is measured with it.
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from litequeue import LiteQueue
from persistqueue import SQLiteQueue

from benchmarks.processes import written_bytes
from benchmarks.waits import Waits, waits


@dataclass(frozen=True)
class Puts:
    """What a queue did."""

    name: str
    puts_a_second: float
    written_bytes_a_put: float
    waits: Waits
    """Of a put until it returns."""


def run(payloads: Sequence[str]) -> list[Puts]:
    """Put every payload into each queue, one after the other."""
    return [
        _measure("persist-queue", _persist_queue, payloads=payloads),
        _measure("litequeue", _litequeue, payloads=payloads),
    ]


def _measure(name: str, open_queue: Callable[[Path], Callable[[str], object]], *, payloads: Sequence[str]) -> Puts:
    with tempfile.TemporaryDirectory() as folder:
        put = open_queue(Path(folder))
        before, began = written_bytes(os.getpid()), time.perf_counter()
        each, last = [], began
        for payload in payloads:
            put(payload)
            now = time.perf_counter()
            each.append(now - last)
            last = now
        took, written = last - began, written_bytes(os.getpid()) - before
    return Puts(name, len(payloads) / took, written / len(payloads), waits(each))


def _persist_queue(folder: Path) -> Callable[[str], object]:
    return SQLiteQueue(str(folder), auto_commit=True).put


def _litequeue(folder: Path) -> Callable[[str], object]:
    queue = LiteQueue(folder / "queue.db")
    queue.conn.execute("pragma synchronous = full")
    put: Callable[[str], object] = queue.put
    return put
