"""A look at a disk as `check` takes it: room, and the time of small synced writes. The file it writes has no name."""

import os
import shutil
import tempfile
from pathlib import Path

from shared.clock import Clock
from shared.findings import LITTLE_ROOM_BYTES, Finding, disk_finding

_SYNCS = 8
_BLOCK = b"\0" * 4096
"""One page of a database."""


def look_at_disk(folder: Path, *, clock: Clock, slow: str, least_bytes: int = LITTLE_ROOM_BYTES) -> Finding:
    """Return how much room there is and how long a synced write takes; of a folder yet to be made, where it will be.

    `slow` says what a slow disk means for whoever waits for it, `least_bytes` how much has to be free.
    """
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    try:
        took = _sync_seconds(there, clock=clock)
        return disk_finding(
            folder=str(there),
            free_bytes=shutil.disk_usage(there).free,
            sync_seconds=took,
            slow=slow,
            least_bytes=least_bytes,
        )
    except OSError as error:
        return Finding("disk", f"{there} cannot be written to: {error.strerror}", 7)


def _sync_seconds(folder: Path, *, clock: Clock) -> list[float]:
    took = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(_SYNCS):
            started = clock.monotonic()
            file.write(_BLOCK)
            os.fsync(file.fileno())
            took.append(clock.monotonic() - started)
    return took
