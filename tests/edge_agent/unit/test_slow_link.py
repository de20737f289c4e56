"""The loop over a link, or before a collector, that cannot do a full batch in the time there is."""

from pathlib import Path

import pytest

from edge_agent.delivery.outcome import Answered, Attempt, NoAnswer
from shared.wire import read_body
from tests.support.delivery import Delivery, delivery
from tests.support.events import events
from tests.support.flaky_collector import taking_at_most, until

CAPACITY = 100
TIMED_OUT = (
    NoAnswer("timeout", "10 s"),
    Answered(408, "text/plain", None, b"the body did not arrive within 30 s"),
    Answered(504, "text/html", None, b"<html>Gateway Timeout</html>"),
    Answered(
        503,
        "application/problem+json",
        "1",
        b'{"status": 503, "error": "slow", "detail": "slow", "code": "store_too_slow"}',
    ),
)


class SlowLink:
    """Loses every batch of more than `CAPACITY` events after 10 s, and carries the others."""

    def __init__(self, made: Delivery, lost: Attempt) -> None:
        self._made = made
        self._lost = lost
        self.sizes: list[int] = []

    async def post(self, body: bytes) -> Attempt:
        """Carry an envelope, or lose it."""
        self.sizes.append(len(read_body(body).items))
        if self.sizes[-1] <= CAPACITY:
            return await self._made.collector.post(body)
        self._made.clock.advance(10)
        return self._lost


@pytest.mark.parametrize("lost", TIMED_OUT, ids=["no answer", "408", "504", "store too slow"])
async def test_over_a_link_too_slow_for_a_full_batch_everything_arrives(tmp_path: Path, lost: Attempt) -> None:
    """Less is tried each time, the newest first, until it passes; nearly every batch after that does."""
    async with delivery(tmp_path / "queue", 2_000) as made:
        link = SlowLink(made, lost)
        async with made.running(link):
            await until(lambda: not made.log.facts().pending)

        assert [500, 250, 125, 62] == link.sizes[:4]
        assert 2_000 == made.numbers_sent[0][-1]
        assert list(range(1, 2_001)) == made.collector.numbers
        assert sum(size > CAPACITY for size in link.sizes) <= 6
        assert made.clock.monotonic() < 120


async def test_after_an_outage_batches_are_full_again_before_long(tmp_path: Path) -> None:
    """Whatever the size fell to while nobody answered: events that waited are not sent one by one for long."""
    async with delivery(tmp_path / "queue", 20, retry__recovery_spread="1s") as made:
        down = True

        class Line:
            async def post(self, body: bytes) -> Attempt:
                return NoAnswer("timeout", "10 s") if down else await made.collector.post(body)

        async with made.running(Line()) as loop:
            await until(lambda: loop.link.state == "retrying" and len(made.clock.slept) > 12)
            made.log.append(events(21, 5_020))
            down = False
            await until(lambda: not made.log.facts().pending)

        sizes = [len(batch) for batch in made.numbers_sent]
        assert [1, 2, 4, 8, 16] == sizes[:5]
        assert 500 == max(sizes)
        assert len(sizes) < 40


async def test_batches_that_were_halved_grow_while_they_pass(tmp_path: Path) -> None:
    """A collector whose bound was raised again gets batches as large as before, little by little."""
    async with delivery(tmp_path / "queue", 400, delivery__max_events=40) as made:
        made.collector.script = [taking_at_most(20)]
        await made.drain()

        assert [40, 20, 21, 22, 23, 24] == [len(batch) for batch in made.numbers_sent[:6]]
