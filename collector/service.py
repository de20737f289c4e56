"""The collector put together: the one place that makes its parts, starts them in order and stops them in reverse."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from aiohttp import web

from collector.control import Door, OwnDoor, make_control_app, service_door, socket_of
from collector.ingest import Ingest
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.storage.choosing import open_storage, shown
from collector.storage.opening import SQLITE_VERSION
from collector.web.app import make_app
from collector.web.context import REPORTS
from shared.clock import Clock, SystemClock
from shared.control_socket import make_room, reachable, remove
from shared.errors import FileHeld, LinesideError
from shared.listening import why_not

STOP_SECONDS = 10
"""How long requests that were accepted may take to be answered once the collector stops."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def collector_app(settings: CollectorSettings, *, clock: Clock) -> AsyncIterator[web.Application]:
    """Give the application with its parts running, and the database open for writing."""
    storage = await open_storage(settings)
    try:
        ingest = Ingest(storage)
        ingest.start()
        try:
            reports = Reports(storage, settings=settings, clock=clock)
            yield make_app(storage=storage, ingest=ingest, reports=reports, settings=settings, clock=clock)
        finally:
            await ingest.stop()
    finally:
        await storage.close()


@asynccontextmanager
async def serving(settings: CollectorSettings, *, clock: Clock) -> AsyncIterator[str]:
    """Give the address of a running collector, which is stopped at the end.

    Raises:
        LinesideError: the address is taken.
    """
    async with collector_app(settings, clock=clock) as app:
        for warning in await app[REPORTS].warnings():
            _log.warning("a setting is not in force", extra={"reason": warning})
        runner = new_runner(app)
        control = web.AppRunner(make_control_app(OwnDoor(app)), auto_decompress=False, access_log=None)
        await runner.setup()
        await control.setup()
        try:
            address = await _listen(runner, settings)
            if settings.database_url is None:  # commands write to PostgreSQL by themselves
                await _listen_for_commands(control, socket_of(settings.database_file()))
            yield address
        finally:
            await runner.cleanup()
            await control.cleanup()
            if settings.database_url is None:
                remove(socket_of(settings.database_file()))


def new_runner(app: web.Application) -> web.AppRunner:
    """Return what runs the application; a client that goes away takes its question along.

    A delivery that waits to be stored is stored all the same.
    """
    return web.AppRunner(
        app, auto_decompress=False, access_log=None, shutdown_timeout=STOP_SECONDS, handler_cancellation=True
    )


@asynccontextmanager
async def door(settings: CollectorSettings, *, clock: Clock) -> AsyncIterator[Door]:
    """Give commands their way to write: into the database if nobody holds it, else through the service that does."""
    async with AsyncExitStack() as stack:
        try:
            app = await stack.enter_async_context(collector_app(settings, clock=clock))
            way: Door = OwnDoor(app)
        except FileHeld:
            socket = socket_of(settings.database_file())
            if not socket.exists():
                raise
            way = await stack.enter_async_context(service_door(socket))
        yield way


async def serve(settings: CollectorSettings) -> int:
    """Run until SIGTERM or SIGINT; the first line on stdout is the address."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # What is loaded by now stays. A batch or a page is made of 100,000 objects that are gone with it: a walk through all of
    # them, by default once a page, would take half as long as making the page.
    gc.freeze()
    gc.set_threshold(50_000)
    async with serving(settings, clock=SystemClock()) as address:
        sys.stdout.write(f"listening on {address}\ndashboard at {address}/dashboard/\n")
        sys.stdout.flush()
        facts = {"address": address, "database": shown(settings), "sqlite_version": SQLITE_VERSION}
        _log.info("collector started", extra=facts)
        await stop.wait()
        _log.info("collector stopping")
    return 0


async def _listen(runner: web.AppRunner, settings: CollectorSettings) -> str:
    host, port = settings.listen
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise LinesideError(
            f"{host}:{port} cannot be listened on: {why_not(error)}",
            hint="is a collector running already? choose another port with --listen",
        ) from error
    port = runner.addresses[0][1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _listen_for_commands(control: web.AppRunner, socket: Path) -> None:
    make_room(socket)  # the lock is ours, so whoever left a socket behind is gone
    with reachable(socket) as path:
        before = os.umask(0o177)
        try:
            await web.UnixSite(control, path).start()
        finally:
            os.umask(before)
