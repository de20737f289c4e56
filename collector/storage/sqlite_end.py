"""A SQLite file as an end of a copy."""

from collections.abc import Sequence
from pathlib import Path

from collector.records import LedgerRules
from collector.storage import ledger_query
from collector.storage.migrating import migrate, refuse_foreign
from collector.storage.opening import lock_of, looking_at, open_writer, real_path, transaction, translated_errors
from collector.storage.rebuilding import refuse_unfinished
from collector.storage.tables import ROWS_TOGETHER, UNDER_WAY, Row, Table
from shared.errors import StorageUnusable


class SqliteEnd:
    """A file that nobody else writes to as long as this is entered."""

    def __init__(self, file: Path, *, is_source: bool) -> None:
        self._file = file
        self._is_source = is_source
        self._lock = lock_of(file)

    def __enter__(self) -> "SqliteEnd":
        """Take the file.

        Raises:
            FileHeld: the service, or another command, has it.
            StorageUnusable: it is not there, not ours, or its amounts are not complete.
        """
        with translated_errors(self._file):
            is_there = real_path(self._file).exists()
            if self._is_source and not is_there:
                raise StorageUnusable(f"there is no database {self._file}")
            if is_there:
                with looking_at(self._file) as connection:
                    refuse_foreign(connection)
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire()
        try:
            self._connection = open_writer(self._file)
            if self._is_source:
                refuse_unfinished(self._connection)
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Fold the log back and give the file up."""
        try:
            with translated_errors(self._file):
                self._connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        finally:
            self._connection.close()
            self._lock.release()

    def rules(self) -> LedgerRules:
        """Return what its amounts were made with."""
        return ledger_query.rules(self._connection)

    def count(self, table: Table) -> int:
        """Return how many rows there are."""
        (found,) = self._connection.execute(f"select count(*) from {table.name}").fetchone()  # noqa: S608 - ours
        return int(found)

    def rows(self, table: Table, *, after: Row | None) -> Sequence[Row]:
        """Return the next rows in the order of the key."""
        key = ", ".join(table.columns[: table.key])
        behind = "" if after is None else f"where ({key}) > ({', '.join('?' * table.key)})"
        with translated_errors(self._file):
            rows = self._connection.execute(
                f"select {', '.join(table.columns)} from {table.name} {behind} order by {key} limit ?",  # noqa: S608
                (*(after or ()), ROWS_TOGETHER),
            ).fetchall()
        return [tuple(map(_without_nul, row)) for row in rows] if table.has_free_text else rows

    def begin(self, rules: LedgerRules) -> None:
        """Make it ready, or take up what was begun."""
        with translated_errors(self._file):
            migrate(self._connection, rules=rules)
            begun = self._connection.execute("select session_gap, tail from rebuilding").fetchone()
            if begun == UNDER_WAY and self.rules() == rules:
                return
            (sites,) = self._connection.execute("select count(*) from site").fetchone()
            if sites or begun is not None:
                raise StorageUnusable(f"{self._file} is not empty", hint="copy into a new database")
            with transaction(self._connection, "immediate"):
                self._connection.execute("update arithmetic set session_gap = ?, tail = ?", rules)
                self._connection.execute(
                    "insert into rebuilding (one, session_gap, tail, site, worker) values (1, ?, ?, 0, 0)", UNDER_WAY
                )

    def last_key(self, table: Table) -> Row | None:
        """Return the greatest key that is there."""
        key = table.columns[: table.key]
        down = ", ".join(f"{column} desc" for column in key)
        row: Row | None = self._connection.execute(
            f"select {', '.join(key)} from {table.name} order by {down} limit 1"  # noqa: S608 - names of ours
        ).fetchone()
        return row

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows, all or none."""
        marks = ", ".join("?" * len(table.columns))
        with translated_errors(self._file), transaction(self._connection, "immediate"):
            self._connection.executemany(
                f"insert into {table.name} ({', '.join(table.columns)}) values ({marks})",  # noqa: S608 - names of ours
                rows,
            )

    def finish(self) -> None:
        """Let it be used from now on."""
        with translated_errors(self._file), transaction(self._connection, "immediate"):
            self._connection.execute("delete from rebuilding")


def _without_nul(value: object) -> object:
    # PostgreSQL keeps none, and no id can have one.
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value
