"""A queue that was put back to an earlier state, so that nothing on its own disk shows it: the collector does."""

from pathlib import Path

import pytest
from aiohttp import web

from edge_agent.buffer import put_back
from edge_agent.buffer.log import EventLog
from edge_agent.delivery.batching import Backlog, Epoch
from edge_agent.delivery.lacking import is_put_back
from shared.instants import format_instant
from shared.receipts import count
from tests.support.delivery import Delivery, delivery
from tests.support.events import event, events
from tests.support.flaky_collector import Envelope, FlakyCollector, honest, receipt, until
from tests.support.images import image_of

ENDED, WRITTEN = Epoch("old", 1, 9), Epoch("new", 10, 15)


@pytest.mark.parametrize(
    ("told", "epoch", "ours", "is_older"),
    [
        (15, WRITTEN, 15, False),
        (14, WRITTEN, 15, False),
        (16, WRITTEN, 15, True),
        (12, WRITTEN, 11, True),
        (11, WRITTEN, 11, False),
        (16, ENDED, 15, False),
        (12, ENDED, 11, False),
    ],
)
def test_a_number_that_is_not_ours_shows_it(told: int, epoch: Epoch, ours: int, is_older: bool) -> None:
    """Of the epoch that is written; one that has ended may have lost its last numbers with its log."""
    backlog = Backlog((), 15, (ENDED, WRITTEN))

    assert is_older == is_put_back(told, epoch=epoch, backlog=backlog, surely_ours=ours)


def instant(number: int) -> str:
    """Return the timestamp of an event as it is sent."""
    return format_instant(event(number).at)


async def put_back_queue(place: Path) -> Delivery:
    """Return a queue of six events that was put back, before a collector that knows of nine; it still seems the same."""
    async with delivery(place / "queue", 6) as made:
        await made.drain()
        made.log.close()
        image = image_of(made.folder, place / "image")
    async with delivery(place / "queue") as went_on:
        went_on.collector = made.collector
        went_on.log.append(events(7, 9))
        await went_on.drain()
    again = Delivery(image)
    again.collector = made.collector
    assert again.log.facts().epochs == made.log.facts().epochs
    return again


async def test_it_goes_on_under_a_new_epoch_with_what_was_accepted_meanwhile(tmp_path: Path) -> None:
    """No event has a number that is another's at the collector, so each comes back after a restore of the collector."""
    again = await put_back_queue(tmp_path)
    old = again.log.facts().epochs[-1].token
    again.log.append(events(21, 22))
    await again.drain()
    again.log.append(events(23, 23))
    await again.drain()
    new, told = again.log.facts().epochs[-1].token, again.log.counts()
    again.log.close()

    stored = {key: one["timestamp"] for key, one in again.collector.stored.items() if key[0] == new}
    assert new != old
    assert {(new, 9): instant(21), (new, 10): instant(22), (new, 11): instant(23)} == stored
    assert {old: ((1, 9),), new: ((1, 11),)} == again.collector.arrived
    assert "the collector knows of number 9, and this queue had sent it none above 6" in (told.recovery or "")
    assert (0, 0, 11) == (told.unaccounted, told.dropped, told.settled)


async def test_it_is_known_however_much_was_accepted_before_there_was_a_link(tmp_path: Path) -> None:
    """More than the collector knows of, and in several runs: it is asked before anything is sent that may be doubled."""
    again = await put_back_queue(tmp_path)
    for first in (21, 31):
        again.log.append(events(first, first + 9))
        again.log.close()
        again.log = EventLog.open(again.folder, clock=again.clock)
    before, old = len(again.collector.received), again.log.facts().epochs[-1].token
    await again.drain()
    asked, *_ = again.collector.received[before:]
    again.log.close()

    assert (old, 6, []) == (asked.agent["epoch"], asked.agent["last_seq"], asked.events)
    assert ((1, 9),) == again.collector.arrived[old]
    assert [instant(number) for number in (*range(21, 31), *range(31, 41))] == [
        one["timestamp"]
        for (epoch, _), one in sorted(again.collector.stored.items(), key=lambda it: it[0][1])
        if epoch != old
    ]


async def test_a_queue_that_goes_on_asks_once_and_keeps_its_epoch(tmp_path: Path) -> None:
    """After a clean stop; what waits leaves with the next request, and a collector that says nothing of it is believed."""
    for is_older_collector in (False, True):
        async with delivery(tmp_path / str(is_older_collector), 6) as made:
            await made.drain()
            made.log.close()
            made.log = EventLog.open(made.folder, clock=made.clock)
            made.log.append(events(7, 8))
            if is_older_collector:
                made.collector.script = [lambda _, envelope: web.json_response(receipt(envelope, []))]
            before = len(made.collector.received)
            await made.drain()
            sent = made.collector.received[before:]

            assert [(6, 0), (8, 2)] == [(one.agent["last_seq"], len(one.events)) for one in sent[:2]]
            assert 1 == len(made.log.facts().epochs)
            assert None is made.log.counts().recovery


async def test_so_much_is_numbered_anew_and_the_rest_keeps_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest of it: a backlog of days would hold the log's thread up. All of it is delivered."""
    monkeypatch.setattr(put_back, "MOST_NUMBERED_ANEW", 2)
    again = await put_back_queue(tmp_path)
    again.log.append(events(21, 23))
    again.log.begin_anew(told=12, sent=())
    pending = again.log.facts().pending
    await again.drain()
    again.log.close()

    assert ((7, 7), (10, 11)) == pending
    stored = {one["timestamp"] for one in again.collector.stored.values()}
    assert {instant(number) for number in range(21, 24)} <= stored


async def test_a_collector_that_always_knows_more_is_believed_once(tmp_path: Path) -> None:
    """It is wrong then, and an agent that began anew with each receipt would never come to an end."""

    def boasting(collector: FlakyCollector, envelope: Envelope) -> web.Response:
        return web.json_response(receipt(envelope, [], lacking=collector.lacking(envelope.agent), last_seq=10**9))

    async with delivery(tmp_path / "queue", 30, delivery__max_events=5) as made:
        made.collector.always = boasting
        async with made.running() as loop:
            await until(lambda: not made.log.facts().pending and loop.link.state == "ok")
            made.log.append(events(31, 40))
            loop.wake()
            await until(lambda: not made.log.facts().pending)

        assert 2 == len(made.log.facts().epochs)
        assert 70 == made.log.counts().settled


async def test_a_collector_that_knows_no_more_changes_nothing(tmp_path: Path) -> None:
    """The usual case: the epoch stays, also while events come in between request and answer."""
    async with delivery(tmp_path / "queue", 10) as made:

        def busy(collector: FlakyCollector, envelope: Envelope) -> web.Response:
            if count(made.log.facts().pending) < 30:
                made.log.append(events(made.log.facts().last_seq + 1, made.log.facts().last_seq + 3))
            return honest(collector, envelope)

        made.collector.always = busy
        async with made.running():
            await until(lambda: made.log.facts().last_seq > 20)

        assert 1 == len(made.log.facts().epochs)
