"""The condition of a PostgreSQL database: its room, its schema, whether its sums are complete, who uses it and who holds it.

A few short questions in one transaction, to the server's own tables; collectors run meanwhile and nothing is changed.
"""

from collector.records import LedgerRules
from collector.storage.postgres import cluster, locks
from collector.storage.postgres.address import shown
from collector.storage.postgres.cluster import UNSAFE, Machines
from collector.storage.postgres.connecting import APPLICATION, Connection
from collector.storage.postgres.migrating import migrations, refuse_foreign, refuse_unfinished
from collector.storage.postgres.snapshot import snapshot
from collector.storage.postgres.standing import stored_rules
from collector.storage.server import Held, ServerCondition, Standbys, TableSize
from shared.errors import StorageUnusable

SECONDS_A_STATEMENT = 60.0
_ALONE = {
    locks.SCHEMA: "the schema is brought up to date",
    locks.RULES: "nobody may store: a site is renamed, somebody is erased, or sums are made anew",
    locks.NAMES: "a site or a camera is registered",
    locks.UPKEEP: "a rebuild, a copy, or tables are spread",
}
# Tables of ours with their indexes; rows are those that the server counted of late.
_TABLES = """
    select c.relname, greatest(s.n_live_tup, 0), greatest(s.n_dead_tup, 0), pg_total_relation_size(c.oid)
    from pg_class as c
    join pg_stat_user_tables as s on s.relid = c.oid
    where c.relkind in ('r', 'p') and s.schemaname = current_schema()
    order by 4 desc, 1
"""
_SESSIONS = """
    select coalesce(host(client_addr), 'this machine')
    from pg_stat_activity
    where datname = current_database() and application_name = $1 and pid <> pg_backend_pid()
    order by 1
"""
# Advisory locks of ours that are held alone, and all that are waited for; row locks too.
_HELD = """
    select l.locktype, l.objid::bigint, a.pid, a.application_name || ' on ' || coalesce(host(a.client_addr), 'this machine'),
        not l.granted, extract(epoch from clock_timestamp() - coalesce(a.xact_start, a.query_start))::double precision
    from pg_locks as l
    join pg_stat_activity as a on a.pid = l.pid
    where a.datname = current_database() and a.pid <> pg_backend_pid() and case l.locktype
        when 'advisory' then l.classid = $1::bigint::oid and (l.mode = 'ExclusiveLock' or not l.granted)
        else not l.granted
    end
    order by 5, 6 desc
"""
# Commits wait for the first so many, or any so many, of those named. Of another user's sessions it is told that they are there,
# and no more, unless one may read all statistics.
_STANDBYS = """
    select n.names, coalesce(substring(n.names from '(?i)^\\s*(?:first|any)?\\s*(\\d+)\\s*\\(')::integer, 1),
        (
            select case when bool_and(sync_state is not null) is not false
                then count(*) filter (where sync_state in ('sync', 'quorum'))
            end
            from pg_stat_replication
        )
    from (select current_setting('synchronous_standby_names')) as n (names)
    where n.names <> ''
"""


async def condition_of(url: str) -> ServerCondition:
    """Return the condition of a database.

    Raises:
        Busy: the database is away.
        StorageUnusable: an old server, another program's database, or one of a newer version.
    """
    async with snapshot(url, statement_seconds=SECONDS_A_STATEMENT) as connection:
        return await _look(connection, place=shown(url))


async def _look(connection: Connection, *, place: str) -> ServerCondition:
    applied = await refuse_foreign(connection)
    if not applied:
        raise StorageUnusable("the database is not that of a collector", hint="start the collector once")
    missing = [step.name for step in migrations() if step.number not in applied]
    rules, unfinished = await _sums(connection)
    sessions, most = await connection.fetchrow(
        "select (select count(*) from pg_stat_activity where backend_type = 'client backend'), current_setting('max_connections')::integer"
    )
    held = [Held(_what(kind, lock), *rest) for kind, lock, *rest in await connection.fetch(_HELD, locks.OURS)]
    machines = await (cluster.look(connection) if connection.is_spread else _look_at_one(connection))
    known = {each.pid for each in held}
    return ServerCondition(
        place=place,
        version=await connection.fetchval("show server_version"),
        size_bytes=machines.size_bytes,
        unsafe=machines.unsafe,
        tables=machines.tables,
        steps=len(applied),
        steps_missing=missing,
        rules=rules,
        unfinished=unfinished,
        ours=[row[0] for row in await connection.fetch(_SESSIONS, APPLICATION)],
        sessions=sessions,
        most_sessions=most,
        held=[*held, *(each for each in machines.waits if each.pid not in known)],
        standbys=await _standbys(connection),
        is_spread=connection.is_spread,
        silent=machines.silent,
    )


async def _look_at_one(connection: Connection) -> Machines:
    return Machines(
        size_bytes=await connection.fetchval("select pg_database_size(current_database())"),
        unsafe=[row[0] for row in await connection.fetch(UNSAFE)],
        tables=[TableSize(*row) for row in await connection.fetch(_TABLES)],
    )


async def _standbys(connection: Connection) -> Standbys | None:
    found = await connection.fetchrow(_STANDBYS)
    return None if found is None else Standbys(*found)


async def _sums(connection: Connection) -> tuple[LedgerRules | None, str | None]:
    try:
        await refuse_unfinished(connection)
    except StorageUnusable as error:
        return None, str(error)
    return await stored_rules(connection), None


def _what(kind: str, lock: int | None) -> str:
    if kind != "advisory" or lock is None:
        return "rows"
    number = lock - 2**32 if lock >= 2**31 else lock  # the server shows it without a sign
    return _ALONE.get(number, f"ids of site number {number}, or its purge")
