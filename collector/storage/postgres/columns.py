"""Many rows by one statement: they travel column by column, as arrays that the statement unnests."""

from collections.abc import Sequence

from collector.storage.postgres.connecting import Connection


async def execute(connection: Connection, statement: str, *, site: int, rows: Sequence[Sequence[object]]) -> None:
    """Run a statement for rows of one width, if there are any; its first argument is the number of the site."""
    if rows:
        await connection.execute(statement, site, *map(list, zip(*rows, strict=True)))
