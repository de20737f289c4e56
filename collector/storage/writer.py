"""The one connection that writes to a database file, and what it holds while it may."""

from collections.abc import Callable
from pathlib import Path

from collector.records import LedgerRules
from collector.storage.backups import upgrade
from collector.storage.migrating import refuse_foreign
from collector.storage.opening import looking_at, open_writer, real_path, translated_errors
from collector.storage.rebuilding import refuse_unfinished
from collector.storage.registry import Registry
from shared.file_lock import FileLock


class Writer:
    """The one writing connection, what it remembers, and the lock that makes it the only one."""

    def __init__(self, file: Path, lock: FileLock, *, rules: LedgerRules, hour_offset_of: Callable[[str], int]) -> None:
        self.lock = lock
        check_ours(file)  # again: whoever held the lock until now may have changed it
        self.connection = open_writer(file)
        try:
            with translated_errors(file):
                upgrade(self.connection, file, rules=rules)
                refuse_unfinished(self.connection)
        except BaseException:
            self.connection.close()
            raise
        self.registry = Registry(self.connection, hour_offset_of=hour_offset_of)

    def close(self) -> None:
        """Fold the WAL back, then give up the lock."""
        try:
            self.connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        finally:
            self.connection.close()
            self.lock.release()


def check_ours(file: Path) -> None:
    """Refuse a file that is not ours, before the first statement that could change it.

    Raises:
        StorageUnusable: another program's, or a newer version's.
    """
    with translated_errors(file):
        exists = real_path(file).exists()
    if exists:
        with looking_at(file) as connection:
            refuse_foreign(connection)
