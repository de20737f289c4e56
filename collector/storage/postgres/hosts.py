"""The hosts of an address: which one a connection is made to, and whether the one it was made to still answers.

A host that vanishes (its power, its line, a machine that is frozen) says nothing at all, and the driver has one time-out for
all hosts together. So each host is asked by itself, for `SECONDS_A_HOST` at most and all for `SECONDS_FOR_ALL`; the one that
was good last comes first, and one that failed comes last. A connection in use is watched: where its transaction takes longer
than `SECONDS_QUIET`, another connection to the same host is tried, and if that finds silence the first one is cut. A statement
that merely takes long goes on. Both together end before an agent's time-out of 10 s, also for those that wait for the same
connection behind the one that met the silence: where no host was found, they are told so without asking each of them again.

All connections of a collector share what is known of the hosts: a post that asks whose its token is, and is then stored, meets
a silence once.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from shared.clock import Clock, SystemClock

SECONDS_A_HOST = 3.0
"""Many times what a host far away needs, TLS and all."""
SECONDS_FOR_ALL = 4.5
SECONDS_QUIET = 2.0
"""Longer than nearly every transaction of ours takes: only then it is looked whether the host is there."""
SECONDS_TOLD = 2.0
"""For how long it is told at most that there is no host; never longer than it took to find out."""
FOR_WRITING = "read-write"
"""What a host must be where the address does not say it."""
_LOOKS = 6
"""A wait is made of so many looks: a loop that was held up meanwhile has lost one of them, and not the whole wait."""


class Host(NamedTuple):
    """A machine, or the folder of a socket; None where the address leaves it to the driver."""

    name: str | None
    port: int | None


class NoHost(ConnectionError):
    """No host of an address can be used now; says for each why."""


def hosts_of(url: str) -> list[Host]:
    """Return the hosts of an address, in its order.

    >>> hosts_of("postgresql://lineside:secret@db1,db2:5433/lineside")
    [Host(name='db1', port=None), Host(name='db2', port=5433)]
    >>> hosts_of("postgresql:///lineside?host=10.0.0.1,/run/db&port=6001,5432")
    [Host(name='10.0.0.1', port=6001), Host(name='/run/db', port=5432)]
    >>> hosts_of("postgresql://[::1]:5433/lineside")
    [Host(name='::1', port=5433)]
    >>> hosts_of("postgresql:///lineside")
    [Host(name=None, port=None)]
    >>> hosts_of("postgresql://db1:,[::1]:/lineside")
    [Host(name='db1', port=None), Host(name='::1', port=None)]
    """
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    names = parts.netloc.rpartition("@")[2] or query.get("host", [""])[-1]
    ports: list[int | None] = [int(port) for port in query.get("port", [""])[-1].split(",") if port.isdigit()]
    told = [_host(name) for name in names.split(",")]
    each_port = ports * len(told) if len(ports) == 1 else ports or [None] * len(told)
    if len(each_port) != len(told):
        return [Host(None, None)]  # the driver says what is wrong with it
    return [Host(host.name, host.port or port) for host, port in zip(told, each_port, strict=True)]


def _host(text: str) -> Host:
    name, colon, port = unquote(text).rpartition(":")
    if not colon or (port and not port.isdigit()):
        name, port = unquote(text), ""
    return Host(name.strip("[]") or None, int(port) if port else None)


class PlacedConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """A connection that knows which host it leads to, and what is there."""

    place: Host
    hosts: "Hosts"
    is_spread = False
    """Its database is the coordinator of a Citus cluster."""


@asynccontextmanager
async def watched(connection: Any) -> AsyncIterator[None]:
    """Watch a connection of ours meanwhile: if its host falls silent, whoever waits for an answer is told that it is lost.

    A host that can no longer be written to is left, too: it takes connections, and another one may be the primary now.
    """
    hosts: Hosts = connection.hosts
    watching = asyncio.ensure_future(hosts.watch(connection))
    try:
        yield
    except asyncpg.ReadOnlySQLTransactionError:
        await hosts.leave(connection)
        raise
    finally:
        watching.cancel()
        await asyncio.wait({watching})


class Hosts:
    """Makes the connections of some pools, each used in a thread of its own, and watches those in use."""

    def __init__(
        self, url: str, *, is_passed_over: Callable[[BaseException], bool], clock: Clock | None = None
    ) -> None:
        self._order = hosts_of(url)
        self._url = url
        self.target = parse_qs(urlsplit(url).query).get("target_session_attrs", [FOR_WRITING])[-1]
        """What a host must be, in the words of an address."""
        self._is_passed_over = is_passed_over
        self._clock = clock or SystemClock()
        self._none, self._told_until = "", 0.0
        self._turning = Lock()
        self._pools: list[tuple[asyncio.AbstractEventLoop, Any]] = []

    def know(self, pool: Any) -> None:
        """Note a pool that the connections are for, and that it is used in the loop that runs now."""
        self._pools.append((asyncio.get_running_loop(), pool))

    async def connect(self, *arguments: Any, **settings: Any) -> Any:
        """Return a connection to the first host that can be used.

        Raises:
            NoHost: there is none; what the driver raises that says more than that a host is away is raised as it is.
        """
        begun = self._clock.monotonic()
        if begun < self._told_until:
            raise NoHost(self._none)
        until, reasons = begun + SECONDS_FOR_ALL, []
        for host in tuple(self._order):
            seconds = min(SECONDS_A_HOST, until - self._clock.monotonic())
            if seconds <= 0:
                break
            try:
                connection = await asyncpg.connect(*arguments, **settings, **_to(host), timeout=seconds)
            except Exception as error:
                if not self._is_passed_over(error):
                    raise
                self._put_last(host)
                why = f"no answer within {seconds:.1f} s" if isinstance(error, TimeoutError) else str(error)
                reasons.append(f"{host.name or 'the server'}: {why or type(error).__name__}")
            else:
                connection.place, connection.hosts = host, self
                self._told_until = begun
                self._put_first(host)
                return connection
        self._none, now = "; ".join(reasons), self._clock.monotonic()
        self._told_until = now + min(now - begun, SECONDS_TOLD)
        raise NoHost(self._none)

    async def watch(self, connection: Any) -> None:
        """Cut a connection once its host has fallen silent, and use none of the others to it again."""
        while True:
            await self._clock.sleep(SECONDS_QUIET)
            if not await self._answers(connection.place):
                await self.leave(connection)
                return

    async def leave(self, connection: Any) -> None:
        """Cut a connection, use none of the others to its host again, whatever they are for, and ask that host last."""
        self._put_last(connection.place)
        here = asyncio.get_running_loop()
        for loop, pool in tuple(self._pools):
            if loop is here:
                await pool.expire_connections()
            elif not loop.is_closed():
                loop.call_soon_threadsafe(loop.create_task, pool.expire_connections())
        connection.terminate()

    async def _answers(self, host: Host) -> bool:
        asking = asyncio.ensure_future(_ask(self._url, host))
        try:
            for _ in range(_LOOKS):
                await asyncio.wait({asking}, timeout=SECONDS_A_HOST / _LOOKS)
                if asking.done():
                    return asking.result()
            return False
        finally:
            asking.cancel()
            await asyncio.wait({asking})

    def _put_first(self, host: Host) -> None:
        with self._turning:
            self._order = [host, *(other for other in self._order if other != host)]

    def _put_last(self, host: Host) -> None:
        with self._turning:
            self._order = [*(other for other in self._order if other != host), host]


async def _ask(url: str, host: Host) -> bool:
    """Say whether anybody answers there, be it that nobody may come in."""
    try:
        connection = await asyncpg.connect(url, **_to(host), target_session_attrs="any", timeout=60)
    except OSError:
        return False
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        return True
    connection.terminate()
    return True


def _to(host: Host) -> dict[str, Any]:
    # What the address leaves open stays the driver's to find out.
    given = {"host": host.name, "port": host.port}
    return {key: value for key, value in given.items() if value is not None}
