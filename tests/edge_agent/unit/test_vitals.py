"""How the agent is, told by its parts: a pulse that stops, a commit that fails, a delivery that ends, and what is told then."""

import asyncio
import errno
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from edge_agent.buffer.rows import Counts
from edge_agent.delivery.link import Link
from edge_agent.metrics.meters import Meters
from edge_agent.pulse import BEAT_SECONDS, Pulse
from edge_agent.vitals import Identity, Signs, Vitals
from shared.errors import LinesideError, StorageFull, StorageUnusable
from shared.service_manager import ServiceManager
from tests.support.fake_clock import START, FakeClock
from tests.support.flaky_collector import until
from tests.support.notify_socket import notify_socket

COUNTS = Counts(last_seq=3, settled=1, pending=2, dead=0, size_bytes=4_096, oldest_pending_at=START)


class Agent:
    """The parts that give signs, and a queue whose thread can be made to hang or to fail."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self.clock = FakeClock()
        self.beats = 0
        self.failure: LinesideError | None = None
        self.is_delivering = True
        self.counting: Exception | None = None
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.pulse = Pulse(self._count, executor=executor, clock=self.clock, on_beat=self._on_beat)
        signs = Signs(
            link=Link,
            epoch=lambda: "e1",
            returned=dict,
            waiting_events=lambda: 0,
            intake_failure=lambda: self.failure,
            last_sign_of_life=lambda: None,
            is_delivering=lambda: self.is_delivering,
        )
        identity = Identity("cam-01", "0.1.0", "http://c", START)
        self.vitals = Vitals(identity, signs, pulse=self.pulse, meters=Meters(clock=self.clock), clock=self.clock)

    def _count(self) -> Counts:
        self.goes_on.wait(20)
        if self.counting is not None:
            raise self.counting
        return COUNTS

    def _on_beat(self) -> None:
        self.beats += 1


@asynccontextmanager
async def agent() -> AsyncIterator[Agent]:
    """An agent that has had a beat; the next ones come when its clock is moved."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        made = Agent(executor)
        made.clock.longest = 0.0
        task = asyncio.create_task(made.pulse.run())
        try:
            await until(lambda: made.beats == 1)
            yield made
        finally:
            made.goes_on.set()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_an_agent_with_a_pulse_is_ready() -> None:
    """It has reasons for nothing, and the process is worth keeping."""
    async with agent() as made:
        assert ([], True) == (made.vitals.not_ready(), made.vitals.is_working)


async def test_three_missed_beats_are_one_too_many() -> None:
    """Until then a card may tidy up; afterwards everything that is told is what was last known."""
    async with agent() as made:
        made.goes_on.clear()
        made.clock.advance(3 * BEAT_SECONDS)
        before = made.vitals.is_working
        made.clock.advance(0.1)
        told, metrics = await made.vitals.status(), await made.vitals.metrics()

        assert (True, False) == (before, made.vitals.is_working)
        assert ["the queue's thread has not answered for 15 s"] == made.vitals.not_ready()
        assert (2, "the queue's thread has not answered for 15 s") == (told["pending"], told["not_ready"])
        assert b"edge_agent_ready 0.0\n" in metrics
        assert b"edge_agent_buffer_events 2.0\n" in metrics


async def test_a_full_disk_makes_unready_and_is_no_reason_for_a_restart() -> None:
    """A new process would find it as full."""
    async with agent() as made:
        made.failure = StorageFull("no room is left")

        assert (["no room is left"], True) == (made.vitals.not_ready(), made.vitals.is_working)


async def test_a_delivery_that_has_ended_is_a_reason_for_a_restart(tmp_path: Path) -> None:
    """The agent would take events and deliver none, and look healthy: systemd hears no sign of life any more."""
    async with agent() as made:
        with notify_socket(tmp_path) as heard:
            manager = ServiceManager({"NOTIFY_SOCKET": str(heard.path)})
            made.vitals.tell(manager)
            made.is_delivering = False
            made.vitals.tell(manager)
            pings = heard.pings

        assert (1, False) == (len(made.vitals.not_ready()), made.vitals.is_working)
        assert 1 == pings


@pytest.mark.parametrize(
    "failure", [StorageUnusable("the disk cannot be read"), OSError(errno.EIO, "the disk cannot be read")]
)
async def test_a_queue_that_answers_with_an_error_has_a_pulse(failure: Exception) -> None:
    """Its thread works; who asks for the status hears the error, and Prometheus gets everything else."""
    async with agent() as made:
        made.counting = failure
        beating = asyncio.create_task(made.pulse.run())
        await until(lambda: made.beats == 2)
        metrics = await made.vitals.metrics()
        beating.cancel()

        with pytest.raises(StorageUnusable, match="the disk cannot be read"):
            await made.vitals.status()
        assert made.vitals.is_working
        assert b"edge_agent_destination_up 0.0\n" in metrics
        assert b"\nedge_agent_buffer_events " not in metrics
