"""A store copied into another database, row by row: table after table, in the order of keys, and compared in the end.

Rows are added in order and a transaction holds many, so whenever a copy is cut off, the greatest key that is there says where
it goes on. Nobody uses the target before both ends have been read once more and found equal: if the source changed between
two runs, that shows.
"""

from collections.abc import Iterator
from itertools import chain, zip_longest

from collector.storage.tables import ROWS_TOGETHER, TABLES, Source, Target, pages
from shared.errors import StorageUnusable


def rows_in(source: Source) -> int:
    """Return how many rows there are to copy."""
    return sum(source.count(table) for table in TABLES)


def copy(source: Source, target: Target) -> Iterator[int]:
    """Copy what is not there yet; yield how many rows, each time some more are there for good.

    Raises:
        StorageUnusable: the target holds something that is no copy half made.
    """
    target.begin(source.rules())
    for table in TABLES:
        yield target.count(table)
        for rows in pages(source, table, after=target.last_key(table)):
            target.add(table, rows)
            yield len(rows)


def compare(source: Source, target: Target) -> Iterator[int]:
    """Compare every row of both, then let the target be used; yield how many rows, each time some more are equal.

    Raises:
        StorageUnusable: they differ; the target stays unused.
    """
    for table in TABLES:
        number = 0
        both = zip_longest(*(chain.from_iterable(pages(end, table)) for end in (source, target)))
        for number, (one, other) in enumerate(both, start=1):
            if one != other:
                raise StorageUnusable(
                    f"row {number} of {table.name} differs: {one} is copied as {other}",
                    hint="the source has changed since the copy was begun: copy it into an empty database",
                )
            if number % ROWS_TOGETHER == 0:
                yield ROWS_TOGETHER
        yield number % ROWS_TOGETHER
    target.finish()
