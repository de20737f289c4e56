"""What a transaction of the PostgreSQL store has waited for in vain: a row of one site, or a table, which is a matter of all sites.

Of a site it is told apart whether a transaction of ours has it for itself, or can only be another one that stores.

The server says that it was a lock, and not whose. So it is asked what is locked, right after the transaction was rolled back.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from asyncpg import LockNotAvailableError

from collector.held_sites import NamesHeld, SiteHeld
from collector.storage.postgres import cluster, locks
from collector.storage.postgres.connecting import APPLICATION, Connection, NotAnswered
from collector.storage.postgres.writer import Writer
from collector.storage.tables import NOT_COPIED, TABLES
from shared.errors import Busy, StoreTooSlow

NAMES = (*(table.name for table in TABLES), *NOT_COPIED, "camera_home", "revision", "schema_migration")
"""Of other tables nobody who stores waits for a lock."""
# A table into which nobody can write, or as soon as whoever waits for it has it: those that come later stand behind.
_TABLE = """
    select c.relname
    from pg_locks as l
    join pg_class as c on c.oid = l.relation
    join pg_namespace as n on n.oid = c.relnamespace
    where l.locktype = 'relation'
        and l.database = (select oid from pg_database where datname = current_database())
        and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
        and n.nspname = current_schema() and c.relname = any($1)
    order by 1
    limit 1
"""
# By a lock of ours the site is being purged, or somebody registered there. Who holds a row holds a lock of its table as well, which
# readers do not: where only collectors have one, none of theirs stays open.
_HOLDER = """
    select case
        when exists (
            select 1
            from pg_locks
            where locktype = 'advisory' and granted and mode = 'ExclusiveLock'
                and database = (select oid from pg_database where datname = current_database())
                and classid = $1::bigint::oid and objid = $2::bigint::oid
        ) then 'purge'
        when exists (
            select 1
            from pg_locks as l
            join pg_class as c on c.oid = l.relation
            join pg_namespace as n on n.oid = c.relnamespace
            left join pg_stat_activity as a on a.pid = l.pid
            where l.locktype = 'relation' and l.granted and l.mode in ('RowShareLock', 'RowExclusiveLock')
                and l.database = (select oid from pg_database where datname = current_database())
                and n.nspname = current_schema() and c.relname = any($3)
                and a.application_name is distinct from $4
        ) then 'stranger'
        else 'collector'
    end
"""


@asynccontextmanager
async def told_apart(writer: Writer) -> AsyncIterator[None]:
    """Say of a write that waited in vain what it waited for.

    Raises:
        SiteHeld: a row of a site.
        NamesHeld: one of those that all sites and cameras share.
        StoreTooSlow: nothing that anybody holds; a statement was not answered.
        Busy: a table.
    """
    try:
        yield
    except Busy as error:
        if isinstance(error.__cause__, NotAnswered):
            raise StoreTooSlow(
                str(error), hint="what comes with less may pass, and agents do so by themselves"
            ) from error
        if isinstance(error, (SiteHeld, NamesHeld)) or isinstance(error.__cause__, LockNotAvailableError):
            raise await writer.prepare(partial(_what, waited=error)) from error
        raise


async def _what(connection: Connection, *, waited: Busy) -> Busy:
    table = await connection.fetchval(_TABLE, NAMES)
    if table is not None:
        return Busy(
            f"somebody else holds the table {table} in the database; nothing of this request was kept",
            hint="pg_stat_activity shows who: an index that is made, or a table that is written anew",
        )
    if isinstance(waited, SiteHeld):
        site = locks.ids_of(waited.number)
        holder = await connection.fetchval(_HOLDER, locks.OURS, site, NAMES, APPLICATION)
        if holder == "collector" and connection.is_spread and await cluster.is_held_past_it(connection):
            holder = "stranger"
        return SiteHeld(waited.site, of=waited.of, number=waited.number, holder=holder)
    return waited
