"""One writer per file: a lock on a file of its own, held as long as the process lives.

The lock is `flock`, so a killed process leaves nothing to clean up. The file holds the pid of the holder, for the message
of the second. What is not ours is never written: neither behind a symbolic link, nor over content that is no pid. A lock
file may be deleted while it is held: whoever takes the lock makes sure that the path still leads to it, and the holder
asks again before each write (`check`), because another process may have made a new file and locked that one.
"""

import contextlib
import fcntl
import os
import re
import stat
from pathlib import Path

from shared.errors import FileHeld, StorageUnusable

_TRIES = 10
"""Each more means that somebody deleted the file between opening and locking it."""
_PID = re.compile(rb"[0-9]{0,20}\n?")
_LONGEST_CONTENT = 32


class FileLock:
    """An exclusive lock on `path`; `with` holds it, a second holder is refused at once.

    Raises:
        FileHeld: names the pid that holds it.
        StorageUnusable: what lies at `path` is no lock file of ours; it is left as it is.
    """

    def __init__(self, path: Path, *, what: str) -> None:
        self._path = path
        self._what = what
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or say who has it."""
        for _ in range(_TRIES):
            descriptor = self._open()
            try:
                self._take(descriptor)
                if self._leads_to(descriptor):
                    self._descriptor = descriptor
                    with contextlib.suppress(OSError):  # on a full disk the lock counts, not the number in it
                        os.ftruncate(descriptor, 0)
                        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
                    return
            finally:
                if self._descriptor != descriptor:
                    os.close(descriptor)
        raise FileHeld(f"{self._path} is deleted again and again", hint="leave the lock file where it is")

    def check(self) -> None:
        """Let pass if the lock is held and nobody else can have taken it.

        Raises:
            StorageUnusable: the file was deleted, moved or replaced meanwhile.
        """
        if self._descriptor is None or not self._leads_to(self._descriptor):
            raise StorageUnusable(
                f"{self._path} was deleted or replaced: another process may be writing to {self._what}",
                hint="restart this program, and leave the lock file where it is",
            )

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

    def _open(self) -> int:
        if self._path.is_symlink():
            raise self._not_ours("is a symbolic link")
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)

    def _take(self, descriptor: int) -> None:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise self._not_ours("is no ordinary file")
        content = os.pread(descriptor, _LONGEST_CONTENT, 0)
        if not _PID.fullmatch(content):
            raise self._not_ours("holds something else than a process number")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = content.decode().strip() or "unknown"
            raise FileHeld(
                f"{self._what} is in use by process {holder}", hint="stop it first, or use another"
            ) from error

    def _leads_to(self, descriptor: int) -> bool:
        try:
            there = self._path.stat(follow_symlinks=False)
        except OSError:
            return False
        return os.path.samestat(there, os.fstat(descriptor))

    def _not_ours(self, reason: str) -> StorageUnusable:
        return StorageUnusable(
            f"{self._path} is no lock file of this program: it {reason}", hint="it was left untouched; move it away"
        )
