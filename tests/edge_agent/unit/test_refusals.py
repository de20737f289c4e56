"""A collector that refuses: batches are taken apart, bad events are given up one by one, and no good one with them."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import web
from sqlite_utils.utils import sqlite3

from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import EventLog
from shared.http_body import problem
from tests.support.delivery import delivery
from tests.support.events import events
from tests.support.fake_clock import FakeClock
from tests.support.flaky_collector import (
    Envelope,
    FlakyCollector,
    honest,
    refusing,
    rejecting,
    taking_at_most,
    until,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the queue."""
    return tmp_path / "queue"


async def test_a_batch_that_is_too_large_is_halved_until_it_fits(folder: Path) -> None:
    """413 is about the batch; no event is to blame."""
    async with delivery(folder, 20) as made:
        made.collector.always = taking_at_most(3)
        await made.drain()

        assert list(range(1, 21)) == made.collector.numbers
        assert [] == made.dead_letters()


async def test_a_batch_that_is_refused_and_whose_halves_are_too_large_becomes_smaller_still(folder: Path) -> None:
    """Something in between answers 400 above 100 events and 413 to any two: event by event all of them pass."""

    def strict(collector: FlakyCollector, envelope: Envelope) -> web.Response | None:
        events = len(envelope.events)
        return problem(400 if events > 100 else 413, "too much") if events > 1 else honest(collector, envelope)

    async with delivery(folder, 120) as made:
        made.collector.always = strict
        await made.drain()

        assert list(range(1, 121)) == made.collector.numbers
        assert [] == made.dead_letters()
        assert [120, 60, 30, 15, 7, 3, 1] == [len(batch) for batch in made.numbers_sent[:7]]
        assert made.requests_with_events <= 7 + 2 * 120


async def test_a_batch_that_is_refused_again_and_again_is_no_storm(folder: Path) -> None:
    """New events join before each try, so that none is smaller than the last: the second waits as a retry does."""

    def growing(_collector: FlakyCollector, envelope: Envelope) -> web.Response:
        made.log.settle(settled=made.log.facts().pending, dead=())
        made.log.append(events(1, 2 * len(envelope.events)))
        return problem(400, "an event is wrong")

    async with delivery(folder, 2) as made:
        made.collector.script = [growing, growing]
        await made.drain()

        assert 1.0 in made.clock.slept


@pytest.mark.parametrize("bad", [1, 17, 250, 500])
async def test_one_bad_event_among_500_is_found_and_buried_alone(folder: Path, bad: int) -> None:
    """A collector that refuses whole batches gets all but the one, for at most 2 · log2 500 = 17 requests more."""
    async with delivery(folder, 500) as made:
        made.collector.always = refusing(lambda event: event["workstation_id"] == f"S{bad}")
        await made.drain()

        assert [(bad, "refused", "an event is wrong")] == made.dead_letters()
        assert 499 == len(made.collector.stored)
        assert made.requests_with_events <= 1 + 17


async def test_a_single_bad_event_is_buried_only_after_an_empty_envelope_has_passed(folder: Path) -> None:
    """With nothing else to send, the heartbeat shows that the collector means the event and not us; then it is asked again."""
    async with delivery(folder, 1) as made:
        made.collector.always = refusing(lambda _: True)
        await made.drain()

        assert [1, 0, 1] == [len(envelope.events) for envelope in made.collector.received[:3]]
        assert [(1, "refused", "an event is wrong")] == made.dead_letters()


async def test_a_collector_with_a_bad_minute_gets_no_event_buried(folder: Path) -> None:
    """One that refused a lone event once and takes it when asked again."""
    async with delivery(folder, 1) as made:
        made.collector.script = [lambda _collector, _envelope: problem(400, "a bad minute")]
        await made.drain()

        assert [] == made.dead_letters()
        assert [1] == made.collector.numbers


async def test_a_collector_that_refuses_everything_gets_no_event_buried(folder: Path) -> None:
    """It has a quarrel with our envelope; that is no reason to give a single event up."""

    async with delivery(folder, 20) as made:
        made.collector.always = lambda _collector, _envelope: problem(400, "agent.camera: too long")
        async with made.running() as loop:
            await until(lambda: len(made.collector.received) > 30)
            link = loop.link
        made.collector.always = FlakyCollector().always
        await made.drain()

        assert "even an empty batch" in link.cause
        assert [] == made.dead_letters()
        assert list(range(1, 21)) == made.collector.numbers


@pytest.mark.parametrize("refused", ["first", "last"])
async def test_a_header_that_is_refused_costs_no_event(folder: Path, refused: str) -> None:
    """The envelope that has to pass first is of the same epoch, although others would pass; the cause is said."""
    with closing(EventLog.open(folder, clock=FakeClock())) as log:
        log.append(events(1, 1))
    with sqlite3.connect(folder / QUEUE_FILE) as connection:
        connection.execute("update meta set value = 'of another file' where key = 'stop'")
    async with delivery(folder, 1) as made:
        tokens = [epoch.token for epoch in made.log.facts().epochs]
        bad = tokens[0 if refused == "first" else -1]

        def strict(collector: FlakyCollector, envelope: Envelope) -> web.Response:
            if envelope.agent["epoch"] == bad:
                return problem(400, "the envelope is wrong: agent.epoch")
            return honest(collector, envelope)

        made.collector.always = strict
        async with made.running() as loop:
            await until(lambda: sum(one.agent["epoch"] == bad for one in made.collector.received) > 9)
            link = loop.link

        assert [] == made.dead_letters()
        assert "even an empty batch" in link.cause


async def test_events_that_the_collector_rejects_are_dead_letters_with_its_reason(folder: Path) -> None:
    """Its receipt names them; their neighbours are settled in the same moment."""
    async with delivery(folder, 10) as made:
        made.collector.always = rejecting(lambda event: event["workstation_id"] in ("S3", "S7"))
        loop = await made.drain()
        counts = made.log.counts()

        assert [(3, "bad_id", "no such worker"), (7, "bad_id", "no such worker")] == made.dead_letters()
        assert (10, 8, 0, 2) == (counts.last_seq, counts.settled, counts.pending, counts.dead)
        assert (8, 2) == (loop.link.accepted, loop.link.rejected)


async def test_epochs_never_share_a_batch(folder: Path, tmp_path: Path) -> None:
    """After a kill numbers go on under another token; each envelope has one, and both epochs take their turns."""
    async with delivery(folder, 10) as made:
        killed = tmp_path / "killed"
        shutil.copytree(folder, killed)
        first = made.log.facts().epochs[0].token
    async with delivery(killed, delivery__max_events=5) as made:
        made.log.append(events(11, 20))
        second = made.log.facts().epochs[-1].token
        await made.drain()

        assert first != second
        assert {(first, seq) for seq in range(1, 11)} | {(second, seq) for seq in range(11, 21)} == set(
            made.collector.stored
        )
        assert [second, first, second, first] == [batch.agent["epoch"] for batch in made.collector.batches]


async def test_an_event_that_is_damaged_on_disk_is_reported_and_holds_nobody_up(folder: Path) -> None:
    """Its checksum is wrong, so it is not sent; it is a dead letter and the others arrive."""
    async with delivery(folder, 5) as made:
        with sqlite3.connect(folder / "queue.db") as connection:
            connection.execute("update event_log set payload = replace(payload, 'W3', 'W4') where seq = 3")
        await made.drain()

        assert [1, 2, 4, 5] == made.collector.numbers
        assert [(3, "damaged", "its checksum is wrong")] == made.dead_letters()
