"""The Unix socket by which a command talks to the running program that owns a file.

The path of a socket holds 107 bytes at most; a longer one is reached through its folder's descriptor. Only sockets are
ever removed: another file of that name is somebody's, and stays.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import StorageUnusable

_LONGEST_PATH = 100


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """Give a name for the socket at `path` that is short enough to bind or to connect to, while the block lasts."""
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def make_room(path: Path) -> None:
    """Remove the socket that a dead program left; the caller holds the lock that says it is dead.

    Raises:
        StorageUnusable: something else lies there.
    """
    if not remove(path):
        raise StorageUnusable(f"{path} is in the way and no socket", hint="it was left untouched; move it away")


def remove(path: Path) -> bool:
    """Remove a socket; return False, and leave it, if something else lies there."""
    try:
        mode = path.stat(follow_symlinks=False).st_mode
    except FileNotFoundError:
        return True
    if not stat.S_ISSOCK(mode):
        return False
    path.unlink(missing_ok=True)
    return True
