"""Whether a collector may go on with a PostgreSQL database: its amounts are complete, and made with the rules it knows.

And its host can still be written to, and no newer version has brought its tables up to date meanwhile. All of it is asked in one
statement of each transaction.
"""

from asyncpg import ReadOnlySQLTransactionError

from collector.records import LedgerRules
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.hosts import FOR_WRITING
from collector.storage.postgres.migrating import newest_step
from shared.errors import Busy, StorageUnusable


async def stored_rules(connection: Connection) -> LedgerRules:
    """Return what the stored amounts were made with."""
    return LedgerRules(*await connection.fetchrow("select session_gap, tail from arithmetic"))


async def check_standing(connection: Connection, rules: LedgerRules | None) -> int:
    """Return the generation of what may be remembered; rules are those that the collector works with, None while it asks.

    Raises:
        ReadOnlySQLTransactionError: the host has been fenced since it was chosen for being one that can be written to.
        Busy: the amounts are being made anew.
        StorageUnusable: they were made anew with other rules, or the tables are of a newer version.
    """
    *stored, generation, is_unfinished, step, is_fenced = await connection.fetchrow(
        """
        select
            session_gap,
            tail,
            generation,
            exists (select 1 from rebuilding),
            (select max(number) from schema_migration),
            current_setting('default_transaction_read_only')::boolean
        from arithmetic
        """
    )
    if is_fenced and connection.hosts.target == FOR_WRITING:
        raise ReadOnlySQLTransactionError("the host can no longer be written to")
    if step > newest_step():
        raise StorageUnusable(
            "a newer version has brought the database up to date",
            hint="install that version and restart this collector",
        )
    if rules is not None and is_unfinished:
        raise Busy("the stored sums are being made anew", hint="`collector db rebuild` says how far it is")
    if rules is not None and rules != tuple(stored):
        raise StorageUnusable("the stored sums were made anew with other settings", hint="restart this collector")
    return int(generation)
