"""Whatever the collector and the network do, and in whatever order: no event is lost, none is given up in error."""

import asyncio
import tempfile
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.buffer.log import EventLog
from edge_agent.settings import AgentSettings
from edge_agent.sync_loop import SyncLoop
from shared.http_body import problem
from shared.settings_file import load_settings
from tests.support.events import events
from tests.support.fake_clock import FakeClock
from tests.support.flaky_collector import (
    Event,
    FlakyCollector,
    captive_portal,
    honest,
    of_another_batch,
    redirect,
    refusing,
    rejecting,
    status,
    stored_then_silent,
    taking_at_most,
    until,
)

_MOODS = st.sampled_from(
    [
        honest,
        honest,
        captive_portal,
        of_another_batch,
        redirect,
        stored_then_silent,
        taking_at_most(2),
        status(401),
        status(429, headers={"Retry-After": "3"}),
        status(503),
    ]
)


class Inline(Executor):
    """Runs what it is given at once: the loop and its log in one thread."""

    def submit(self, work: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return what came of it."""
        future: Future[Any] = Future()
        try:
            future.set_result(work(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits for the future
            future.set_exception(error)
        return future


@settings(max_examples=40)
@given(
    held=st.integers(0, 40),
    most=st.integers(1, 15),
    moods=st.lists(_MOODS, max_size=12),
    bad_minute=st.none() | st.integers(0, 12),
    bad=st.sets(st.integers(1, 40), max_size=3),
    names_bad_events=st.booleans(),
)
def test_every_event_ends_at_the_collector_or_was_refused_by_it(**given: Any) -> None:
    """After any spell of lies an honest collector has all events but those that it refuses one by one."""
    asyncio.run(_deliver(**given))


async def _deliver(
    *, held: int, most: int, moods: list[Any], bad_minute: int | None, bad: set[int], names_bad_events: bool
) -> None:
    def is_bad(event: Event) -> bool:
        return int(event["workstation_id"][1:]) in bad

    collector = FlakyCollector()
    collector.script = list(moods)
    if bad_minute is not None:
        collector.script.insert(bad_minute, lambda _collector, _envelope: problem(400, "everything is wrong"))
    collector.always = rejecting(is_bad) if names_bad_events else refusing(is_bad)
    clock = FakeClock()
    with tempfile.TemporaryDirectory() as folder:
        log = EventLog.open(Path(folder) / "queue", clock=clock)
        log.append(events(1, held))
        flags = {"delivery.max_events": most, "camera": "cam-01"}
        loop = SyncLoop(
            log,
            collector,
            settings=load_settings(AgentSettings, prefix="NOBODY_", file=None, flags=flags),
            version="0.1.0",
            executor=Inline(),
            clock=clock,
            watched=lambda: (),
            chance=lambda: 0.5,
        )
        task = asyncio.create_task(loop.run())
        await until(lambda: not log.facts().pending and not collector.script)
        loop.stop()
        await task
        counts = log.counts()
        log.close()

    # In a lie's spell an honest answer may have taken a bad event before the collector began to refuse it.
    wanted, got = set(range(1, held + 1)), set(collector.numbers)
    assert wanted - bad <= got <= wanted
    assert held == counts.last_seq == counts.settled + counts.dead
    assert len(wanted - got) <= counts.dead <= len(wanted & bad)
    for batch in collector.batches:
        sent = [seq for seq, _ in batch.numbered]
        assert len(sent) <= most
        assert sorted(set(sent)) == sent
