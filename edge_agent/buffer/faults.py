"""The failures of SQLite and of the file system in our words, translated once at the edge of the buffer."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils.utils import sqlite3

from shared.errors import Busy, DiskFailed, LinesideError, StorageFull, StorageUnusable

_PRIMARY_CODE = 0xFF
_BUSY, _LOCKED, _CORRUPT, _FULL, _NOT_A_DATABASE = 5, 6, 11, 13, 26  # https://sqlite.org/rescode.html
_ERROR, _CONSTRAINT, _MISMATCH = 1, 19, 20
"""What our statements meet in a file of another schema, or of numbers that cannot be."""
_WILL_BE_SALVAGED = "what is whole will be salvaged; send again"

_log = logging.getLogger(__name__)


class QueueDoubtful(DiskFailed):
    """The queue file does not take what a queue takes: it is opened anew and looked over."""


class QueueDamaged(StorageUnusable):
    """The queue file is not as it was written."""

    http_status = 503
    retry_after_seconds = 5


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise what SQLite or the system says of the file at `path` as Busy, StorageFull or StorageUnusable.

    Three kinds of StorageUnusable want something done: DiskFailed (close the file and open it anew: after a failed sync
    its connection may believe what is not on disk), QueueDoubtful (the same, for opening looks whether the schema and
    the numbers are what was written) and QueueDamaged (salvage it).
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _in_our_words(error, path) from error
    except UnicodeDecodeError as error:  # also in SQLite's own message, where it quotes what is damaged
        raise QueueDamaged(f"{path} is damaged: it holds text that is none", hint=_WILL_BE_SALVAGED) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(path) from error
        if isinstance(error, PermissionError):
            raise _not_ours(Path(error.filename or path), error) from error
        raise _unusable(path, error.strerror or str(error)) from error


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Hold a write transaction: committed on disk when the block ends, without a trace when it raises.

    A COMMIT that failed leaves the transaction open, and every later BEGIN would fail: it is rolled back too.
    """
    with translated(path):
        connection.execute("begin immediate")
        try:
            yield
            connection.execute("commit")
        except BaseException:
            _roll_back(connection, path)
            raise


def _roll_back(connection: sqlite3.Connection, path: Path) -> None:
    if not connection.in_transaction:  # SQLite has done so itself, as it does after some errors
        return
    try:
        connection.execute("rollback")
    except sqlite3.Error as error:  # the failure that led here is the one to report
        _log.warning("rollback failed", extra={"file": str(path), "error": str(error)})


def not_a_queue(path: Path, reason: str) -> StorageUnusable:
    """Return the error for a file that is left as it is because it is not ours to write."""
    return StorageUnusable(
        f"{path} is not a queue of this program: {reason}", hint="it was left untouched; move it away or use another"
    )


def _in_our_words(error: sqlite3.Error, path: Path) -> LinesideError:
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    if not code and str(error).startswith("Could not decode"):  # the module's own words: it has no code for them
        code = _CORRUPT
    if code == _FULL:
        return _full(path)
    if code in (_BUSY, _LOCKED):
        return Busy(f"{path} is busy")
    if code in (_NOT_A_DATABASE, _CORRUPT):
        return QueueDamaged(f"{path} is damaged: {error}", hint=_WILL_BE_SALVAGED)
    if isinstance(error, sqlite3.ProgrammingError):  # ours, such as the use of a log that is closed
        return StorageUnusable(f"{path} cannot be used: {error}")
    if code in (_ERROR, _CONSTRAINT, _MISMATCH):
        return QueueDoubtful(f"{path} cannot be used: {error}", hint="it is opened anew and looked over; send again")
    return _unusable(path, str(error))


def _full(path: Path) -> StorageFull:
    return StorageFull(f"no room is left on the disk of {path}", hint="make room; nothing that was taken is lost")


def _not_ours(path: Path, error: PermissionError) -> DiskFailed:
    """Return what to say of a file that another user owns, as one does that root has copied into the folder."""
    return DiskFailed(
        f"{path} cannot be used: {error.strerror}", hint="it has to belong to the user that the agent runs as: chown it"
    )


def _unusable(path: Path, reason: str) -> DiskFailed:
    return DiskFailed(f"{path} cannot be used: {reason}", hint="is the disk mounted, writable and whole?")
