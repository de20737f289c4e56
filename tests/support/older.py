"""A database as the first version with sums left it."""

from pathlib import Path

from sqlite_utils import Database

from collector.storage.migrating import APPLICATION_ID
from collector.storage.migrations import migrations

STEPS = 3
"""Of its schema."""


def make_older(file: Path) -> None:
    """Make such a database, with one site."""
    database = Database(file)
    migrations.apply(database, stop_before="watched_stretches")
    database.conn.execute(f"pragma application_id = {APPLICATION_ID}")
    database.conn.execute("insert into site (number, name) values (1, 'east')")
    database.conn.commit()
    database.close()
