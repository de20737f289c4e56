"""Whether a collector may go on with a PostgreSQL database: its amounts are complete, and made with the rules it knows."""

from collector.records import LedgerRules
from collector.storage.postgres.connecting import Connection
from shared.errors import Busy, StorageUnusable


async def stored_rules(connection: Connection) -> LedgerRules:
    """Return what the stored amounts were made with."""
    return LedgerRules(*await connection.fetchrow("select session_gap, tail from arithmetic"))


async def check_standing(connection: Connection, rules: LedgerRules | None) -> int:
    """Return the generation of what may be remembered; rules are those that the collector works with, None while it asks.

    Raises:
        Busy: the amounts are being made anew.
        StorageUnusable: they were made anew with other rules.
    """
    *stored, generation, is_unfinished = await connection.fetchrow(
        "select session_gap, tail, generation, exists (select 1 from rebuilding) from arithmetic"
    )
    if rules is not None and is_unfinished:
        raise Busy("the stored sums are being made anew", hint="`collector db rebuild` says how far it is")
    if rules is not None and rules != tuple(stored):
        raise StorageUnusable("the stored sums were made anew with other settings", hint="restart this collector")
    return int(generation)
