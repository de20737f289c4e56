"""Many rows by few statements.

`executemany` gives the interpreter's lock away at every row; while another thread computes, having it back takes up to
the switch interval, 5 ms, each time. One statement for hundreds of rows gives it away once, and what SQLite does
meanwhile runs beside that thread. It is also a third faster with nobody else there.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from sqlite_utils.utils import sqlite3

_SIZES = (2_048, 512, 128, 32, 8, 1)
"""Rows a statement; few sizes, so that each is prepared once and stays in the connection's cache."""


def execute(connection: sqlite3.Connection, statement: str, *, rows: Sequence[Sequence[object]]) -> None:
    """Run a statement for rows of one width.

    Args:
        connection: with a transaction open.
        statement: with `{rows}` where the values stand, such as `insert into site (name) values {rows}`.
        rows: values in the order of its columns.
    """
    begin = 0
    for size in _SIZES:
        while len(rows) - begin >= size:
            values = tuple(chain.from_iterable(rows[begin : begin + size]))
            connection.execute(_with_marks(statement, width=len(values) // size, size=size), values)
            begin += size


@lru_cache(maxsize=64)
def _with_marks(statement: str, *, width: int, size: int) -> str:
    row = f"({', '.join('?' * width)})"
    return statement.format(rows=", ".join([row] * size))
