"""The rival: the working time of a shift by one SQL window query over the same events, in SQLite and in DuckDB."""

import csv
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from sqlite_utils.utils import sqlite3

_QUERY = """
    with sighting as (
        select worker, {at} as since, type,
            lead({at}) over (partition by worker order by {at}, type, workstation) as until
        from event
    )
    select worker, sum(least_of(until, {end}) - greatest_of(since, {start}))
    from sighting
    where type = 2 and until > {start} and since < {end} and until - since <= 36000000000
    group by worker
"""


def in_sqlite(file: Path, window: tuple[int, int]) -> float:
    """Return the seconds that SQLite takes."""
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    query = (
        _QUERY.format(at="at", start=window[0], end=window[1]).replace("least_of", "min").replace("greatest_of", "max")
    )
    took = _time(lambda: connection.execute(query).fetchall())
    connection.close()
    return took


def in_duckdb(file: Path, window: tuple[int, int]) -> float:
    """Return the seconds that DuckDB takes over a table of its own."""
    connection = duckdb.connect()
    source = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    _copy(source, connection)
    query = (
        _QUERY.format(at="instant", start=window[0], end=window[1])
        .replace("least_of", "least")
        .replace("greatest_of", "greatest")
    )
    took = _time(lambda: connection.execute(query).fetchall())
    connection.close()
    source.close()
    return took


def _copy(source: sqlite3.Connection, target: Any) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as rows:
        csv.writer(rows).writerows(source.execute("select worker, at, type, workstation from event"))
        rows.flush()
        columns = "{'worker': 'INTEGER', 'instant': 'BIGINT', 'type': 'INTEGER', 'workstation': 'INTEGER'}"
        target.execute(
            # The file is ours, and its name too.
            f"create table event as select * from read_csv('{rows.name}', header = false, columns = {columns})"  # noqa: S608
        )


def _time(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
