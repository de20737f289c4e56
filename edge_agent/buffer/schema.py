"""The queue file: how it is made, recognised, opened and brought up to date.

A file is ours by its `application_id`, and of a schema by its `user_version` (the number of migrations applied). One
that is not ours, or newer than this program, is recognised by `findings` before SQLite may write to it. A new file is made complete under another name and renamed into place, so that a crash leaves
either no file or a whole one; `page_size` and `auto_vacuum` only take effect before WAL is switched on.

Tables: `event_log` is append-only; what became of an event stands in `settled` (merged ranges, normally one or two),
`dead_letter` and `dropped`; `removed` names the numbers whose row is gone, settled long ago or dropped. A log with ranges writes half as much as one with a status column, and has no state to repair after a
crash. `synchronous=FULL`: with NORMAL a power cut takes acknowledged commits with it.
"""

import os
from contextlib import closing, suppress
from pathlib import Path

from sqlite_utils import Database, Migrations
from sqlite_utils.utils import sqlite3

from edge_agent.buffer.faults import not_a_queue, transaction, translated
from edge_agent.buffer.findings import APPLICATION_ID, QUEUE_FILE, Finding, find
from shared.errors import NotFound

__all__ = ["APPLICATION_ID", "QUEUE_FILE", "SCHEMA_VERSION", "connect", "make", "open_for_reading"]

BUSY_SECONDS = 5
UNFINISHED = ".new"
"""What follows the name of a queue file that is being made."""
_JOURNAL_BYTES = 4 * 1024 * 1024
"""What a log of 1,000 pages, at which SQLite folds it back, needs; a longer one is cut back to this."""

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


def connect(path: Path) -> sqlite3.Connection:
    """Return the one writing connection to a queue file that is there, migrated if need be.

    The caller holds the folder's lock and has made sure that the file is ours.

    Raises:
        QueueDamaged: SQLite finds no whole database there.
        StorageUnusable, StorageFull: it cannot be opened.
    """
    with translated(path):
        connection = connect_plainly(path)
        try:
            _migrate(connection, path)
            connection.execute("pragma journal_mode = wal").fetchall()
            connection.execute(f"pragma journal_size_limit = {_JOURNAL_BYTES}").fetchall()
        except BaseException:
            connection.close()
            raise
        return connection


def make(path: Path) -> None:
    """Make a queue file with nothing in it: whole, or not at all.

    Raises:
        StorageUnusable, StorageFull: it cannot be made.
    """
    with translated(path):
        unfinished = prepare(path)
        unfinished.replace(path)
        sync_folder(path.parent)


def prepare(path: Path) -> Path:
    """Return a queue file with nothing in it, under a name that no start takes for the queue at `path`."""
    unfinished = path.with_name(path.name + UNFINISHED)
    for leftover in (unfinished, path.with_name(unfinished.name + "-journal")):
        leftover.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    with closing(connect_plainly(unfinished)) as connection:
        connection.execute("pragma page_size = 4096")
        connection.execute("pragma auto_vacuum = incremental")
        _migrate(connection, unfinished)
    return unfinished


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Return a connection that cannot write, for use beside the running agent or without one."""
    with translated(path):
        uri = f"{path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
        try:
            connection.execute("pragma query_only = on")
            connection.execute("pragma trusted_schema = off")
        except BaseException:
            connection.close()
            raise
        return connection


def current_file(folder: Path) -> Path:
    """Return the file that is the queue of a folder.

    Raises:
        NotFound: there is none; what lies at its place instead is named.
        StorageUnusable: what is there cannot be read as a queue.
    """
    with translated(folder):
        path, finding, why, left_alone = find(folder, known_version=SCHEMA_VERSION)
    if finding is Finding.absent:
        words = "; ".join([f"there is no queue in {folder}", *left_alone])
        raise NotFound(words, hint="did the agent run with another --data-dir?")
    if finding is not Finding.ours:
        raise not_a_queue(path, why)
    return path


def make_folder(folder: Path) -> None:
    """Make a folder (0700) with those above it where they are missing, and put their names on disk."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in missing:
        with suppress(PermissionError):  # a folder in which one may make files and not list them
            sync_folder(one.parent)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk: a new file that is synced may still vanish with its name."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def connect_plainly(path: Path) -> sqlite3.Connection:
    """Return a connection with our settings to a file of ours, however far it is made."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
    connection.execute("pragma synchronous = full")
    connection.execute("pragma secure_delete = on")
    connection.execute("pragma trusted_schema = off")
    connection.execute("pragma cell_size_check = on")
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    db = Database(connection, execute_plugins=False, recursive_triggers=False)
    version = int(connection.execute("pragma user_version").fetchone()[0])
    if version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        raise not_a_queue(path, f"its schema {version} is newer than the {SCHEMA_VERSION} known here")
    with transaction(connection, path):
        migrations.apply(db)
        connection.execute(f"pragma application_id = {APPLICATION_ID}")
        connection.execute(f"pragma user_version = {SCHEMA_VERSION}")
