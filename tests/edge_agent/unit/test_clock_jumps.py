"""The wall clock jumps, as time servers make it: no event changes, nothing expires, no wait is cut short or drawn out."""

from pathlib import Path

import pytest
from aiohttp import web

from edge_agent.delivery.outcome import Attempt, NoAnswer
from edge_agent.delivery.settlement import DeadLetter
from shared.http_body import problem
from shared.instants import HOUR, MINUTE, SECOND, format_instant, parse_instant
from tests.support.delivery import delivery
from tests.support.events import event, events
from tests.support.fake_clock import START
from tests.support.flaky_collector import Answer, Envelope, FlakyCollector, honest, receipt, status, until

DAY = 24 * HOUR
JUMPS = [-56 * 365 * DAY, -14 * DAY, -3 * HOUR, 3 * HOUR, DAY, 10 * 365 * DAY]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the queue."""
    return tmp_path / "queue"


@pytest.mark.parametrize("jump", JUMPS)
async def test_a_jump_changes_no_event_and_no_wait(folder: Path, jump: int) -> None:
    """Whether the clock was wrong before or after: what was stored goes as it was, after the waits that were due."""
    async with delivery(folder, 20) as made:
        stored = [entry.payload for entry in made.log.read(((1, 20),))]

        def jumping(collector: FlakyCollector, envelope: Envelope) -> web.Response | None:
            made.clock.set(max(made.clock.now() + jump, 0))
            return status(500)(collector, envelope)

        made.collector.script = [status(500), jumping, status(500), status(500)]
        loop = await made.drain()

        assert stored == [entry.payload for entry in made.log.read(((1, 20),))]
        assert list(range(1, 21)) == made.collector.numbers
        assert [0.75, 1.5, 3.0, 6.0] == made.clock.slept[:4]
        assert 0 == made.log.counts().unaccounted
        assert (20, 0) == (loop.link.accepted, loop.link.rejected)


@pytest.mark.parametrize("jump", [-DAY, DAY])
async def test_a_jump_is_no_long_outage(folder: Path, jump: int) -> None:
    """A second of trouble in which the clock was set a day on does not hold the backlog back."""
    async with delivery(folder, 20, delivery__max_events=5) as made:

        def jumping(collector: FlakyCollector, envelope: Envelope) -> web.Response | None:
            made.clock.set(made.clock.now() + jump)
            return status(500)(collector, envelope)

        made.collector.script = [jumping]
        await made.drain()

        assert 15.0 not in made.clock.slept


@pytest.mark.parametrize("jump", JUMPS)
async def test_the_offset_to_the_collector_is_measured_anew_with_each_receipt(folder: Path, jump: int) -> None:
    """After a jump the next answer shows how far our clock is off; the collector's stands at START."""
    async with delivery(folder) as made:
        made.clock.set(max(START + jump, 0))
        made.clock.longest = 0.0
        async with made.running() as loop:
            await until(lambda: loop.link.state == "ok")

        assert START - max(START + jump, 0) == loop.link.clock_offset


async def test_a_jump_while_the_answer_is_on_its_way_does_not_spoil_the_offset(folder: Path) -> None:
    """Half of the request's time is taken by the clock that does not jump."""
    async with delivery(folder) as made:
        made.clock.longest = 0.0

        def slow(collector: FlakyCollector, envelope: Envelope) -> web.Response:
            made.clock.advance(4)
            made.clock.set(START - HOUR)
            return honest(collector, envelope)

        made.collector.script = [slow]
        async with made.running() as loop:
            await until(lambda: loop.link.state == "ok")

        assert HOUR + 2 * SECOND == loop.link.clock_offset


async def test_a_clock_that_jumped_is_named_where_the_certificate_seems_to_have_expired(folder: Path) -> None:
    """The agent knows from its last receipt what the time must be."""

    class Expiring:
        def __init__(self, collector: FlakyCollector) -> None:
            self.collector, self.posts = collector, 0

        async def post(self, body: bytes) -> Attempt:
            self.posts += 1
            if self.posts > 1:
                made.clock.set(START + 400 * DAY + HOUR)
                return NoAnswer("certificate_expired", "certificate has expired")
            return await self.collector.post(body)

    async with (
        delivery(folder, 20, delivery__max_events=10) as made,
        made.running(Expiring(made.collector)) as loop,
    ):
        await until(lambda: loop.link.state == "paused")
        link, pending = loop.link, made.log.facts().pending

    assert ("clock", ((6, 15),)) == (link.paused_for, pending)
    assert "400 days ahead of the collector's" in link.cause


def too_early(collector: FlakyCollector, envelope: Envelope, *, now: int) -> web.Response:
    """Take what is at most five minutes ahead, as the collector does, and say what time it is."""
    results = []
    for index, (seq, one) in enumerate(envelope.numbered):
        if parse_instant(one["timestamp"]) > now + 5 * MINUTE:
            refused = {"code": "timestamp_in_future", "error": "it is ahead of the collector's clock"}
            results.append({"index": index, "result": "rejected", **refused})
        else:
            collector.stored[envelope.agent["epoch"], seq] = one
    return web.json_response(receipt(envelope, results, received_at=format_instant(now)))


@pytest.mark.parametrize("own_clock", [START, START - 14 * DAY, START + DAY])
async def test_an_event_that_was_ahead_goes_again_when_its_time_has_come(folder: Path, own_clock: int) -> None:
    """By the collector's clock, whatever ours says; one that is an hour ahead waits for a person."""
    async with delivery(folder, delivery__heartbeat="15s") as made:
        made.log.append([event(1, at=START), event(2, at=START + 50 * MINUTE), event(3, at=START + 61 * MINUTE)])
        made.clock.set(own_clock)
        times = iter([START, START + 40 * MINUTE, START + 50 * MINUTE - 1, START + 50 * MINUTE])
        made.collector.script = [answer_at(now) for now in times]
        made.collector.always = answer_at(START + 3 * HOUR)
        async with made.running():
            await until(lambda: len(made.collector.received) >= 4)
            before = [[seq for seq, _ in envelope.numbered] for envelope in made.collector.received[:4]]
            await until(lambda: len(made.collector.stored) == 2 and len(made.collector.received) >= 8)

        assert [[1, 2, 3], [], [], []] == before
        assert [1, 2] == made.collector.numbers
        assert [3] == [row[0] for row in made.dead_letters()]
        assert 0 == made.log.counts().unaccounted


async def test_an_event_that_was_ahead_goes_again_also_after_a_restart(folder: Path) -> None:
    """What is due is in the queue file."""
    async with delivery(folder, delivery__heartbeat="15s") as made:
        ahead = DeadLetter(1, "timestamp_in_future", "it is ahead", at=START)
        made.log.append(events(20, 20))
        made.log.settle(settled=(), dead=[ahead])
        made.collector.always = answer_at(START + 20 * MINUTE)
        async with made.running():
            await until(lambda: made.collector.numbers == [1])

        assert [] == made.dead_letters()


def answer_at(now: int) -> Answer:
    """Return the answer of a collector whose clock stands there."""
    return lambda collector, envelope: too_early(collector, envelope, now=now)


async def test_other_dead_letters_wait_for_a_person(folder: Path) -> None:
    """Time does not mend a wrong id."""
    async with delivery(folder, 1, delivery__heartbeat="15s") as made:
        made.log.settle(settled=(), dead=[DeadLetter(1, "bad_id", "no such worker", at=START)])
        made.collector.always = answer_at(START + 3 * HOUR)
        async with made.running():
            await until(lambda: len(made.collector.received) >= 4)

        assert [(1, "bad_id", "no such worker")] == made.dead_letters()


async def test_no_more_events_go_out_than_are_allowed(folder: Path) -> None:
    """Ten a second: a hundred events take ten seconds, in batches of no more than a second's worth."""
    async with delivery(folder, 100, delivery__max_events_per_second=10) as made:
        began = made.clock.monotonic()
        await made.drain()

        assert 10 == max(len(batch.events) for batch in made.collector.batches)
        assert 9.0 <= made.clock.monotonic() - began <= 12.0


async def test_a_refusal_of_everything_is_no_reason_to_hurry(folder: Path) -> None:
    """The search for a bad event keeps to the allowance too."""
    async with delivery(folder, 20, delivery__max_events_per_second=10) as made:
        made.collector.script = [lambda _collector, _envelope: problem(400, "an event is wrong")]
        await made.drain()

        assert made.clock.monotonic() >= 2.0
