"""A backup put in the place of a SQLite store, and a store made small again; both want the service stopped.

The backup is read through and copied beside the store before anything there is touched. What was there is kept under another
name, and nobody is logged in any more; a file that is too damaged to be told from a stranger's is left for its owner to move. Killed at any moment, the place holds the old store or the new one, whole: the log of the old
one is folded back before, for SQLite would take it for the new one's.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils.utils import sqlite3

from collector.storage.backups import companions, damage_of, sync_folder
from collector.storage.migrating import refuse_foreign, refuse_other_programs
from collector.storage.opening import (
    CHOOSE_ANOTHER,
    lock_of,
    looking_at,
    open_writer,
    real_path,
    translated_errors,
    write_anew,
)
from shared.errors import BadRequest, Busy, DiskFailed, StorageUnusable

_COPY_BYTES = 1024 * 1024
_NAME_ONE = "name a file that collector db backup has written"


@dataclass(frozen=True, slots=True)
class Compacted:
    """How large a file was, and how large it is."""

    before_bytes: int
    after_bytes: int


def restore(backup: Path, file: Path, *, suffix: str) -> Path | None:
    """Put a copy of `backup` in the place of `file`; return where what was there is kept, None if nothing was.

    `suffix` is the end of the name that it gets.

    Raises:
        BadRequest: they are the same file.
        FileHeld: the service, or another command, has it.
        StorageUnusable: the backup is damaged, not ours, or newer than this program; or `file` is another program's.
    """
    with translated_errors(backup):
        if not backup.is_file():
            is_folder = backup.is_dir()
            what = f"{backup} is a folder, and no backup" if is_folder else f"there is no backup {backup}"
            raise StorageUnusable(what, hint=_NAME_ONE)
        if file.exists() and backup.samefile(file):
            raise BadRequest(f"{backup} is the database itself", hint=_NAME_ONE)
    _refuse_what_is_no_backup(backup)
    with _held(file) as real:
        partial = real.with_name(f".{real.name}.restored")
        try:
            _remove(partial)  # a log that a killed restore has left would be taken for the next one's
            _copy(backup, partial)
            _end_sessions(partial)
            kept = _set_aside(real, suffix=suffix) if real.exists() else None
            partial.replace(real)
        finally:
            _remove(partial)
        sync_folder(real.parent)
        return kept


def compact(file: Path) -> Compacted:
    """Give the pages of deleted rows back to the disk; takes twice as much room again as it has, until it is done.

    Raises:
        FileHeld: the service, or another command, has it.
        StorageUnusable: there is no such file, or it is not ours.
        StorageFull: there is no room for that; the file is as it was.
    """
    with translated_errors(file):
        if not real_path(file).exists():
            raise StorageUnusable(f"there is no database {file}", hint="name another file with --database")
    with looking_at(file) as connection:
        refuse_foreign(connection)
    with _held(file) as real:
        with looking_at(real) as connection:
            refuse_foreign(connection)  # again: whoever held the lock until now may have changed it
        before = _size_of(real)
        with translated_errors(real), closing(open_writer(real)) as connection:
            write_anew(connection)
            _fold(connection, real)
        return Compacted(before, _size_of(real))


def _refuse_what_is_no_backup(backup: Path) -> None:
    try:
        damage = damage_of(backup)
        with looking_at(backup) as connection:
            is_empty = connection.execute("select 1 from sqlite_schema limit 1").fetchone() is None
    except DiskFailed:  # whatever the file is
        raise
    except StorageUnusable as error:
        hint = _NAME_ONE if error.hint in ("", CHOOSE_ANOTHER) else error.hint  # the database is not what was misnamed
        what = str(error.args[0])
        named = what if str(backup) in what else f"{backup}: {what}"
        raise StorageUnusable(named, hint=f"nothing was changed; {hint}") from error
    if damage:
        raise StorageUnusable(
            f"the backup {backup} is damaged: {damage[0]}", hint="nothing was changed; take another one"
        )
    if is_empty:  # a copy that was begun and never written; SQLite takes it for a database without tables
        raise StorageUnusable(f"{backup} is empty, and no backup", hint=f"nothing was changed; {_NAME_ONE}")


@contextmanager
def _held(file: Path) -> Iterator[Path]:
    """Hold the lock of a database file, and give the place where it really lies."""
    with translated_errors(file):
        real = real_path(file)
        real.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if real.exists():
            with looking_at(real) as connection:
                refuse_other_programs(connection)  # nothing appears beside what is not ours, not even a lock
        with lock_of(file):
            yield real


def _copy(backup: Path, partial: Path) -> None:
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with translated_errors(partial), os.fdopen(descriptor, "wb") as target, backup.open("rb") as source:
        shutil.copyfileobj(source, target, _COPY_BYTES)
        target.flush()
        os.fsync(target.fileno())


def _end_sessions(partial: Path) -> None:
    """Let everybody log in again: who had logged out, or was removed, since the backup shall not be logged in by it."""
    with looking_at(partial) as connection:
        has_table = connection.execute("select 1 from sqlite_schema where name = 'session'").fetchone()
        if not has_table or connection.execute("select 1 from session limit 1").fetchone() is None:
            return
    with translated_errors(partial), closing(open_writer(partial)) as connection:
        connection.execute("delete from session")
        _fold(connection, partial)


def _remove(file: Path) -> None:
    for part in (file, *companions(file)):
        part.unlink(missing_ok=True)


def _set_aside(real: Path, *, suffix: str) -> Path:
    """Give what is there a second name, and leave nothing beside it that SQLite would take for a part of the next."""
    with closing(open_writer(real)) as connection:
        _fold(connection, real)
    for part in companions(real):
        part.unlink(missing_ok=True)  # empty; a reader that is still there keeps what it has open
    kept = real.with_name(f"{real.name}.{suffix}")
    os.link(real, kept)  # fails if the name is taken
    return kept


def _fold(connection: sqlite3.Connection, file: Path) -> None:
    is_busy, _, _ = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    if is_busy:
        raise Busy(f"another command reads {file}", hint="wait until it is done")


def _size_of(real: Path) -> int:
    return sum(path.stat().st_size for path in (real, *companions(real)) if path.exists())
