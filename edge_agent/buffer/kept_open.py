"""A queue file whose name was taken away while it was in use, written again from what is still open.

`rm queue.db`, or a copy that is moved over it, leaves a file without a name to the connection that has it open: SQLite goes
on to write there, says nothing, and with the process everything ends that was accepted since. So the names of file and log
are compared with what was opened, two looks of a microsecond before each use, as SQLite's own check does it by the inode.

Nothing is lost as long as the agent runs. What is open is copied into a complete file under the name of a salvage, which
takes the place of whatever lies there now; a crash in between is finished by the next start. Where the lock's file is gone,
too (the folder was moved), another agent may be at work there: then the copy lies beside, and the next start takes it in.
"""

from contextlib import closing
from pathlib import Path

from edge_agent.buffer import quarantine, rows, schema
from edge_agent.buffer.faults import translated
from edge_agent.buffer.findings import companions, places
from edge_agent.buffer.pages import PAGE_BYTES
from edge_agent.buffer.salvage import SALVAGED
from edge_agent.buffer.space import ROOM_TO_WRITE, free_disk_bytes
from shared.errors import StorageFull, StorageUnusable

WORDS = "its files were removed or replaced while they were in use; all that it held was written again"

Names = tuple[tuple[int, int] | None, ...]
"""Which files bear the names of a queue and of its log, by device and inode; None where there is none."""


def names(path: Path) -> Names:
    """Return which files bear the names of the queue at `path` and of its log."""
    return tuple(_identity(path.with_name(path.name + ending)) for ending in ("", "-wal"))


def is_in_place(path: Path, *, opened: Names) -> bool:
    """Return whether these are still the files that were opened; True where the disk does not say, its errors come by themselves."""
    try:
        return names(path) == opened
    except OSError:
        return True


def put_back(connection: rows.Connection, path: Path, *, now: int) -> None:
    """Write what a connection still reads into a new file at `path`, set aside what lies there, and close the connection.

    Raises:
        StorageFull, StorageUnusable: not possible now; what is open stays so.
    """
    with translated(path):
        complete = path.with_name(path.name + SALVAGED)
        _copy(connection, path, complete=complete)
        if companions(path):
            quarantine.set_aside(path, now=now)
        complete.replace(path)
        schema.sync_folder(path.parent)
        connection.close()  # last: whatever fails before is tried again from what is open


def leave_beside(connection: rows.Connection, path: Path) -> Path:
    """Write what a connection still reads into a file beside `path` that the next start takes in; return it.

    Raises:
        StorageFull, StorageUnusable: not possible now.
    """
    with translated(path):
        free = (place for place in places(path.parent) if place != path and not companions(place))
        if (beside := next(free, None)) is None:
            raise StorageUnusable(f"there is no free name for a queue beside {path}", hint="move one of them away")
        _copy(connection, beside, complete=beside)
    return beside


def _copy(connection: rows.Connection, path: Path, *, complete: Path) -> None:
    size = PAGE_BYTES * int(connection.execute("pragma page_count").fetchone()[0])
    if free_disk_bytes(path.parent) < size + ROOM_TO_WRITE:
        raise StorageFull(
            f"{path} was removed or replaced, and there is no room to write it again ({size:,} bytes)",
            hint="make room, and do not stop the agent before: its events are only in the file that it holds open",
        )
    unfinished = schema.prepare(path)
    with closing(schema.connect_plainly(unfinished)) as target:
        connection.backup(target)
    unfinished.replace(complete)
    schema.sync_folder(path.parent)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
