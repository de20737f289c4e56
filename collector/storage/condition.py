"""The condition of a SQLite store's file: whether it is whole, ours and complete, and how much room it takes for nothing.

One read; the service may run meanwhile. What the numbers in it should be is another question: `collector.storage.audit`.
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from collector.records import LedgerRules
from collector.storage import ledger_query
from collector.storage.backups import companions, damage_in
from collector.storage.migrating import refuse_foreign
from collector.storage.migrations import migrations
from collector.storage.opening import looking_at, open_reader, real_path, transaction, translated_errors
from collector.storage.rebuilding import refuse_unfinished
from shared.errors import StorageUnusable


@dataclass(frozen=True, slots=True)
class Condition:
    """What a look at the file shows."""

    size_bytes: int
    log_bytes: int
    """What waits in SQLite's log to be folded back, besides."""
    free_bytes: int
    """Of pages that hold nothing any more."""
    steps: int
    """Of the schema, that it has."""
    steps_missing: tuple[str, ...]
    damage: tuple[str, ...]
    """The first few places."""
    rules: LedgerRules | None
    """What its sums were made with; None if it has none yet."""
    unfinished: str | None
    """Why its sums are not complete; None if they are."""


def condition_of(file: Path, *, thorough: bool) -> Condition:
    """Return the condition of the store in `file`; only a thorough look reads all of it for damage.

    Raises:
        StorageUnusable: there is no such file, or it is not ours, or newer than this program.
    """
    with translated_errors(file):
        exists = real_path(file).exists()
    if exists:
        with looking_at(file) as connection:
            refuse_foreign(connection)
    with translated_errors(file), closing(open_reader(file)) as reader, transaction(reader, "deferred"):
        db = Database(reader, recursive_triggers=False, execute_plugins=False)
        unfinished = _unfinished(reader)
        return Condition(
            size_bytes=_size(real_path(file)),
            log_bytes=_size(companions(real_path(file))[0]),
            free_bytes=_number(reader, "freelist_count") * _number(reader, "page_size"),
            steps=len(migrations.applied(db)),
            steps_missing=tuple(step.name for step in migrations.pending(db)),
            damage=tuple(damage_in(reader)) if thorough else (),
            rules=None if unfinished else ledger_query.rules(reader),
            unfinished=unfinished,
        )


def _unfinished(reader: sqlite3.Connection) -> str | None:
    try:
        refuse_unfinished(reader)
    except StorageUnusable as error:
        return str(error)
    return None


def _number(reader: sqlite3.Connection, pragma: str) -> int:
    return int(reader.execute(f"pragma {pragma}").fetchone()[0])


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
