"""Sends events of the log once more: to a collector that has lost some, or to a new one.

Events keep the epoch and the number they were given when they were accepted, so the collector sees what it has already
and says so. Nothing is written to the log, whatever the answers are, so a replay may run beside the agent, end anywhere
and be repeated. It ends at the number that was the last when it began, so it never runs after the live stream.

A replay says nothing of how the camera is now: its envelopes carry no watermark, and a version that ends in `+replay`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from edge_agent.buffer.reader import LogReader, State
from edge_agent.buffer.rows import Entry
from edge_agent.courier import MOST_IN_A_BATCH, Courier, Tally
from edge_agent.sync_loop import Poster
from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class Choice:
    """Which events: their instants lie in [from_at, to_at), None leaves an end open."""

    from_at: int | None
    to_at: int | None
    state: State


class Replay:
    """One run; `tally` holds what was done also when `run` was ended half-way."""

    def __init__(
        self,
        reader: LogReader,
        sender: Poster,
        *,
        choice: Choice,
        camera: str,
        version: str,
        clock: Clock,
        rate: int | None = None,
        on_progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._reader = reader
        self._choice = choice
        self._clock = clock
        self._rate = rate
        self._on_progress = on_progress
        facts = reader.facts()
        self._last_seq = facts.last_seq
        self._courier = Courier(sender, backlog=facts, camera=camera, version=version, clock=clock)

    @property
    def tally(self) -> Tally:
        """What the collector said of the events so far."""
        return self._courier.tally

    async def run(self) -> Tally:
        """Send what was chosen, `rate` events a second at most.

        Raises:
            NotAuthorised: the collector does not accept our token.
            Unreachable: no receipt within 30 s, or a fault that no waiting mends.
        """
        started, sent = self._clock.monotonic(), 0
        for entries in self._batches():
            await self._deliver(entries)
            sent += len(entries)
            if self._rate:
                ahead = sent / self._rate - (self._clock.monotonic() - started)
                await self._clock.sleep(max(ahead, 0.0))
        return self.tally

    async def _deliver(self, entries: list[Entry]) -> None:
        confirmed = self.tally.confirmed
        try:
            await self._courier.deliver(entries)
        finally:
            self._on_progress(self.tally.confirmed - confirmed)

    def _batches(self) -> Iterator[list[Entry]]:
        """Yield the events by ascending number, each batch of one epoch."""
        most = min(self._rate or MOST_IN_A_BATCH, MOST_IN_A_BATCH)
        after_seq, choice = 0, self._choice
        while after_seq < self._last_seq:
            page = self._reader.entries(
                from_at=choice.from_at, to_at=choice.to_at, state=choice.state, after_seq=after_seq, most=most
            )
            if not page:
                return
            after_seq = page[-1].seq
            known = [entry for entry in page if entry.seq <= self._last_seq]
            for _, entries in groupby(known, key=lambda entry: entry.epoch):
                yield list(entries)
