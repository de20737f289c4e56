"""The whole loop against a collector that lies, breaks and is silent: nothing is lost, and the waits are as they should be."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import web

from edge_agent.buffer.log import EventLog
from edge_agent.delivery.outcome import Attempt
from edge_agent.delivery.settlement import DeadLetter
from shared.errors import StorageFull
from shared.instants import MINUTE, SECOND, format_instant, parse_instant
from shared.receipts import Ranges
from tests.support.delivery import delivery
from tests.support.events import events
from tests.support.fake_clock import START
from tests.support.flaky_collector import (
    Answer,
    Envelope,
    FlakyCollector,
    captive_portal,
    honest,
    of_another_batch,
    redirect,
    status,
    stored_then_silent,
    until,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the queue."""
    return tmp_path / "queue"


async def test_a_backlog_goes_newest_and_oldest_first_and_each_event_once(folder: Path) -> None:
    """The first batch holds what is newest; at the end everything has arrived and nothing twice."""
    async with delivery(folder, 95, delivery__max_events=10) as made:
        loop = await made.drain()

        assert [1, 2, 3, 4, 5, 91, 92, 93, 94, 95] == made.numbers_sent[0]
        assert list(range(1, 96)) == sorted(number for batch in made.numbers_sent for number in batch)
        assert list(range(1, 96)) == made.collector.numbers
        assert (95, 0) == (loop.link.accepted, loop.link.duplicates)


async def test_what_is_sent_is_what_was_accepted(folder: Path) -> None:
    """The collector gets the stored text of each event under its number, and the header says who sends."""
    async with delivery(folder, 2) as made:
        await made.drain()
        epoch = made.log.facts().epochs[-1].token

        (batch,) = made.collector.batches
        assert {"timestamp": "2026-01-15T10:02:00Z", "worker_id": "W2", "workstation_id": "S2"}.items() <= (
            made.collector.stored[epoch, 2].items()
        )
        assert ("cam-01", "0.1.0", epoch, [[1, 2]], 2, 0) == tuple(
            batch.agent[key] for key in ("camera", "version", "epoch", "seqs", "last_seq", "pending")
        )


@pytest.mark.parametrize(
    ("lie", "state", "words"),
    [
        (captive_portal, "retrying", "without a receipt"),
        (of_another_batch, "retrying", "another batch"),
        (status(204), "retrying", "without a receipt"),
        (status(502, text="<html>Bad Gateway</html>"), "retrying", "502"),
        (stored_then_silent, "retrying", "broke"),
        (redirect, "paused", "redirects"),
        (status(401), "paused", "our token"),
        (status(403), "paused", "does not allow"),
        (status(404), "paused", "collector.url"),
        (status(400, text="<html>Bad Request</html>"), "paused", "not by a collector"),
        (status(426), "paused", "older"),
    ],
)
async def test_nothing_leaves_without_a_receipt_and_everything_with_one(
    folder: Path, lie: Answer, state: str, words: str
) -> None:
    """While the network lies every event stays and the status says why; afterwards all arrive without a restart."""
    async with delivery(folder, 20) as made:
        made.collector.always = lie
        async with made.running() as loop:
            await until(lambda: len(made.collector.received) > 5)
            pending = made.log.facts().pending
            link = loop.link
        made.collector.always = FlakyCollector().always
        await made.drain()

        assert ((1, 20),) == pending
        assert state == link.state
        assert words in link.cause
        assert list(range(1, 21)) == made.collector.numbers
        assert [] == made.dead_letters()


async def test_an_answer_that_was_cut_short_costs_duplicates_and_no_event(folder: Path) -> None:
    """The collector had stored them, so the next receipt calls them duplicates: settled all the same."""
    async with delivery(folder, 20) as made:
        made.collector.script = [stored_then_silent]
        loop = await made.drain()

        assert (0, 20) == (loop.link.accepted, loop.link.duplicates)
        assert 20 == made.log.counts().settled


async def test_the_collectors_wish_to_wait_is_obeyed(folder: Path) -> None:
    """503 with `Retry-After: 30` is followed by at least 30 s of silence."""
    async with delivery(folder, 1) as made:
        made.collector.script = [status(503, headers={"Retry-After": "30"})]
        await made.drain()

        assert 45.0 == made.clock.slept[0]


async def test_retries_grow_longer_and_a_pause_is_one_try_a_minute(folder: Path) -> None:
    """One second doubling up to a minute, its upper half by chance; a fault of ours waits its fixed minute."""
    async with delivery(folder, 1) as made:
        made.collector.script = [status(500)] * 8 + [status(401)] * 2
        await made.drain()

        assert [0.75, 1.5, 3.0, 6.0, 12.0, 24.0, 45.0, 45.0, 60.0, 60.0] == made.clock.slept[:10]


async def test_with_nothing_to_send_a_heartbeat_goes_out(folder: Path) -> None:
    """An empty envelope at the start and after every interval, with the numbers as they are."""
    async with delivery(folder, delivery__heartbeat="20s") as made:
        async with made.running():
            await until(lambda: len(made.collector.received) >= 4)

        sent_at = [envelope.agent["sent_at"] for envelope in made.collector.received[:4]]
        assert [format_instant(START + n * 20 * SECOND) for n in range(4)] == sent_at
        assert [] == made.collector.batches


@pytest.mark.parametrize(
    ("sign", "expected"), [(None, None), (START - MINUTE, START), (START - 6 * MINUTE, START - 6 * MINUTE)]
)
async def test_a_heartbeat_vouches_for_no_more_than_was_watched(
    folder: Path, sign: int | None, expected: int | None
) -> None:
    """No watermark before the first sign of life, now while the producer lives, its last sign when it is silent."""
    async with delivery(folder) as made:
        made.watched = () if sign is None else ((sign, sign),)
        async with made.running():
            await until(lambda: len(made.collector.received) >= 1)

        watermark = made.collector.received[0].agent["watermark"]
        assert watermark == (None if expected is None else format_instant(expected))


async def test_the_watermark_stays_before_the_oldest_event_that_is_left_behind(folder: Path) -> None:
    """A batch vouches for what it carries, never past what still waits; the status shows what the collector took of it.

    The collector's clock stands at START, so ours is ahead of it.
    """
    async with delivery(folder, 30, delivery__max_events=10) as made:
        made.clock.advance(3_600)
        made.watched = ((START, made.clock.now()),)
        loop = await made.drain()
        batches = [batch.agent for batch in made.collector.batches]

        # Batches: 1–5 and 26–30, then 6–10 and 21–25, then 11–20; event n is n minutes after START.
        assert [START + 6 * MINUTE - 1, START + 11 * MINUTE - 1] == [
            parse_instant(batch["watermark"]) for batch in batches[:2]
        ]
        assert [20, 10, 0] == [batch["pending"] for batch in batches]
        assert format_instant(START + 6 * MINUTE) == batches[0]["oldest_pending_at"]
        assert parse_instant(batches[2]["watermark"]) >= START + 3_600 * SECOND
        assert START == loop.link.watermark


async def test_new_events_go_out_without_waiting_for_the_heartbeat(folder: Path) -> None:
    """The loop is woken, lingers for company, and sends."""
    async with delivery(folder, delivery__heartbeat="1h") as made:
        made.clock.longest = 1.0
        async with made.running() as loop:
            await until(lambda: loop.link.state == "ok")
            made.log.append(events(1, 3))
            loop.wake()
            await until(lambda: len(made.clock.slept) == 3)

        assert [[1, 2, 3]] == made.numbers_sent
        assert [3_600.0, 0.2, 3_600.0] == made.clock.slept


async def test_a_full_disk_does_not_end_delivery(folder: Path) -> None:
    """What cannot be noted stays pending and is sent again: duplicates, no loss."""

    class FullOnce(EventLog):
        settlements = 0

        def settle(self, *, settled: Ranges, dead: Sequence[DeadLetter]) -> None:
            self.settlements += 1
            if self.settlements == 1:
                raise StorageFull
            super().settle(settled=settled, dead=dead)

    async with delivery(folder, 5) as made:
        made.log.close()
        made.log = log = FullOnce.open(folder, clock=made.clock)
        loop = await made.drain()

        assert 5 == log.counts().settled
        assert 5 == loop.link.duplicates
        assert loop.link.last_error is not None
        assert "the queue cannot be used" in loop.link.last_error


async def test_an_unforeseen_error_is_shown_and_delivery_goes_on(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The loop never dies silently: it says so, waits a pause, and tries again."""

    class Broken:
        def __init__(self, collector: FlakyCollector) -> None:
            self.collector, self.posts = collector, 0

        async def post(self, body: bytes) -> Attempt:
            self.posts += 1
            if self.posts == 1:
                raise RuntimeError("nobody thought of this")
            return await self.collector.post(body)

    async with delivery(folder, 5) as made:
        async with made.running(Broken(made.collector)) as loop:
            await until(lambda: not made.log.facts().pending)

        assert "an error inside the agent; its log says which" == loop.link.last_error
        assert 60.0 == made.clock.slept[0]
        assert ["nobody thought of this"] == [str(r.exc_info[1]) for r in caplog.records if r.exc_info]


async def test_the_log_says_when_trouble_begins_changes_and_ends(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One line each, however many attempts there were."""
    caplog.set_level("INFO", logger="edge_agent.sync_loop")
    async with delivery(folder, 1) as made:
        made.collector.script = [status(500)] * 5 + [status(401)] * 3
        await made.drain()

        assert ["delivery fails", "delivery fails", "the collector answers"] == [r.message for r in caplog.records]


async def test_the_clock_offset_is_measured_at_the_middle_of_the_request(folder: Path) -> None:
    """The collector's clock stands at START; ours went from 7 s to 11 s after it while it answered."""
    async with delivery(folder) as made:
        made.clock.set(START + 7 * SECOND)
        made.clock.longest = 0.0

        def slow(collector: FlakyCollector, envelope: Envelope) -> web.Response:
            made.clock.advance(4)
            return honest(collector, envelope)

        made.collector.script = [slow]
        async with made.running() as loop:
            await until(lambda: loop.link.state == "ok")

        assert -9 * SECOND == loop.link.clock_offset


async def test_stopping_ends_a_long_wait_at_once(folder: Path) -> None:
    """An agent in its backoff does not keep its machine from shutting down, and makes no request more."""
    async with delivery(folder, 1) as made:
        made.collector.always = status(500)
        made.clock.longest = 0.0
        async with made.running() as loop:
            await until(lambda: loop.link.state == "retrying")
            requests = len(made.collector.received)

        assert requests == len(made.collector.received) == 1
