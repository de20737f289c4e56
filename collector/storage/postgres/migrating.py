"""The schema of the PostgreSQL store, brought up to date by numbered files; a file that has been released never changes.

All in one transaction under a lock, so that collectors which start together make it once, and after whoever stores by the tables
as they were. A schema of a newer version is refused, and so is a database in which somebody else's tables lie.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from collector.records import LedgerRules
from collector.storage.postgres import locks
from collector.storage.postgres.connecting import Connection
from shared.errors import StorageUnusable

WAY_OUT = "stop the collectors and run `collector db rebuild`"
LEAST_VERSION = 150_000
"""As the server numbers itself: PostgreSQL 15."""
SECONDS_A_STATEMENT = 86_400.0
"""Of a step, which may go through a large table; a host that falls silent meanwhile is noticed all the same (`hosts.py`)."""
_APPLIED = """
    create table if not exists schema_migration (
        number integer primary key,
        name text not null,
        applied_at timestamptz not null default now()
    )
"""
_STRANGERS = """
    select relname
    from pg_class
    where relnamespace = (select oid from pg_namespace where nspname = current_schema()) and relkind in ('r', 'p')
      and not exists (
          select from pg_depend
          where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e'
      )
    order by relname
"""
"""Tables that no extension owns."""
MOST_NAMED = 3


class Migration(NamedTuple):
    """A step of the schema."""

    number: int
    name: str
    statements: str


def migrations() -> Iterator[Migration]:
    """Yield all steps that this version knows, in order."""
    folder = files("collector.storage.postgres").joinpath("migrations")
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".sql"):
            number, name = file.name.removesuffix(".sql").split("_", maxsplit=1)
            yield Migration(int(number), name, file.read_text(encoding="utf-8"))


@cache
def newest_step() -> int:
    """Return the number of the last step that this version knows."""
    return max(migration.number for migration in migrations())


def one_by_one(script: str) -> Iterator[str]:
    r"""Yield the statements of a script, each of which ends with its line: Citus passes on no text that holds several.

    >>> list(one_by_one("-- Why;\ncreate table a (\n);\ndo $$\nbegin\n  b;\nend;\n$$;"))
    ['create table a (\n);', 'do $$\nbegin\n  b;\nend;\n$$;']
    """
    lines: list[str] = []
    is_quoted = False
    for line in script.splitlines():
        if line.startswith("--") and not lines:
            continue
        lines.append(line)
        is_quoted ^= line.count("$$") % 2 == 1
        if line.endswith(";") and not is_quoted:
            yield "\n".join(lines).strip()
            lines = []


async def migrate(connection: Connection, *, rules: LedgerRules) -> None:
    """Bring the schema up to date; the rules are for a new database.

    Raises:
        StorageUnusable: an old server, another program's database, or one of a newer version; it is left untouched.
    """
    async with connection.transaction():
        # Only then: nobody waits for a collector that starts with nothing to do.
        if await _missing(connection):
            await locks.take(connection, locks.RULES)
        await locks.take(connection, locks.SCHEMA)
        await refuse_foreign(connection)
        await connection.execute(_APPLIED)
        if missing := await _missing(connection):
            # A step takes as long as its tables are large; for others it waits no longer than any statement of ours takes,
            # on whichever machine of a cluster: of `set_config` those hear nothing.
            longest = await connection.fetchval("show statement_timeout")
            await connection.execute(f"set local lock_timeout = '{longest}'")
            await connection.execute("set local statement_timeout = 0")
        for migration in missing:
            for statement in one_by_one(migration.statements):
                await connection.execute(statement, timeout=SECONDS_A_STATEMENT)
            await connection.execute(
                "insert into schema_migration (number, name) values ($1, $2)", migration.number, migration.name
            )
        # Those of an old database stay, since its amounts were made with them.
        await connection.execute(
            """
            insert into arithmetic (one, session_gap, tail)
            values (true, $1, $2)
            on conflict (one) do nothing
            """,
            *rules,
        )


async def _missing(connection: Connection) -> list[Migration]:
    is_there = await _is_there(connection, "schema_migration")
    applied = await _applied(connection) if is_there else {}
    return [migration for migration in migrations() if migration.number not in applied]


async def check_schema(connection: Connection) -> None:
    """Let a database pass that this version can read.

    Raises:
        StorageUnusable: an old server, or it has no schema of ours, an older one, or a newer one.
    """
    applied = await refuse_foreign(connection)
    if not applied:
        raise StorageUnusable("the database is not that of a collector", hint="start the collector once")
    if any(migration.number not in applied for migration in migrations()):
        raise StorageUnusable(
            "the database was made by an older version", hint="start the collector of this version once"
        )


async def refuse_unfinished(connection: Connection) -> None:
    """Let a database pass whose stored amounts are complete.

    Raises:
        StorageUnusable: they are not, and how to complete them.
    """
    # A row as long as a rebuild is under way.
    tail = await connection.fetchval("select tail from rebuilding")
    if tail is not None and tail < 0:
        raise StorageUnusable("the database is a copy that is not finished", hint="run `collector db copy` again")
    if tail is not None:
        raise StorageUnusable(
            "the stored sums are half made anew", hint=f"{WAY_OUT} again, it goes on where it stopped"
        )


def refuse_old(version: int) -> None:
    """Let a server pass that knows what the statements say; `version` is its `server_version_num`.

    Raises:
        StorageUnusable: it does not, and how old it is.

    >>> refuse_old(150_000)
    """
    if version < LEAST_VERSION:
        raise StorageUnusable(
            f"the server is PostgreSQL {version // 10_000}", hint=f"use PostgreSQL {LEAST_VERSION // 10_000} or newer"
        )


def refuse_encoding(encoding: str) -> None:
    """Let a database pass that can hold every id and name; `encoding` is its `server_encoding`.

    Raises:
        StorageUnusable: it cannot, and how to make one that can.

    >>> refuse_encoding("UTF8")
    """
    if encoding != "UTF8":
        raise StorageUnusable(
            f"the database is in {encoding}, which has no letters for many names",
            hint="make one with `createdb --encoding=UTF8 --template=template0`",
        )


def refuse_strangers(tables: Sequence[str]) -> None:
    """Let a database pass that has none of these tables.

    Raises:
        StorageUnusable: it has, and the names of the first.

    >>> refuse_strangers([])
    """
    if tables:
        named = ", ".join(tables[:MOST_NAMED]) + (", …" if len(tables) > MOST_NAMED else "")
        raise StorageUnusable(
            f"the database belongs to another program (it has {named})", hint="choose another database with --database"
        )


async def refuse_foreign(connection: Connection) -> dict[int, str]:
    """Let a database pass that is empty, or was made by this version or an older one; return its steps, by number.

    Raises:
        StorageUnusable: an old server, one that cannot hold every name, another program's database, or one of a newer version.
    """
    refuse_old(int(await connection.fetchval("show server_version_num")))
    refuse_encoding(await connection.fetchval("show server_encoding"))
    if not await _is_there(connection, "schema_migration"):
        refuse_strangers([row[0] for row in await connection.fetch(_STRANGERS)])
        return {}
    ours = {migration.number for migration in migrations()}
    applied = await _applied(connection)
    newer = [name for number, name in applied.items() if number not in ours]
    if newer:
        raise StorageUnusable(
            f"the database was made by a newer version (it has {', '.join(newer)})", hint="install that version"
        )
    return applied


async def _applied(connection: Connection) -> dict[int, str]:
    rows = await connection.fetch("select number, name from schema_migration order by number")
    return dict(map(tuple, rows))


async def _is_there(connection: Connection, table: str) -> bool:
    return await connection.fetchval("select to_regclass($1)::text", table) is not None
