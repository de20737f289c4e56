"""What the machines of a Citus cluster say of themselves: their tables, what a commit may be lost with, who waits for whom.

On the coordinator a table that was spread is empty, and a row that somebody holds elsewhere is no lock. So every machine is asked
the same question, and the cluster who waits.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from collector.storage.postgres.connecting import Connection
from collector.storage.server import Held, TableSize

UNSAFE = """
    select name || ' = ' || setting
    from pg_settings
    where name in ('fsync', 'full_page_writes') and setting = 'off'
    order by 1
"""
# What lies on a machine: shards go by the name of their table, and a table that was spread is no more than its name there.
_A_MACHINE = f"""
    select jsonb_build_object(
        'size_bytes', pg_database_size(current_database()),
        'unsafe', array({UNSAFE}),
        'tables', (
            select jsonb_object_agg(name, jsonb_build_array(live, dead, size))
            from (
                select regexp_replace(relname, '_[0-9]+$', ''), sum(n_live_tup), sum(n_dead_tup),
                    sum(pg_total_relation_size(relid))
                from pg_stat_user_tables
                where schemaname = :schema and relid not in (select logicalrelid from pg_dist_partition)
                group by 1
            ) as lying (name, live, dead, size)
        )
    )::text
"""  # noqa: S608 - of ours alone
_WORKERS = "select nodename || ':' || nodeport, success, result from run_command_on_workers($1)"
# Once a process that waits, whoever of those that it waits for is named.
_WAITS = """
    select distinct on (w.waiting_gpid) 'rows that process ' || citus_pid_for_gpid(w.blocking_gpid) || coalesce(
            (select ' of ' || nodename || ':' || nodeport from pg_dist_node where nodeid = w.blocking_nodeid), ''
        ) || ' holds', a.pid, a.application_name || ' on ' || coalesce(host(a.client_addr), 'this machine'), true,
        coalesce(extract(epoch from clock_timestamp() - coalesce(a.xact_start, a.query_start))::double precision, 0)
    from citus_lock_waits as w
    join citus_stat_activity as a on a.global_pid = w.waiting_gpid and not a.is_worker_query
    where a.datname = current_database()
    order by w.waiting_gpid, w.blocking_gpid
"""
# Who came to a machine past the coordinator, and holds rows there or the lock for it.
_PAST_IT = """
    select exists (
        select 1
        from pg_locks as l
        join pg_class as c on c.oid = l.relation
        join pg_namespace as n on n.oid = c.relnamespace
        join pg_stat_activity as a on a.pid = l.pid
        where a.datname = current_database() and n.nspname = :schema and c.relname ~ '_[0-9]+$' and l.granted
            and l.mode not in ('AccessShareLock', 'ShareUpdateExclusiveLock') and a.application_name !~ '^citus_'
    )::text
"""


class Machines(NamedTuple):
    """All of them together, or the one that there is."""

    size_bytes: int
    unsafe: Sequence[str]
    """Settings with which a commit may be lost, at any of them."""
    tables: Sequence[TableSize]
    """The largest first; what is on every machine is counted at each."""
    silent: Sequence[str] = ()
    """Those that did not answer; what they have is not counted."""
    waits: Sequence[Held] = ()
    """For rows, on whichever machine."""


async def look(connection: Connection) -> Machines:
    """Return what all machines say."""
    question = await _in_our_schema(connection, _A_MACHINE)
    answers = [await connection.fetchval(question)]
    silent = []
    for name, has_answered, answer in await _ask_workers(connection, question):
        if has_answered:
            answers.append(answer)
        else:
            silent.append(name)
    told = [json.loads(answer) for answer in answers]
    return Machines(
        size_bytes=sum(each["size_bytes"] for each in told),
        unsafe=sorted({setting for each in told for setting in each["unsafe"]}),
        tables=summed(each["tables"] or {} for each in told),
        silent=silent,
        waits=[Held(*row) for row in await connection.fetch(_WAITS)],
    )


async def is_held_past_it(connection: Connection) -> bool:
    """Say whether somebody holds rows at any machine who did not come by way of the coordinator, which then knows nothing of it."""
    answers = await _ask_workers(connection, await _in_our_schema(connection, _PAST_IT))
    return any(has_answered and answer == "true" for _, has_answered, answer in answers)


async def _in_our_schema(connection: Connection, question: str) -> str:
    # The machines know nothing of a search path that is ours.
    return str(await connection.fetchval("select replace($1, ':schema', quote_literal(current_schema()))", question))


async def _ask_workers(connection: Connection, question: str) -> list[tuple[str, bool, str]]:
    return [tuple(row) for row in await connection.fetch(_WORKERS, question)]


def summed(machines: Iterable[dict[str, Any]]) -> list[TableSize]:
    """Return the tables of all machines together, the largest first.

    >>> summed([{"revision": [1, 0, 9], "event": [5, 0, 20]}, {"event": [6, 2, 30]}])
    [TableSize(name='event', rows=11, dead_rows=2, size_bytes=50), TableSize(name='revision', rows=1, dead_rows=0, size_bytes=9)]
    """
    sums: dict[str, list[int]] = {}
    for tables in machines:
        for name, numbers in tables.items():
            sums[name] = [one + more for one, more in zip(sums.get(name, [0, 0, 0]), numbers, strict=True)]
    return sorted(
        (TableSize(name, *numbers) for name, numbers in sums.items()), key=lambda each: (-each.size_bytes, each.name)
    )
