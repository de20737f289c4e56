"""Events that were taken in from another file go under new numbers; the collector does not wait for the old ones for ever."""

from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import EventLog
from edge_agent.buffer.schema import SCHEMA_VERSION
from tests.damage.files import set_version
from tests.support.delivery import delivery
from tests.support.events import events
from tests.support.fake_clock import FakeClock
from tests.support.flaky_collector import until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A queue of a newer program, with five events of its own."""
    place = tmp_path / "queue"
    with closing(EventLog.open(place, clock=FakeClock())) as log:
        log.append(events(1, 5))
    set_version(place / QUEUE_FILE, SCHEMA_VERSION + 1)
    return place


async def test_numbers_of_a_file_that_was_taken_in_are_not_missing_for_ever(folder: Path) -> None:
    """The older program delivers a part; when the newer one is back, the rest arrives, and nothing is lacking of either epoch."""
    async with delivery(folder, 0, delivery__heartbeat="15s") as made:
        made.log.append(events(101, 120))
        beside = made.log.facts().epochs[-1].token
        await made.drain()
        made.log.append(events(201, 210))  # the older program is stopped before these go
        made.log.close()
        set_version(folder / QUEUE_FILE, SCHEMA_VERSION)
        made.log = EventLog.open(folder, clock=made.clock)
        retired = [(one.token, one.last) for one in made.log.retired()]
        async with made.running():
            await until(lambda: not made.log.facts().pending and not made.log.retired())

        assert [(beside, 30)] == retired
        assert ((1, 30),) == made.collector.arrived[beside]
        assert 35 == len(made.collector.stored)
