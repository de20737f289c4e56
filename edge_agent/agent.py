"""The composition root: makes the parts of a running agent, joins them, and takes them apart in the right order.

Stopping (SIGTERM, SIGINT) goes with the stream: no new requests, what was posted goes to disk and is answered, the
batch on its way gets 5 s for its receipt, then the log is closed cleanly. Cutting any of this short loses nothing that
was answered `accepted`; it costs a new epoch at the next start and, at most, a batch of duplicates. Until the log is
open there is nothing to take apart: the process ends at once, in the midst of a salvage too.
"""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib.metadata import version
from typing import TypeVar

import click
from aiohttp import web

from edge_agent.buffer.log import EventLog
from edge_agent.buffer.space import Limits
from edge_agent.control import CONTROL_SOCKET, OwnLetters, add_dead_letter_routes
from edge_agent.intake.acceptor import Acceptor
from edge_agent.intake.life_signs import LifeSigns
from edge_agent.intake.listening import listening, listening_at_socket
from edge_agent.intake.local_http import Told, create_app
from edge_agent.metrics.meters import Meters
from edge_agent.pulse import BEAT_SECONDS, Pulse
from edge_agent.sender import Sender
from edge_agent.settings import AgentSettings
from edge_agent.sync_loop import SyncLoop
from edge_agent.upkeep import looking_after
from edge_agent.vitals import Identity, Signs, Vitals
from edge_agent.watch_notes import note_end, watched_before
from shared.clock import Clock, SystemClock
from shared.events import Event
from shared.http_guard import allowed_hosts
from shared.instants import SECOND
from shared.service_manager import ServiceManager

REMEMBERED = ("collector.url", "collector.token_file", "collector.ca_file", "camera")
"""What the log remembers of the settings, for commands that go on where the agent left off."""
_LAST_BATCH_SECONDS = 5.0
_STOPS = {signal.SIGTERM: 0, signal.SIGINT: 130}
"""What tells the agent to stop, and its exit code if the queue is not open yet."""

_log = logging.getLogger(__name__)
Result = TypeVar("Result")


def run(settings: AgentSettings) -> int:
    """Run the agent until it is told to stop, and return its exit code.

    Raises:
        FileHeld: another agent has this data folder.
        StorageUnusable, StorageFull: its queue cannot be opened.
        LinesideError: it cannot listen where it should.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="log") as executor:
        return asyncio.run(_serve(settings, executor=executor, clock=SystemClock()))


class _Agent:
    """The parts that work together while the log is open."""

    def __init__(
        self,
        settings: AgentSettings,
        *,
        log: EventLog,
        sender: Sender,
        manager: ServiceManager,
        executor: Executor,
        clock: Clock,
        life_signs: LifeSigns,
    ) -> None:
        self._settings = settings
        self._log = log
        self._executor = executor
        self._clock = clock
        self._meters = Meters(clock=clock)
        self._life_signs = life_signs
        self.acceptor = Acceptor(
            self._meters.timed(log.append),
            executor=executor,
            on_commit=self._on_commit,
            commit_seconds=settings.buffer.commit_interval / SECOND,
            commit_max_events=settings.buffer.commit_max_events,
            clock=clock,
        )
        self.loop = SyncLoop(
            log,
            self._meters.measured(sender),
            settings=settings,
            version=version("lineside"),
            executor=executor,
            clock=clock,
            watched=lambda: self._life_signs.watched,
        )
        self.pulse = Pulse(
            log.counts,
            executor=executor,
            clock=clock,
            on_beat=lambda: self.vitals.tell(manager),
            every_seconds=_beat_seconds(manager.watchdog_seconds),
        )
        self.vitals = self._vitals(log)
        self.delivery: asyncio.Task[None] | None = None
        """The loop at work, once it is."""

    def app(self, hosts: frozenset[str] | None) -> web.Application:
        """Return the agent's HTTP side for requests that name one of these hosts, None for any."""
        return create_app(
            acceptor=self.acceptor,
            life_signs=self._life_signs,
            told=Told(self.vitals.status, self.vitals.metrics, self.vitals.not_ready),
            tally=self._meters,
            clock=self._clock,
            time_zone=self._settings.time_zone,
            hosts=hosts,
        )

    def control_app(self) -> web.Application:
        """Return what listens on the control socket: the same, and what commands ask for."""
        app = self.app(None)
        add_dead_letter_routes(app, OwnLetters(self._log, executor=self._executor, on_change=self.loop.wake))
        return app

    def _vitals(self, log: EventLog) -> Vitals:
        identity = Identity(
            camera=self._settings.camera,
            version=version("lineside"),
            collector=self._settings.collector.url,
            started_at=self._clock.now(),
        )
        signs = Signs(
            link=lambda: self.loop.link,
            epoch=lambda: log.facts().epochs[-1].token,
            returned=lambda: {"sent_again": self.loop.refiller.sent_again, "lost": self.loop.refiller.lost},
            waiting_events=lambda: self.acceptor.waiting,
            intake_failure=lambda: self.acceptor.failure,
            last_sign_of_life=lambda: self._life_signs.last,
            is_delivering=lambda: self.delivery is not None and not self.delivery.done(),
        )
        return Vitals(identity, signs, pulse=self.pulse, meters=self._meters, clock=self._clock)

    def _on_commit(self, events: Sequence[Event]) -> None:
        self._meters.accepted(len(events))
        self._life_signs.sent(events)
        self.loop.wake()


async def _serve(settings: AgentSettings, *, executor: Executor, clock: Clock) -> int:
    stopping = asyncio.Event()
    manager = ServiceManager(os.environ)
    loop = asyncio.get_running_loop()
    for number, code in _STOPS.items():
        loop.add_signal_handler(number, _leave_at_once, code)
    async with AsyncExitStack() as stack:
        sender = await stack.enter_async_context(_sender(settings))
        async with manager.starting(clock=clock):
            log = await _on(executor, lambda: EventLog.open(settings.data_dir, clock=clock, limits=_limits(settings)))
        stack.push_async_callback(_on, executor, log.close)
        for number in _STOPS:
            loop.add_signal_handler(number, stopping.set)
        await _on(executor, lambda: _remember(log, settings))
        signs = LifeSigns(
            silent_after=settings.source_silent_after,
            clock=clock,
            earlier=await _on(executor, lambda: watched_before(log)),
        )
        stack.push_async_callback(_on, executor, lambda: note_end(log, signs.watched))
        agent = _Agent(
            settings, log=log, sender=sender, manager=manager, executor=executor, clock=clock, life_signs=signs
        )
        await stack.enter_async_context(looking_after(log, intake=agent.acceptor, executor=executor, clock=clock))
        await stack.enter_async_context(_delivering(agent))
        await stack.enter_async_context(_beating(agent.pulse))
        stack.push_async_callback(agent.acceptor.close)
        await stack.enter_async_context(listening_at_socket(agent.control_app(), settings.data_dir / CONTROL_SOCKET))
        names = None if settings.open else allowed_hosts(settings.listen[0])
        address = await stack.enter_async_context(listening(agent.app(names), settings.listen, clock=clock))
        click.echo(f"listening on {address}")
        manager.ready()
        _log.info("running", extra={"camera": settings.camera, "collector": settings.collector.url})
        await stopping.wait()
        _log.info("stopping")
        manager.stopping()
    return 0


def _leave_at_once(code: int) -> None:
    """End the process while the queue is being opened, as a crash would.

    Nothing was accepted yet, and whatever a salvage has done by now, the next start mends. An exit in good order would
    wait for the log's thread, which nothing can interrupt.
    """
    _log.info("stopped before the queue was open")
    os._exit(code)


@asynccontextmanager
async def _delivering(agent: _Agent) -> AsyncIterator[None]:
    delivery = agent.delivery = asyncio.create_task(agent.loop.run(), name="delivery")
    try:
        yield
    finally:
        agent.loop.stop()
        done, _ = await asyncio.wait([delivery], timeout=_LAST_BATCH_SECONDS)
        if not done:
            delivery.cancel()
            await asyncio.wait([delivery])


@asynccontextmanager
async def _beating(pulse: Pulse) -> AsyncIterator[None]:
    task = asyncio.create_task(pulse.run(), name="pulse")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _beat_seconds(watchdog_seconds: float | None) -> float:
    """Return how often to beat: three times while a watchdog waits, so that a single late one does no harm."""
    return BEAT_SECONDS if watchdog_seconds is None else min(BEAT_SECONDS, watchdog_seconds / 3)


def _sender(settings: AgentSettings) -> Sender:
    return Sender(
        settings.collector.url,
        token_file=settings.collector.token_file,
        ca_file=settings.collector.ca_file,
        timeout_seconds=settings.collector.timeout / SECOND,
        compression=settings.delivery.compression,
    )


def _limits(settings: AgentSettings) -> Limits:
    buffer = settings.buffer
    return Limits(
        max_size_bytes=buffer.max_size,
        min_free_disk_bytes=buffer.min_free_disk,
        reserve_bytes=buffer.reserve_size,
        when_full=buffer.when_full,
        retain_sent_seconds=buffer.retain_sent_for / SECOND,
    )


def _remember(log: EventLog, settings: AgentSettings) -> None:
    collector = settings.collector
    files = ("" if file is None else str(file.absolute()) for file in (collector.token_file, collector.ca_file))
    for key, value in zip(REMEMBERED, (collector.url, *files, settings.camera), strict=True):
        if log.recall(key) != value:
            log.remember(key, value)


async def _on(executor: Executor, work: Callable[[], Result]) -> Result:
    return await asyncio.get_running_loop().run_in_executor(executor, work)
