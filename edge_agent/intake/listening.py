"""Where the agent can be reached: a network address for the producer, and a Unix socket for commands.

The network address is what an agent is for, so that it ends where it cannot have that. Without the socket it goes on:
commands do not reach it then, and events are kept all the same. What lies in the socket's place is left as it is.
"""

import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from pathlib import Path

from aiohttp import web

from edge_agent.intake.local_http import create_runner
from shared.clock import Clock
from shared.connections import Malformed
from shared.control_socket import make_room, reachable, remove
from shared.errors import LinesideError, StorageUnusable
from shared.gate import Gate
from shared.gated_site import Site
from shared.listening import why_not
from shared.open_files import connections_possible

_log = logging.getLogger(__name__)


MOST_CONNECTIONS = 256
"""A camera has one, and Prometheus; whoever only holds on to theirs is let go first, see `shared/gate.py`."""


@asynccontextmanager
async def listening(app: web.Application, address: tuple[str, int], *, clock: Clock) -> AsyncIterator[str]:
    """Serve on a network address and give the URL at which the agent can be reached.

    Raises:
        LinesideError: it cannot be had; the message names it.
    """
    host, port = address
    most = connections_possible(MOST_CONNECTIONS)
    # Of one address, too, there may be as many: nearly all come from this machine.
    gate = Gate(most, most_strangers=most, most_each=most, counted_as=lambda _: None)
    async with _running(app) as runner:
        try:
            await Site(runner, address, gate=gate, malformed=Malformed(clock)).start()
        except OSError as error:
            raise LinesideError(
                f"cannot listen on {host}:{port}: {why_not(error)}",
                hint="another agent? choose another address with --listen",
            ) from error
        bound = runner.addresses[0][1]
        yield f"http://{f'[{host}]' if ':' in host else host}:{bound}"
        gate.close()


@asynccontextmanager
async def listening_at_socket(app: web.Application, path: Path) -> AsyncIterator[None]:
    """Serve on a Unix socket, for this user only; the lock of the log makes sure that a socket there is a dead one's."""
    async with AsyncExitStack() as stack:
        try:
            make_room(path)
        except StorageUnusable as error:
            _log.error("commands cannot reach this agent", extra={"reason": str(error), "hint": error.hint})
        else:
            await stack.enter_async_context(_at_free_place(app, path))
        yield


@asynccontextmanager
async def _at_free_place(app: web.Application, path: Path) -> AsyncIterator[None]:
    with closing(socket.socket(socket.AF_UNIX)) as unix:
        os.fchmod(unix.fileno(), 0o600)  # before the file exists, so that it never has other rights
        with reachable(path) as name:
            unix.bind(name)
        async with _running(app) as runner:
            await web.SockSite(runner, unix).start()
            yield
        with suppress(OSError):  # the disk has become read-only: the next start removes it
            remove(path)


@asynccontextmanager
async def _running(app: web.Application) -> AsyncIterator[web.AppRunner]:
    runner = create_runner(app)
    await runner.setup()
    try:
        yield runner
    finally:
        await runner.cleanup()
