"""Brings a database's schema up to date under its write lock, and tells apart what is not ours or newer than we are."""

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from collector.records import LedgerRules
from collector.storage.index_migrations import migrations
from collector.storage.opening import CHOOSE_ANOTHER
from shared.errors import Busy, StorageUnusable

APPLICATION_ID = 0x4C4E4331
"""`LNC1`: a Lineside collector."""


def migrate(connection: sqlite3.Connection, *, rules: LedgerRules) -> None:
    """Bring the schema up to date, in one transaction under the write lock.

    Raises:
        StorageUnusable: another program's database, or one of a newer version; it is left untouched.
    """
    db = Database(connection, recursive_triggers=False, execute_plugins=False)
    try:
        connection.execute("begin immediate")
    except sqlite3.OperationalError as error:
        raise Busy(f"the database is locked by another program: {error}") from error
    try:
        refuse_foreign(connection)
        migrations.apply(db)
        _write_rules(connection, rules)
        connection.execute(f"pragma application_id = {APPLICATION_ID}")
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:  # SQLite may have given it up itself, where the disk is full
            connection.execute("rollback")
        raise


def refuse_foreign(connection: sqlite3.Connection) -> None:
    """Let an empty database pass, and one that this version or an older one has made; nothing is written.

    Raises:
        StorageUnusable: another program's database, or one of a newer version.
    """
    refuse_other_programs(connection)
    db = Database(connection, recursive_triggers=False, execute_plugins=False)
    ours = {migration.name for migration in migrations.pending(Database(memory=True))}
    newer = [applied.name for applied in migrations.applied(db) if applied.name not in ours]
    if newer:
        raise StorageUnusable(
            f"{_file_of(connection)} was made by a newer version (it has {', '.join(newer)})",
            hint="install that version",
        )


def refuse_other_programs(connection: sqlite3.Connection) -> None:
    """Let an empty database pass, and one of any version of ours; nothing is written.

    Raises:
        StorageUnusable: another program's database.
    """
    (application_id,) = connection.execute("pragma application_id").fetchone()
    (objects,) = connection.execute("select count(*) from sqlite_master").fetchone()
    if application_id != APPLICATION_ID and (application_id or objects):
        raise StorageUnusable(f"{_file_of(connection)} belongs to another program", hint=CHOOSE_ANOTHER)


def _file_of(connection: sqlite3.Connection) -> str:
    return str(connection.execute("pragma database_list").fetchone()[2]) or "the database"


def _write_rules(connection: sqlite3.Connection, rules: LedgerRules) -> None:
    """Note the rules of a new database; those of an old one stay, since its amounts were made with them."""
    connection.execute(
        """
        insert into arithmetic (one, session_gap, tail)
        values (1, ?, ?)
        on conflict do nothing
        """,
        rules,
    )
