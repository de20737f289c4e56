"""One writer per file: a lock on a folder's name, held as long as the process lives.

The lock is `flock` on a file of its own, so a killed process leaves nothing to clean up. The file holds the pid of the
holder, for the message of the second.
"""

import fcntl
import os
from pathlib import Path

from shared.errors import FileHeld


class FileLock:
    """An exclusive lock on `path`; `with` holds it, a second holder is refused at once.

    Raises:
        FileHeld: names the pid that holds it.
    """

    def __init__(self, path: Path, *, what: str) -> None:
        self._path = path
        self._what = what
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or say who has it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise FileHeld(
                f"{self._what} is in use by process {holder}", hint="stop it first, or use another"
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock up; nothing happens if it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "FileLock":
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
