"""A PostgreSQL database as an end of a copy."""

from collections.abc import Sequence

from collector.records import LedgerRules
from collector.storage.postgres import connecting, locks
from collector.storage.postgres.address import shown
from collector.storage.postgres.held import HeldDatabase
from collector.storage.postgres.migrating import check_schema, migrate, refuse_unfinished
from collector.storage.postgres.standing import stored_rules
from collector.storage.tables import ROWS_TOGETHER, UNDER_WAY, Row, Table
from shared.errors import FileHeld, StorageUnusable

SECONDS_A_STATEMENT = 3_600.0


class PostgresEnd(HeldDatabase):
    """A database that collectors do not write to as long as this is entered: they answer 503."""

    def __init__(self, url: str, *, is_source: bool) -> None:
        super().__init__(url)
        self._is_source = is_source

    def rules(self) -> LedgerRules:
        """Return what its amounts were made with."""
        return self._run(stored_rules(self._connection))

    def count(self, table: Table) -> int:
        """Return how many rows there are."""
        return int(self._run(self._connection.fetchval(f"select count(*) from {table.name}")))  # noqa: S608 - ours

    def rows(self, table: Table, *, after: Row | None) -> Sequence[Row]:
        """Return the next rows in the order of the key."""
        columns = _columns(table)
        shown = [f"{column}::integer" if column in table.booleans else column for column in columns]
        key = ", ".join(shown[: table.key])
        marks = ", ".join(f"${place}" for place in range(2, 2 + table.key))
        behind = "" if after is None else f"where ({key}) > ({marks})"
        statement = f"select {', '.join(shown)} from {table.name} {behind} order by {key} limit $1"  # noqa: S608 - ours
        return [tuple(row) for row in self._run(self._connection.fetch(statement, ROWS_TOGETHER, *(after or ())))]

    def begin(self, rules: LedgerRules) -> None:
        """Make it ready, or take up what was begun."""
        self._run(self._begin(rules))

    def last_key(self, table: Table) -> Row | None:
        """Return the greatest key that is there."""
        key = _columns(table)[: table.key]
        down = ", ".join(f"{column} desc" for column in key)
        statement = f"select {', '.join(key)} from {table.name} order by {down} limit 1"  # noqa: S608 - names of ours
        row = self._run(self._connection.fetchrow(statement))
        return None if row is None else tuple(row)

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows, all or none."""
        columns = _columns(table)
        flags = [place for place, column in enumerate(columns) if column in table.booleans]
        if flags:
            rows = [tuple(bool(each) if place in flags else each for place, each in enumerate(row)) for row in rows]
        self._run(self._connection.copy_records_to_table(table.name, records=rows, columns=columns))

    def finish(self) -> None:
        """Let it be used from now on."""
        self._run(self._finish())

    async def _take(self) -> None:
        self._pool = await connecting.new_pool(self._url, size=1, statement_seconds=SECONDS_A_STATEMENT)
        self._connection = await self._pool.acquire()
        # Nobody stores as long as the second one is held: who stores shares it.
        if not await locks.try_to_keep(self._connection, locks.UPKEEP):
            raise FileHeld("the database is being looked after by another command", hint="try again when it is done")
        if not await locks.wait_to_keep(self._connection, locks.RULES):
            raise FileHeld(
                f"the database was being written to for {locks.SECONDS_TO_KEEP:.0f} s",
                hint="stop the collectors, or try again",
            )
        if self._is_source:
            await check_schema(self._connection)
            await refuse_unfinished(self._connection)

    async def _begin(self, rules: LedgerRules) -> None:
        connection = self._connection
        await migrate(connection, rules=rules)
        begun = await connection.fetchrow("select session_gap, tail from rebuilding")
        if begun is not None and tuple(begun) == UNDER_WAY and await stored_rules(connection) == rules:
            return
        if begun is not None or await connection.fetchval("select count(*) from site"):
            raise StorageUnusable(f"{shown(self._url)} is not empty", hint="copy into a new database")
        async with connection.transaction():
            await connection.execute("update arithmetic set session_gap = $1, tail = $2", *rules)
            await connection.execute(
                "insert into rebuilding (one, session_gap, tail, site_id, worker) values (true, $1, $2, 0, 0)",
                *UNDER_WAY,
            )

    async def _finish(self) -> None:
        connection = self._connection
        async with connection.transaction():
            # Of a camera seen at two sites, the one where it has events, else the one that gave it a token.
            await connection.execute(
                """
                insert into camera_home (camera, site_id, is_settled)
                select distinct on (c.name) c.name, c.site_id, c.has_events or t.has_token
                from camera as c
                cross join lateral (
                    select exists (
                        select 1 from camera_token as t where t.site_id = c.site_id and t.camera = c.number
                    ) as has_token
                ) as t
                order by c.name, c.has_events desc, t.has_token desc, c.site_id
                on conflict do nothing
                """
            )
            for table, column in (("site", "site_id"), ("rejected", "number")):
                # The next number that is given out is greater than those that came along.
                await connection.execute(
                    f"""
                    select setval(
                        pg_get_serial_sequence('{table}', '{column}'),
                        greatest(1, (select coalesce(max({column}), 0) from {table})) + 1
                    )
                    """  # noqa: S608 - names of ours
                )
            await connection.execute("update arithmetic set generation = generation + 1")
            await connection.execute("delete from rebuilding")


def _columns(table: Table) -> list[str]:
    if table.name == "site":
        return ["site_id", *table.columns[1:]]
    return ["site_id" if column == "site" else column for column in table.columns]
