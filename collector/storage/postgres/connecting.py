"""Connections to a PostgreSQL database: what each must be set to, and what the errors mean, told by their class.

An answer leaves after the commit, so the commit must be on disk, and on the standby where one is synchronous: a server that
is set to less is told so for our connections.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from asyncpg import exceptions as raised

from collector.storage.postgres.address import check_address, shown
from collector.storage.postgres.hosts import Hosts, NoHost, PlacedConnection
from shared.errors import Busy, LinesideError, StorageFull, StorageUnusable

Connection = Any
"""An asyncpg connection, or a pool's proxy of one; asyncpg ships no types."""
SECONDS_TO_END = 10
APPLICATION = "lineside-collector"
"""What sessions of ours are called on the server."""
ON_A_CLUSTER = "set citus.propagate_set_commands = 'local'; set citus.override_table_visibility = off"
"""What `set local` says holds on the machines of the rows, too: there rows are waited for. And shards need not be told from
tables in each question about the catalogue: the driver's one about types of columns took a second and more.
"""


class NotAnswered(TimeoutError):
    """A statement was not answered in time, by a host that does answer."""


COME_AGAIN = (raised.SerializationError, raised.DeadlockDetectedError)
"""What another transaction did: the same again may succeed at once."""
_AWAY = (
    OSError,
    TimeoutError,
    raised.PostgresConnectionError,
    raised.InterfaceError,  # a connection that has been lost meanwhile
    raised.InternalClientError,
    raised.AdminShutdownError,
    raised.DatabaseDroppedError,
    raised.IdleInTransactionSessionTimeoutError,  # we, or our machine, stood still
    raised.IdleSessionTimeoutError,
    raised.CrashShutdownError,
    raised.CannotConnectNowError,
    raised.TooManyConnectionsError,
    raised.TargetServerAttributeNotMatched,
    raised.ReadOnlySQLTransactionError,  # a primary that became a standby, or was fenced
)
_BUSY = (
    NotAnswered,
    raised.QueryCanceledError,
    raised.LockNotAvailableError,
    raised.InsufficientResourcesError,
    *COME_AGAIN,
)
_FULL = (raised.DiskFullError,)
_REFUSED = (
    raised.InvalidAuthorizationSpecificationError,
    raised.InvalidCatalogNameError,
    raised.InsufficientPrivilegeError,
    raised.UndefinedTableError,
)


def overtaken(by: str) -> BaseException:
    """Return what is raised where another transaction came first, as the server says it: the same again may succeed at once."""
    error: BaseException = raised.SerializationError(f"overtaken by {by}")
    return error


def is_lost(error: BaseException) -> bool:
    """Say whether an error means that the database, or the connection to it, is away."""
    return isinstance(error, _AWAY) and not isinstance(error, raised.DataError)


def is_worth_another(error: BaseException) -> bool:
    """Say whether the connection alone may have been lost, perhaps long ago, so that a new one may do.

    A statement that nobody answered in time is not sent again: its host does answer, or the connection would have been cut.
    """
    return is_lost(error) and not isinstance(error, (NoHost, TimeoutError))


def hosts_at(url: str) -> Hosts:
    """Return the hosts of an address, for the pools that share what is known of them.

    Raises:
        StorageUnusable: the address cannot be read.
    """
    check_address(url)
    return Hosts(url, is_passed_over=is_lost)


async def new_pool(
    url: str, *, size: int, statement_seconds: float, plans_once: bool = False, hosts: Hosts | None = None
) -> Any:
    """Return connections to a database, opened as they are needed.

    With several hosts in the address, the one is taken that can be written to; `hosts` are those of other pools, too. `plans_once`
    is for connections whose statements know the whole key of whatever they read or write: a plan that is made anew each time
    could only be worse.

    Raises:
        StorageUnusable: the address cannot be read.
    """
    hosts = hosts or hosts_at(url)
    milliseconds = str(round(statement_seconds * 1000))
    pool = await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        connect=hosts.connect,
        connection_class=PlacedConnection,
        # Beyond the server's own time-out, for a server that does not answer at all any more.
        command_timeout=statement_seconds + SECONDS_TO_END,
        max_inactive_connection_lifetime=300,
        target_session_attrs=hosts.target,
        server_settings={
            "application_name": APPLICATION,
            "statement_timeout": milliseconds,
            "idle_in_transaction_session_timeout": milliseconds,
            "timezone": "UTC",
            "jit": "off",
        },
        init=_plan_once if plans_once else _set_up,
        reset=_leave_as_it_is,
    )
    hosts.know(pool)
    return pool


async def let_go(pool: Any) -> None:
    """Close the connections of a pool, by force where the database does not answer."""
    try:
        await asyncio.wait_for(pool.close(), SECONDS_TO_END)
    except (TimeoutError, OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
        pool.terminate()


async def _leave_as_it_is(_: Connection) -> None:
    """Keep what was set when the connection was made: a pool would take it back each time, in a round trip of its own.

    Transactions are ended by the pool all the same, and we leave nothing else behind.
    """


async def _plan_once(connection: Connection) -> None:
    await _set_up(connection)
    if not connection.is_spread:  # Citus plans by the site that is asked for
        await connection.execute("set plan_cache_mode = force_generic_plan")


async def _set_up(connection: Connection) -> None:
    # Whether a commit waits for the disk, and whether this is the coordinator of a cluster.
    is_durable, connection.is_spread = await connection.fetchrow(
        """
        select
            current_setting('synchronous_commit') not in ('off', 'local'),
            exists (select 1 from pg_extension where extname = 'citus')
        """
    )
    if not is_durable:
        await connection.execute("set synchronous_commit = on")
    if connection.is_spread:
        await connection.execute(ON_A_CLUSTER)


@contextmanager
def translated_errors(url: str) -> Iterator[None]:
    """Turn PostgreSQL's errors, and those of the way to it, into ours."""
    try:
        yield
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, raised.InternalClientError) as error:
        ours = _ours(error, shown(url))
        if ours is None:
            raise
        raise ours from error


def _ours(error: BaseException, where: str) -> LinesideError | None:
    if isinstance(error, raised.DataError):  # a value of ours that does not fit: nothing is wrong with the database
        return None
    if isinstance(error, raised.ClientConfigurationError):
        return StorageUnusable(f"{where} is no address of a database: {error}", hint="see docs/scale.md")
    if isinstance(error, _FULL):
        return StorageFull(f"the disk of {where} is full; nothing of this request was kept")
    if isinstance(error, _BUSY):
        return Busy(f"{where} is busy: {error}; nothing of this request was kept")
    if isinstance(error, _AWAY):
        return Busy(f"{where} is away: {str(error) or type(error).__name__}")
    if isinstance(error, _REFUSED):
        return StorageUnusable(f"{where} cannot be used: {error}", hint="look at the address given with --database")
    if isinstance(error, asyncpg.PostgresError):
        return StorageUnusable(
            f"{where} did not do what it was told: {error} (SQLSTATE {error.sqlstate})",
            hint="its own log says more; nothing of this request was kept",
        )
    return None
