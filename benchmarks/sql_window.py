"""The rival: a shift of every worker by one SQL window query over the same events, in SQLite and in DuckDB.

It tells the same working and idle time and the same units; `benchmarks.scale` compares them, to the microsecond.
"""

import csv
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from sqlite_utils.utils import sqlite3

from benchmarks.stored import RULES

Shift = list[tuple[int, int, int]]
"""Working and idle microseconds and units of each worker, in the order of their numbers."""

_QUERY = f"""
    with sighting as (
        select worker, {{at}} as since, type, workstation, amount,
            sum(case when type < 3 then 1 else 0 end) over
                (partition by worker order by {{at}}, type, workstation rows unbounded preceding) as state_number,
            lead({{at}}) over (partition by worker order by {{at}}, type, workstation) as next_at
        from event
    ), in_force as (
        select worker, since, type, amount, next_at,
            max(case when type < 3 then type end) over (partition by worker, state_number) as state,
            max(case when type < 3 then since end) over (partition by worker, state_number) as state_since
        from sighting
    ), span as (
        select worker, since, type, amount, state,
            case when next_at - since <= {RULES.session_gap} then next_at
                else greatest_of(since, state_since + {RULES.tail}) end as until
        from in_force
    )
    select worker,
        sum(case when state = 2 then greatest_of(least_of(until, {{end}}) - greatest_of(since, {{start}}), 0) else 0 end),
        sum(case when state = 1 then greatest_of(least_of(until, {{end}}) - greatest_of(since, {{start}}), 0) else 0 end),
        sum(case when type = 3 and since >= {{start}} and since < {{end}} then amount else 0 end)
    from span
    group by worker
    order by worker
"""  # noqa: S608 - numbers of our own


def in_sqlite(file: Path, window: tuple[int, int]) -> tuple[float, Shift]:
    """Return the seconds that SQLite takes, and what it found."""
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    query = (
        _QUERY.format(at="at", start=window[0], end=window[1])
        .replace("amount", "count")
        .replace("least_of", "min")
        .replace("greatest_of", "max")
    )
    took, rows = _timed(lambda: connection.execute(query).fetchall())
    connection.close()
    return took, [row[1:] for row in rows]


def in_duckdb(file: Path, window: tuple[int, int]) -> tuple[float, Shift]:
    """Return the seconds that DuckDB takes over a table of its own, and what it found."""
    connection = duckdb.connect()
    source = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    _copy(source, connection)
    query = (
        _QUERY.format(at="instant", start=window[0], end=window[1])
        .replace("least_of", "least")
        .replace("greatest_of", "greatest")
    )
    took, rows = _timed(lambda: connection.execute(query).fetchall())
    connection.close()
    source.close()
    return took, [(int(working), int(idle), int(units)) for _, working, idle, units in rows]


def _copy(source: sqlite3.Connection, target: Any) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as rows:
        csv.writer(rows).writerows(source.execute("select worker, at, type, workstation, count from event"))
        rows.flush()
        columns = "{'worker': 'INTEGER', 'instant': 'BIGINT', 'type': 'INTEGER', 'workstation': 'INTEGER', 'amount': 'INTEGER'}"
        target.execute(
            # The file is ours, and its name too.
            f"create table event as select * from read_csv('{rows.name}', header = false, columns = {columns})"  # noqa: S608
        )


def _timed(run: Callable[[], list[Any]]) -> tuple[float, list[Any]]:
    began = time.perf_counter()
    rows = run()
    return time.perf_counter() - began, rows
