"""The primary is killed, or falls silent, under load, its synchronous standby takes over: the same collectors go on, and nothing is lost."""

import logging
import random
import time
from asyncio import TaskGroup
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import aiohttp
import pytest

from collector.records import EventQuery
from collector.storage.postgres.store import PostgresStorage
from collector.web.events_api import event_row
from tests.support.fleet import Camera, Fleet, Seen, until
from tests.support.oracle import key_of
from tests.support.postgres import Server, audited, running_server, running_standby

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]
CAMERAS = 6
_log = logging.getLogger(__name__)


@pytest.fixture
def pair() -> Iterator[tuple[Server, Server, str]]:
    """Return a primary with a database, its standby, and the address of both."""
    with running_server() as primary:
        primary.ask("create database lineside template template0")
        with running_standby(primary) as standby:
            both = f"postgresql://postgres@/lineside?host={primary.folder},{standby.folder}"
            yield primary, standby, f"{both}&target_session_attrs=read-write"


@contextmanager
def stopped(primary: Server) -> Iterator[None]:
    """Let it die, and let that be seen."""
    primary.stop("immediate")
    yield


@contextmanager
def silent(primary: Server) -> Iterator[None]:
    """Let it say nothing any more, with all that is connected to it; back before the end it would be a second primary."""
    frozen = primary.freeze()
    try:
        yield
    finally:
        primary.thaw(frozen)


@pytest.mark.parametrize("gone", [stopped, pytest.param(silent, marks=pytest.mark.gauntlet)])
async def test_no_acknowledged_event_is_lost_at_a_fail_over(
    pair: tuple[Server, Server, str], tmp_path: Path, gone: Callable[[Server], AbstractContextManager[None]]
) -> None:
    """Nor doubled; nobody restarts a collector, and the numbers are those of the events."""
    primary, standby, url = pair
    seen = Seen(random.Random(3))
    with ExitStack() as to_the_end:
        async with (
            Fleet(url, count=2, folder=tmp_path) as fleet,
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session,
        ):
            cameras = [Camera(f"C{number}", seen, fleet=fleet) for number in range(CAMERAS)]
            async with TaskGroup() as running:
                for camera in cameras:
                    running.create_task(camera.run(session))
                await until(lambda: seen.batches >= 40)
                to_the_end.enter_context(gone(primary))
                refused, killed = seen.refused, time.monotonic()
                await until(lambda: seen.refused > refused)
                before = seen.batches
                standby.control("promote", "-w")
                await until(lambda: seen.batches > before)
                _log.info("without answers for %.2f s", time.monotonic() - killed)
                await until(lambda: seen.batches > before + 40)
                for camera in cameras:
                    camera.stop()
        storage = await PostgresStorage.open_read_only(url)
        keys = [key_of(event_row(each)) for each in await storage.events(EventQuery(limit=10**6))]
        await storage.close()
        differences = (await audited(url)).differences

    assert seen.acknowledged == set(keys)
    assert len(keys) == len(set(keys))
    assert [] == differences
