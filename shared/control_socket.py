"""The Unix socket by which a command talks to the running program that owns a file.

The path of a socket holds 107 bytes at most; a longer one is reached through its folder's descriptor.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
