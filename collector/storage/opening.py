"""Opening a SQLite file: what must be said before the first statement, and what its errors mean.

One connection a file writes and checkpoints, held by a lock file beside it; every other connection is read-only. That is
also the defence against the WAL-reset bug of SQLite before 3.51.3, which needs two writers.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils.utils import sqlite3

from shared.errors import Busy, DiskFailed, LinesideError, StorageFull, StorageUnusable
from shared.file_lock import FileLock

BUSY_MILLISECONDS = 5_000
SQLITE_VERSION = sqlite3.sqlite_version
"""Of the library in this process; before 3.51.3 two writers of one file could damage it."""
WAL_PAGES = 4_000
"""16 MiB of WAL before it is folded back: large enough for the biggest batch, small enough to be read fast."""

_log = logging.getLogger(__name__)
_RIGHTS = "this user must be able to read and write the file and its folder"
_MAGIC = b"SQLite format 3\0"


def real_path(file: Path) -> Path:
    """Return where a database file really lies: SQLite's log, our lock and our socket are beside it, not beside a link.

    Raises:
        StorageUnusable: a folder lies there, or the links lead nowhere.
    """
    with translated_errors(file):
        real = Path(os.path.realpath(file))
        if real.is_symlink():
            raise StorageUnusable(f"{file} is a symbolic link that leads in a circle")
        if real.is_dir():
            raise StorageUnusable(f"{file} is a folder", hint="name a file in it with --database")
    return real


CHOOSE_ANOTHER = "choose another file with --database"


def lock_of(file: Path) -> FileLock:
    """Return the lock that the one writer of a database file holds, whichever name the file goes by."""
    real = real_path(file)
    return FileLock(real.with_name(real.name + ".lock"), what=f"the database {file}")


def open_writer(file: Path) -> sqlite3.Connection:
    """Return the writing connection; whoever calls holds the file's lock.

    Raises:
        StorageUnusable: not a SQLite file, or it cannot be opened at all.
    """
    with translated_errors(file):
        # Worker ids are personal data: the file, and with it its WAL, is for its owner only.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        connection.execute(f"pragma busy_timeout = {BUSY_MILLISECONDS}")
        # page_size and auto_vacuum are ignored once the file is in WAL mode.
        connection.execute("pragma auto_vacuum = incremental")
        connection.execute("pragma journal_mode = wal")
        # An answer leaves after the commit, so the commit must be on disk; NORMAL would lose the last ones in a power cut.
        connection.execute("pragma synchronous = full")
        connection.execute(f"pragma wal_autocheckpoint = {WAL_PAGES}")
        connection.execute("pragma journal_size_limit = 67108864")
        connection.execute("pragma foreign_keys = on")
        connection.execute("pragma trusted_schema = off")
        connection.execute("pragma cache_size = -65536")
    return connection


def open_reader(file: Path) -> sqlite3.Connection:
    """Return a connection that cannot write.

    Raises:
        StorageUnusable: there is no such file, or it is not SQLite.
    """
    with translated_errors(file):
        if not real_path(file).exists():
            raise StorageUnusable(f"there is no database {file}", hint="start the collector once, or name another file")
        connection = sqlite3.connect(
            f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        connection.execute(f"pragma busy_timeout = {BUSY_MILLISECONDS}")
        connection.execute("pragma query_only = on")
        connection.execute("pragma trusted_schema = off")
        connection.execute("select count(*) from sqlite_master").fetchone()
    return connection


@contextmanager
def looking_at(file: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to a file that may be anybody's: it is not changed, and no file appears beside it.

    Raises:
        StorageUnusable: not a SQLite file, or it cannot be opened at all.
    """
    with translated_errors(file), file.open("rb") as content:
        # SQLite takes a file of a few bytes for an empty database and writes over it.
        if content.read(len(_MAGIC)) not in (b"", _MAGIC):
            raise StorageUnusable(f"{file} is not a SQLite database", hint=CHOOSE_ANOTHER)
    # Without a log nobody writes now; read as immutable, SQLite makes no log of its own.
    real = real_path(file)
    has_log = real.with_name(real.name + "-wal").exists()
    address = f"{real.as_uri()}?mode=ro" + ("" if has_log else "&immutable=1")
    with translated_errors(file), closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        yield connection


def write_anew(connection: sqlite3.Connection) -> None:
    """Write a database anew, outside of a transaction, so that no page holds what was deleted.

    Takes twice as much room again as the database has, all of it in its folder: a whole copy, and then the log. By itself
    SQLite would put the copy, everybody's ids in it, under /var/tmp.

    Raises:
        StorageFull: there is not so much room; none of it was taken from those who store.
    """
    file = Path(next(place for _, name, place in connection.execute("pragma database_list") if name == "main"))
    size = full_bytes(connection)
    wanted, free = 2 * size, shutil.disk_usage(file.parent).free
    if free < wanted:
        raise StorageFull(f"to write the database anew takes {wanted:,} bytes, and {free:,} are free on its disk")
    seconds = f"{size // 100_000_000 + 1} to {size // 10_000_000 + 1}"
    _log.info(
        "the database is written anew, and nothing is stored meanwhile", extra={"bytes": size, "seconds": seconds}
    )
    _put_aside_in(connection, str(file.parent))
    try:
        connection.execute("vacuum")
    finally:
        _put_aside_in(connection, "")


def full_bytes(connection: sqlite3.Connection) -> int:
    """Return how much of a file holds anything: so much is written where it is written anew."""
    pages, free, size = (
        int(connection.execute(f"pragma {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _put_aside_in(connection: sqlite3.Connection, folder: str) -> None:
    # Deprecated, and there is no other way once the library is loaded; for the whole process, "" is what it was.
    quoted = folder.replace("'", "''")
    connection.execute(f"pragma temp_store_directory = '{quoted}'")


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str) -> Iterator[None]:
    """Run a block in one transaction, `immediate` to write or `deferred` to read; any error leaves nothing behind."""
    connection.execute(f"begin {kind}")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


@contextmanager
def translated_errors(file: Path) -> Iterator[None]:
    """Turn SQLite's errors and the operating system's into ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _translate(error, file) from error
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.IntegrityError):
            raise
        raise StorageUnusable(f"{file} is not a SQLite database, or it is damaged: {error}") from error
    except OSError as error:
        hint = "is there such a folder?" if isinstance(error, FileNotFoundError) else _RIGHTS
        raise StorageUnusable(f"{file} cannot be opened: {error.strerror}", hint=hint) from error


def _translate(error: Exception, file: Path) -> LinesideError:
    text = str(error)
    if "full" in text:
        return StorageFull(f"the disk that holds {file} is full; nothing of this request was kept")
    if "locked" in text or "busy" in text:
        return Busy(f"{file} is locked by another program; nothing of this request was kept")
    if "interrupted" in text:
        return Busy("the question was given up before it was answered")
    if "disk I/O error" in text:
        return DiskFailed(f"the disk that holds {file} reports errors; nothing of this request was kept")
    return StorageUnusable(
        f"{file} cannot be used: {text}", hint=_RIGHTS if "open" in text or "readonly" in text else ""
    )
