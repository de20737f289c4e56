"""The queue file: how it is made, recognised, opened and brought up to date.

A file is ours by its `application_id`, and of a schema by its `user_version` (the number of migrations applied). One
that is not ours, or newer than this program, is left untouched: it is recognised from its first 100 bytes, before
SQLite may write to it. A new file is made complete under another name and renamed into place, so that a crash leaves
either no file or a whole one; `page_size` and `auto_vacuum` only take effect before WAL is switched on.

Tables: `event_log` is append-only; what became of an event stands in `settled` (merged ranges, normally one or two) and
`dead_letter`. A log with ranges writes half as much as one with a status column, and has no state to repair after a
crash. `synchronous=FULL`: with NORMAL a power cut takes acknowledged commits with it.
"""

import os
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database, Migrations
from sqlite_utils.utils import sqlite3

from edge_agent.buffer.faults import not_a_queue, transaction, translated
from shared.errors import StorageUnusable

QUEUE_FILE = "queue.db"
APPLICATION_ID = 0x4C53_4541
"""`LSEA` in ASCII."""
MAGIC = b"SQLite format 3\0"
BUSY_SECONDS = 5
_JOURNAL_BYTES = 16 * 1024 * 1024
_HEADER_BYTES = 100
_USER_VERSION = slice(60, 64)
_APPLICATION_ID = slice(68, 72)

migrations = Migrations("edge_agent")


@migrations()
def m001_log(db: Database) -> None:
    """Make the tables of the first version."""
    # One row an event, never changed; `at` is in the payload too, here it can be searched.
    db.execute("""
        create table event_log (
            seq integer primary key autoincrement,
            epoch integer not null,
            at integer not null,
            accepted_at integer not null,
            checksum integer not null,
            payload text not null
        ) strict
    """)
    # For replay of a window of time.
    db.execute("""
        create index event_log_at
        on event_log (at)
    """)
    # A token makes the numbers from first_seq on unique for ever; the next epoch's first_seq ends it.
    db.execute("""
        create table epoch (
            number integer primary key,
            token text not null unique,
            first_seq integer not null
        ) strict
    """)
    # Ranges of numbers that the collector has confirmed; they neither overlap nor touch.
    db.execute("""
        create table settled (
            first integer primary key,
            last integer not null check (last >= first)
        ) strict
    """)
    # Events that will not be sent again, with the reason; times are microseconds UTC.
    db.execute("""
        create table dead_letter (
            seq integer primary key,
            code text not null,
            error text not null,
            buried_at integer not null
        ) strict
    """)
    # What the agent remembers of itself.
    db.execute("""
        create table meta (
            key text primary key,
            value text not null
        ) strict, without rowid
    """)


@migrations()
def m002_space(db: Database) -> None:
    """Make the tables by which old events leave and lost ones are named."""
    # Ranges of numbers that have no row any more; they neither overlap nor touch.
    db.execute("""
        create table removed (
            first integer primary key,
            last integer not null check (last >= first)
        ) strict
    """)
    # Ranges of numbers that were given up before the collector confirmed them, and why.
    db.execute("""
        create table dropped (
            first integer primary key,
            last integer not null check (last >= first),
            reason text not null
        ) strict
    """)
    # At a second of the agent's running time (no wall clock), everything up to seq had been dealt with.
    db.execute("""
        create table mark (
            tick integer primary key,
            seq integer not null
        ) strict
    """)


SCHEMA_VERSION = 2
"""How many migrations there are."""


def open_for_writing(folder: Path) -> sqlite3.Connection:
    """Return the one writing connection to a folder's queue file, made or migrated if need be.

    The caller holds the folder's lock.

    Raises:
        StorageUnusable: not SQLite, of another program or of a newer one (then it is untouched), or not to be opened.
        StorageFull: no room for the file.
    """
    path = folder / QUEUE_FILE
    with translated(path):
        if not path.exists():
            _make(path)
        _check_header(path)
        connection = _connect(path)
        try:
            _check_version(path, int(connection.execute("pragma user_version").fetchone()[0]))
            _migrate(connection, path)
            connection.execute("pragma journal_mode = wal")
            connection.execute(f"pragma journal_size_limit = {_JOURNAL_BYTES}")
        except BaseException:
            connection.close()
            raise
        return connection


def open_for_reading(folder: Path) -> sqlite3.Connection:
    """Return a connection that cannot write, for use beside the running agent or without one.

    Raises:
        StorageUnusable: as for writing.
    """
    path = folder / QUEUE_FILE
    with translated(path):
        _check_header(path)
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_SECONDS
        )
        try:
            connection.execute("pragma query_only = on")
            connection.execute("pragma trusted_schema = off")
            _check_version(path, int(connection.execute("pragma user_version").fetchone()[0]))
        except BaseException:
            connection.close()
            raise
        return connection


def size_bytes(folder: Path) -> int:
    """Return what the queue takes on disk: the file and its write-ahead log."""
    files = (folder / QUEUE_FILE, folder / (QUEUE_FILE + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk: a new file that is synced may still vanish with its name."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
    connection.execute("pragma synchronous = full")
    connection.execute("pragma secure_delete = on")
    connection.execute("pragma trusted_schema = off")
    connection.execute("pragma cell_size_check = on")
    return connection


def _make(path: Path) -> None:
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        # SQLite would mix the frames of the missing file into the new one.
        raise StorageUnusable(f"{path} is missing but {log.name} is there", hint="put the file back, or move both away")
    unfinished = path.with_name(path.name + ".new")
    for leftover in (unfinished, path.with_name(unfinished.name + "-journal")):
        leftover.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    with closing(_connect(unfinished)) as connection:
        connection.execute("pragma page_size = 4096")
        connection.execute("pragma auto_vacuum = incremental")
        _migrate(connection, unfinished)
    unfinished.replace(path)
    sync_folder(path.parent)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    db = Database(connection, execute_plugins=False, recursive_triggers=False)
    if int(connection.execute("pragma user_version").fetchone()[0]) == SCHEMA_VERSION:
        return
    with transaction(connection, path):
        migrations.apply(db)
        connection.execute(f"pragma application_id = {APPLICATION_ID}")
        connection.execute(f"pragma user_version = {SCHEMA_VERSION}")


def _check_header(path: Path) -> None:
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if not header.startswith(MAGIC) or len(header) < _HEADER_BYTES:
        raise not_a_queue(path, "it is no SQLite database")
    if int.from_bytes(header[_APPLICATION_ID]) != APPLICATION_ID:
        raise not_a_queue(path, "it belongs to another program")
    _check_version(path, int.from_bytes(header[_USER_VERSION]))


def _check_version(path: Path, version: int) -> None:
    if version > SCHEMA_VERSION:
        raise not_a_queue(path, f"its schema {version} is newer than the {SCHEMA_VERSION} known here")
