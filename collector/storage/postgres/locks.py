"""The order in which transactions take their locks; all of them take them in this order, so none waits in a circle.

1. `RULES`: shared by whoever stores, alone for whoever changes what storing rests on (site names, rules, tables); then `SCHEMA`,
   alone, by whoever opens a store and brings its tables up to date.
2. `NAMES`, alone, by whoever registers a site or places a camera; then `ids_of` each site, ascending, by whoever registers ids.
3. The rows of workers, by site and number: from here on nobody else changes anything of theirs.
4. The rows of workstations, then of cameras, by site and number.
"""

from asyncpg import LockNotAvailableError

from collector.storage.postgres.connecting import Connection
from shared.errors import Busy

OURS = 0x4C4E4331
"""The first half of each lock's name: advisory locks are shared by all programs of a database."""
SECONDS_TO_KEEP = 10.0
"""Longer than a transaction that stores; those that come meanwhile are told to come again."""
SECONDS_TO_SHARE = 1.0
"""Longer than changing a name takes; a copy takes hours, and who waits for it in vain should know at once."""
SECONDS_TO_WAIT = 3.0
"""For anything else in a transaction that shares: longer than a transaction that stores takes, and shorter than agents wait."""
SECONDS_TO_HURRY = 0.5
"""Likewise, right after one that waited in vain: of several sites that are held each costs so long.

And in a transaction that has `RULES` alone: none of ours holds rows then, and whoever stores is not refused before.
"""
SCHEMA, RULES, NAMES, UPKEEP, SCRUBBING = -1, -2, -3, -4, -5


def ids_of(site: int) -> int:
    """Return the lock of whoever registers workers, workstations and cameras of a site."""
    return site


async def take(connection: Connection, lock: int) -> None:
    """Wait until nobody else holds the lock; it is held to the end of the transaction."""
    await connection.execute("select pg_advisory_xact_lock($1, $2)", OURS, lock)


async def take_alone(connection: Connection, lock: int) -> None:
    """Wait until nobody shares the lock; it is held to the end of the transaction, which keeps everybody waiting.

    So it waits for anything else no longer than `SECONDS_TO_HURRY`.
    """
    await take(connection, lock)
    await wait_no_longer(connection, SECONDS_TO_HURRY)


async def try_to_keep(connection: Connection, lock: int) -> bool:
    """Take a lock for as long as the connection lives; False if somebody else has it."""
    return bool(await connection.fetchval("select pg_try_advisory_lock($1, $2)", OURS, lock))


async def let_go(connection: Connection, lock: int) -> None:
    """Give up a lock that was kept."""
    await connection.execute("select pg_advisory_unlock($1, $2)", OURS, lock)


async def wait_to_keep(connection: Connection, lock: int) -> bool:
    """Take a lock for as long as the connection lives; False if others have it for longer than `SECONDS_TO_KEEP`.

    Who comes later stands in line behind us, so that we get it however many others share it one after the other.
    """
    await connection.execute(f"set lock_timeout = {round(SECONDS_TO_KEEP * 1000)}")
    try:
        await connection.execute("select pg_advisory_lock($1, $2)", OURS, lock)
    except LockNotAvailableError:
        return False
    await connection.execute("set lock_timeout = 0")
    return True


async def share(connection: Connection, lock: int, *, patience: float = SECONDS_TO_WAIT) -> None:
    """Share a lock with others to the end of the transaction, which waits for no other one longer than `patience`, in seconds.

    Raises:
        Busy: somebody has it alone for longer than `SECONDS_TO_SHARE`.
    """
    is_shared, _ = await connection.fetchrow(
        "select pg_try_advisory_xact_lock_shared($1, $2), set_config('lock_timeout', $3, true)",
        OURS,
        lock,
        str(round(patience * 1000)),
    )
    if not is_shared:
        await _wait_to_share(connection, lock)
    if connection.is_spread or not is_shared:
        await wait_no_longer(connection, patience)


async def wait_no_longer(connection: Connection, seconds: float) -> None:
    """Let what follows in a transaction wait for no lock longer than that, on whichever machine of a cluster it is."""
    # A statement of its own: of what `set_config` says the machines of a cluster hear nothing.
    await connection.execute(f"set local lock_timeout = {round(seconds * 1000)}")


async def _wait_to_share(connection: Connection, lock: int) -> None:
    await wait_no_longer(connection, SECONDS_TO_SHARE)
    try:
        await connection.execute("select pg_advisory_xact_lock_shared($1, $2)", OURS, lock)
    except LockNotAvailableError as error:
        raise Busy("the database is being copied, or something in it changed that everybody waits for") from error
