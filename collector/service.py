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
from collector.retaining import Retaining
from collector.settings import CollectorSettings
from collector.storage.choosing import open_storage, shown
from collector.storage.opening import SQLITE_VERSION
from collector.vitals.meters import Meters
from collector.web.app import make_app
from collector.web.certificates import renewed
from collector.web.context import REPORTS, STORAGE, VITALS
from collector.web.hosting import read_in_pieces, return_memory
from collector.web.limits import most_connections_each
from collector.web.peers import PEERS
from shared.clock import Clock, SystemClock
from shared.connections import Malformed
from shared.control_socket import make_room, reachable, remove
from shared.errors import FileHeld, LinesideError, SettingsInvalid
from shared.gate import Gate
from shared.gated_site import Site
from shared.listening import why_not
from shared.open_files import connections_possible
from shared.service_manager import ServiceManager

STOP_SECONDS = 10
"""How long requests that were accepted may take to be answered once the collector stops."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def collector_app(settings: CollectorSettings, *, clock: Clock) -> AsyncIterator[web.Application]:
    """Give the application with its parts running, and the database open for writing."""
    storage = await open_storage(settings)
    try:
        meters = Meters(clock=clock)
        ingest = Ingest(storage, tally=meters, clock=clock)
        ingest.start()
        try:
            reports = Reports(storage, settings=settings, clock=clock)
            yield make_app(
                storage=storage, ingest=ingest, reports=reports, settings=settings, clock=clock, meters=meters
            )
        finally:
            await ingest.stop()
    finally:
        await storage.close()


@asynccontextmanager
async def serving(
    settings: CollectorSettings, *, clock: Clock, manager: ServiceManager | None = None
) -> AsyncIterator[str]:
    """Give the address of a running collector, which is stopped at the end; the service manager hears how it is.

    Raises:
        LinesideError: the address is taken.
    """
    async with collector_app(settings, clock=clock) as app:
        meters = app[VITALS].meters
        retaining = Retaining(app[STORAGE], retention=settings.kept_for, tally=meters, clock=clock)
        await retaining.start()
        for warning in await app[REPORTS].warnings():
            _log.warning("a setting is not in force", extra={"reason": warning})
        gate = _new_gate(app, settings)
        runner = new_runner(app)
        control = web.AppRunner(
            make_control_app(OwnDoor(app), vitals=app[VITALS]),
            auto_decompress=False,
            access_log=None,
            shutdown_timeout=STOP_SECONDS,
        )
        await runner.setup()
        await control.setup()
        try:
            await _refuse_strangers(app, settings)
            async with renewed(settings.tls_certificate, key=settings.tls_key, clock=clock) as tls:
                site = Site(runner, settings.listen, gate=gate, malformed=Malformed(clock), tls=tls)
                address = await _listen(runner, site, settings=settings)
                if settings.database_url is None:  # commands write to PostgreSQL by themselves
                    await _listen_for_commands(control, socket_of(settings.database_file()))
                async with _reporting(app, manager):
                    yield address
        finally:
            await retaining.stop()
            async with _showing_out(gate):
                await asyncio.gather(runner.cleanup(), control.cleanup())
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
    return_memory()
    read_in_pieces()
    async with serving(settings, clock=SystemClock(), manager=ServiceManager(os.environ)) as address:
        sys.stdout.write(f"listening on {address}\ndashboard at {address}/dashboard/\n")
        sys.stdout.flush()
        facts = {"address": address, "database": shown(settings), "sqlite_version": SQLITE_VERSION}
        _log.info("collector started", extra=facts)
        await stop.wait()
        _log.info("collector stopping")
    return 0


async def _refuse_strangers(app: web.Application, settings: CollectorSettings) -> None:
    """Refuse an address that others reach while everybody who does could do everything.

    Raises:
        SettingsInvalid: with the ways out.
    """
    if not settings.may_be_open and not await app[STORAGE].access.is_configured():
        host, port = settings.listen
        raise SettingsInvalid(
            f"listen = '{host}:{port}': nobody has been given access, so anybody on that network could read and write",
            hint="collector users add NAME and collector cameras add NAME give it; else listen on 127.0.0.1, or insist "
            "with --open",
        )


@asynccontextmanager
async def _reporting(app: web.Application, manager: ServiceManager | None) -> AsyncIterator[None]:
    """Tell the service manager that events are taken, and every few seconds that they still are, while the block lasts."""
    if manager is None:
        yield
        return
    manager.ready()
    beating = asyncio.create_task(app[VITALS].beat(manager), name="beat")
    try:
        yield
    finally:
        manager.stopping()
        app[VITALS].stop()
        beating.cancel()
        await asyncio.wait({beating})


def _new_gate(app: web.Application, settings: CollectorSettings) -> Gate:
    most = connections_possible(settings.max_connections)
    return Gate(
        most,
        most_strangers=settings.max_strangers_per_address,
        most_each=most_connections_each(most),
        counted_as=app[PEERS].counted_as,
    )


@asynccontextmanager
async def _showing_out(gate: Gate) -> AsyncIterator[None]:
    """Let strangers go at once, and the others once their time is over, while the block ends what they asked for."""
    gate.close()
    late = asyncio.get_running_loop().call_later(STOP_SECONDS, gate.clear)
    try:
        yield
    finally:
        late.cancel()


async def _listen(runner: web.AppRunner, site: Site, *, settings: CollectorSettings) -> str:
    host, port = settings.listen
    try:
        await site.start()
    except OSError as error:
        raise LinesideError(
            f"{host}:{port} cannot be listened on: {why_not(error)}",
            hint="is a collector running already? choose another port with --listen",
        ) from error
    port = runner.addresses[0][1]
    scheme = "http" if settings.tls_certificate is None else "https"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


async def _listen_for_commands(control: web.AppRunner, socket: Path) -> None:
    make_room(socket)  # the lock is ours, so whoever left a socket behind is gone
    with reachable(socket) as path:
        before = os.umask(0o177)
        try:
            await web.UnixSite(control, path).start()
        finally:
            os.umask(before)
