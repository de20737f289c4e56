"""The database of an existing Django installation, read as events: its tables are never written, and no file appears beside it.

`app_event` names workers and workstations by row; what is not there any more is null, and judged like any missing field.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from sqlite_utils.utils import sqlite3

from collector.storage.opening import looking_at, translated_errors
from shared.errors import StorageUnusable

TABLES = {
    "app_worker": {"id", "worker_id", "name"},
    "app_workstation": {"id", "station_id", "name"},
    "app_event": {"id", "timestamp", "event_type", "confidence", "count", "worker_id", "workstation_id"},
}


class SourceEvent(NamedTuple):
    """A row of `app_event` with the ids that people gave; any value may be of any type, or null."""

    id: int
    timestamp: Any
    worker_id: Any
    workstation_id: Any
    event_type: Any
    count: Any
    confidence: Any


class DjangoSource:
    """One such database; a context manager."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stack = ExitStack()

    def __enter__(self) -> "DjangoSource":
        """Open it.

        Raises:
            StorageUnusable: it is no SQLite database, or one without these tables and columns.
        """
        connection = self._stack.enter_context(looking_at(self._file))
        try:
            connection.text_factory = lambda text: text.decode("utf-8", "replace")  # what is not UTF-8 is still told
            with translated_errors(self._file):
                _check_tables(connection, self._file)
        except BaseException:
            self._stack.close()
            raise
        self._connection = connection
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._stack.close()

    def count(self) -> int:
        """Return how many events it has."""
        with translated_errors(self._file):
            return int(self._connection.execute("select count(*) from app_event").fetchone()[0])

    def events(self, *, together: int) -> Iterator[list[SourceEvent]]:
        """Yield all events in the order in which they came, so many at once."""
        last = -(2**63)
        while True:
            with translated_errors(self._file):
                rows = self._connection.execute(_EVENTS, (last, together)).fetchall()
            if not rows:
                return
            yield [SourceEvent(*row) for row in rows]
            last = rows[-1][0]

    def workers(self) -> Iterator[tuple[str, list[SourceEvent]]]:
        """Yield each registered worker with all events, as the installation orders them: by timestamp, then row."""
        with translated_errors(self._file):
            rows = self._connection.execute(_BY_WORKER)
            for _, of_worker in groupby(rows, key=itemgetter(0)):
                found = list(of_worker)
                yield str(found[0][1]), [SourceEvent(*row[2:]) for row in found if row[2] is not None]

    def names(self) -> list[tuple[str, str, str]]:
        """Return (kind, id, name) of everybody and everything registered; a name may be empty."""
        with translated_errors(self._file):
            return [(kind, str(id_), str(name or "")) for kind, id_, name in self._connection.execute(_NAMES)]


def _check_tables(connection: sqlite3.Connection, file: Path) -> None:
    for table, columns in TABLES.items():
        there = {name for _, name, *_ in connection.execute(f"pragma table_info({table})")}
        if missing := sorted(columns - there):
            raise StorageUnusable(
                f"{file} is not such an installation's database: {table} has no {', '.join(missing)}",
                hint="it is usually called db.sqlite3",
            )


_EVENTS = """
    select e.id, e.timestamp, w.worker_id, s.station_id, e.event_type, e.count, e.confidence
    from app_event as e
    left join app_worker as w on w.id = e.worker_id
    left join app_workstation as s on s.id = e.workstation_id
    where e.id > ?
    order by e.id
    limit ?
"""
_BY_WORKER = """
    select w.id, w.worker_id, e.id, e.timestamp, w.worker_id, s.station_id, e.event_type, e.count, e.confidence
    from app_worker as w
    left join app_event as e on e.worker_id = w.id
    left join app_workstation as s on s.id = e.workstation_id
    order by w.id, e.timestamp, e.id
"""
_NAMES = """
    select 'worker', worker_id, name from app_worker where worker_id is not null
    union all
    select 'workstation', station_id, name from app_workstation where station_id is not null
"""
