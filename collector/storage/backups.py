"""Copies of a SQLite store that can be relied on: of one moment, while others write; whole, or not there at all.

A copy grows under another name (`.NAME.partial`), is checked and synced, and takes its own name by a rename. A kill leaves
at most the partial file, which the next copy of that name writes over. What was deleted from the store is in no page of it.
It takes the room of the copy, and holds up no writer; the store's log grows until it is done.
"""

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from collector.records import LedgerRules
from collector.storage.migrating import migrate, refuse_foreign
from collector.storage.migrations import migrations
from collector.storage.opening import looking_at, open_reader, real_path, translated_errors
from shared.errors import BadRequest, Busy, StorageUnusable

COMPANIONS = ("-wal", "-shm", "-journal")
"""What SQLite would take for a part of the file before them."""
HALF_MADE = (".partial", ".restored")
_MAGIC = b"SQLite format 3\0"
_MOST_DAMAGE = 3

_log = logging.getLogger(__name__)


def back_up(file: Path, target: Path) -> int:
    """Write a copy of the store in `file` to `target`, and return its size in bytes.

    Raises:
        BadRequest: something lies at `target`.
        StorageUnusable: `file` is no store of ours, or damaged; or `target` cannot be written.
        StorageFull: there is no room for the copy.
    """
    taken = [path for path in (target, *companions(target)) if path.exists() or path.is_symlink()]
    if taken:
        raise BadRequest(f"{taken[0]} is there already", hint="a backup overwrites nothing: name a new file")
    with translated_errors(file):
        exists = real_path(file).exists()
    if exists:
        with looking_at(file) as connection:
            refuse_foreign(connection)
    with closing(open_reader(file)) as reader:
        # The file is opened for reading alone; the pragma of readers would forbid the copy, too.
        reader.execute("pragma query_only = off")
        return copy_into(reader, target)


def upgrade(connection: sqlite3.Connection, file: Path, *, rules: LedgerRules) -> None:
    """Bring the schema of the store in `file` up to date; what it was before is kept beside it.

    Raises:
        StorageUnusable: another program's, or one of a newer version; it is left untouched.
        StorageFull: there is no room for the copy, or for the change: it is as it was.
    """
    db = Database(connection, recursive_triggers=False, execute_plugins=False)
    refuse_foreign(connection)
    done, missing = len(migrations.applied(db)), [step.name for step in migrations.pending(db)]
    if done and missing:
        before = kept_before(file, done)
        copy_into(connection, before)
        _log.info("database kept as it was before its upgrade", extra={"file": str(before), "steps": missing})
    migrate(connection, rules=rules)


def kept_before(file: Path, steps: int) -> Path:
    """Return where a database is kept that has so many steps of the schema, before it gets more."""
    real = real_path(file)
    return real.with_name(f"{real.name}.schema-{steps}")


def companions(file: Path) -> list[Path]:
    """Return the files beside a database that SQLite reads as a part of it."""
    return [file.with_name(file.name + ending) for ending in COMPANIONS]


def is_half_made(path: Path) -> bool:
    """Say whether a file is what a killed backup or restore has left, or one is writing: the first page is written last."""
    if not path.name.startswith(".") or not path.name.endswith(HALF_MADE):
        return False
    with path.open("rb") as content:
        return content.read(len(_MAGIC)) in (_MAGIC, bytes(len(_MAGIC)))


def damage_of(file: Path) -> list[str]:
    """Return what SQLite finds wrong with a file that nobody writes to; nothing if it is whole.

    Raises:
        StorageUnusable: it is no database, another program's, or of a newer version.
    """
    with looking_at(file) as connection, translated_errors(file):
        refuse_foreign(connection)
        return damage_in(connection)


def damage_in(connection: sqlite3.Connection) -> list[str]:
    """Return what SQLite finds wrong with a database: its pages and indices, and rows that point at nothing."""
    said = [str(text) for (text,) in connection.execute(f"pragma integrity_check({_MOST_DAMAGE})") if text != "ok"]
    lone = connection.execute("pragma foreign_key_check").fetchmany(_MOST_DAMAGE)
    return said + [f"a row of {table} points at no {parent}" for table, _, parent, _ in lone]


def copy_into(connection: sqlite3.Connection, target: Path) -> int:
    """Write what a connection sees to `target`, in place of what is there, and return its size in bytes."""
    with _growing(target) as (partial, descriptor):
        with translated_errors(target):
            connection.execute("vacuum into ?", (str(partial),))
        if damage := damage_of(partial):
            raise StorageUnusable(
                f"the copy is damaged: {damage[0]}", hint="so is the database: see `collector db check`"
            )
        os.fsync(descriptor)
        partial.replace(target)
        sync_folder(target.parent)
        return os.fstat(descriptor).st_size


def sync_folder(folder: Path) -> None:
    """Return once the names in a folder are on disk; a file system that cannot say so is taken at its word."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _growing(target: Path) -> Iterator[tuple[Path, int]]:
    """Give an empty file that is to become `target`, and its descriptor; what has not become it by the end is gone."""
    partial = target.with_name(f".{target.name}.partial")
    with translated_errors(target):
        # SQLite fills an empty file as it finds it, for its owner only.
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise _in_the_making(target) from error
            if not _leads_to(partial, descriptor):  # it was finished and renamed while we opened it
                raise _in_the_making(target)
            os.ftruncate(descriptor, 0)
            try:
                yield partial, descriptor
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
        finally:
            os.close(descriptor)


def _leads_to(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _in_the_making(target: Path) -> Busy:
    return Busy(f"another command is writing {target}", hint="wait until it is done")
