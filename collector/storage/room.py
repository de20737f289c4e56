"""How much room a SQLite store takes and has left, by what the file system says; the file is not opened."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from collector.storage.opening import real_path, translated_errors


@dataclass(frozen=True, slots=True)
class Room:
    """In bytes."""

    size_bytes: int
    log_bytes: int
    """Of SQLite's write-ahead log, besides."""
    free_disk_bytes: int


def room_of(file: Path) -> Room:
    """Return the room of the store in `file`, and what is left on its disk.

    Raises:
        StorageUnusable: it cannot be looked at.
    """
    with translated_errors(file):
        real = real_path(file)
        log = real.with_name(real.name + "-wal")
        return Room(
            size_bytes=real.stat().st_size,
            log_bytes=log.stat().st_size if log.exists() else 0,
            free_disk_bytes=shutil.disk_usage(real.parent).free,
        )
