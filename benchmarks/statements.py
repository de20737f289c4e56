"""What the ingest's statements cost by themselves: recorded while a store takes events in, and run again with nothing around them.

That is the least that any program takes which stores the same and looks up the same, so what lies above it is ours.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlite_utils.utils import sqlite3

from benchmarks import bare, load
from benchmarks.events import events
from benchmarks.stored import RULES
from collector.metrics.ledger import splice
from collector.records import Delivery
from collector.storage.opening import open_writer
from collector.storage.sqlite import SqliteStorage
from shared.events import Event, read_event

Statement = tuple[str, Any, bool]
"""Its text, its values, and whether it is run for many rows of them."""


@dataclass(frozen=True)
class Line:
    """One line of the table, in events a second."""

    what: str
    bare: float
    store: float
    """The store without HTTP."""
    statements: float
    """Its statements alone."""
    writes: float
    """Of those, the ones that write."""


class _Recording(sqlite3.Connection):
    statements: list[Statement] | None = None

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if self.statements is not None:
            self.statements.append((sql, parameters, False))
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        rows = list(parameters)
        if self.statements is not None:
            self.statements.append((sql, rows, True))
        return super().executemany(sql, rows)


def run() -> list[Line]:
    """Measure ingest in order, and the three kinds of late events."""
    lines = [
        _measure("6 workers in order, batches of 1,000", events(load.EVENTS, workers=6), batch=1_000),
        _measure("6 workers, 10 % up to a day late, 1,000", load.a_tenth_late(), batch=1_000),
        _measure("6 workers, one late and one fresh, 2", load.late_and_fresh(), batch=2),
    ]
    if load.REAL_LOG.exists():
        lines.append(_measure("a real log in the order of its file, 1,000", load.real_log(), batch=1_000))
    return lines


def _measure(what: str, made: list[dict[str, Any]], *, batch: int) -> Line:
    taken = [event for event in map(read_event, made) if isinstance(event, Event)]
    with tempfile.TemporaryDirectory() as folder:
        rows = bare.event_rows(made)
        file = Path(folder, "bare.db")
        baseline = bare.insert(file, rows, table=bare.EVENT_TABLE, statement=bare.EVENT_INSERT, batch=batch)
        _made(Path(folder, "again.db"))
        _made(Path(folder, "writes.db"))
        store = _store(Path(folder, "store.db"), taken, batch=batch)
        recorded = _store(Path(folder, "recorded.db"), taken, batch=batch, is_recorded=True)[1]
        writes = [
            each
            for each in recorded
            if not each[0].lstrip().lower().startswith(("select", "with known", "with recursive hop"))
        ]
        return Line(
            what,
            baseline,
            len(taken) / store[0],
            len(taken) / _again(Path(folder, "again.db"), recorded),
            len(taken) / _again(Path(folder, "writes.db"), writes),
        )


def _made(file: Path) -> None:
    asyncio.run(SqliteStorage.open(file, rules=RULES).close())


def _store(
    file: Path, taken: Sequence[Event], *, batch: int, is_recorded: bool = False
) -> tuple[float, list[Statement]]:
    """Return the seconds that it takes to store all of them, and the statements."""
    statements: list[Statement] = []

    async def fill() -> float:
        with patch.object(sqlite3, "connect", partial(sqlite3.connect, factory=_Recording)):
            storage = SqliteStorage.open(file, rules=RULES)
        _Recording.statements = statements if is_recorded else None
        began = time.perf_counter()
        for start in range(0, len(taken), batch):
            some = taken[start : start + batch]
            delivery = Delivery(site="default", camera=None, received_at=some[-1].at, events=some)
            await storage.store([delivery], decide=partial(splice, rules=RULES))
        took = time.perf_counter() - began
        _Recording.statements = None
        await storage.close()
        return took

    return asyncio.run(fill()), statements


def _again(file: Path, statements: Sequence[Statement]) -> float:
    connection = open_writer(file)
    began = time.perf_counter()
    for sql, parameters, is_many in statements:
        if is_many:
            connection.executemany(sql, parameters)
        else:
            connection.execute(sql, parameters).fetchall()
    took = time.perf_counter() - began
    connection.close()
    return took
