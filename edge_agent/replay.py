"""Sends events of the log once more: to a collector that has lost some, or to a new one.

Events keep the epoch and the number they were given when they were accepted, so the collector sees what it has already
and says so. Nothing is written to the log, whatever the answers are, so a replay may run beside the agent, end anywhere
and be repeated. It ends at the number that was the last when it began, so it never runs after the live stream.

A replay says nothing of how the camera is now: its envelopes carry no watermark, and a version that ends in `+replay`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import assert_never

from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from edge_agent.buffer.reader import LogReader, State
from edge_agent.buffer.rows import Entry
from edge_agent.delivery.envelope import Header, envelope
from edge_agent.delivery.outcome import Bury, Pause, Retry, Settle, Split, Verdict, judge
from edge_agent.delivery.pacing import Pace, wait_seconds
from edge_agent.sync_loop import Poster
from shared.clock import Clock, chance, new_token
from shared.errors import NotAuthorised, Unreachable
from shared.receipts import of_numbers
from shared.terminal import one_line
from shared.wire import REPLAY_SUFFIX

MOST_IN_A_BATCH = 500
"""The longest events there are, 660 bytes each, make 330 kB: no batch needs to be cut by its bytes."""
GIVE_UP_SECONDS = 30.0
_PACE = Pace(initial_seconds=1.0, max_seconds=8.0, pause_seconds=0.0, recovery_spread_seconds=1.0)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which events: their instants lie in [from_at, to_at), None leaves an end open."""

    from_at: int | None
    to_at: int | None
    state: State


@dataclass(frozen=True, slots=True)
class Tally:
    """What the collector said of the events so far."""

    new: int = 0
    already_there: int = 0
    in_conflict: int = 0
    """Of those already there."""
    rejected: int = 0

    @property
    def confirmed(self) -> int:
        """How many it has judged."""
        return self.new + self.already_there + self.rejected

    def after(self, verdict: Settle | Bury) -> "Tally":
        """Return the tally with one more batch."""
        if isinstance(verdict, Bury):
            return Tally(self.new, self.already_there, self.in_conflict, self.rejected + 1)
        receipt = verdict.receipt
        return Tally(
            self.new + receipt.accepted,
            self.already_there + receipt.duplicates,
            self.in_conflict + receipt.conflicts,
            self.rejected + len(receipt.rejected),
        )


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
        self._sender = sender
        self._choice = choice
        self._camera = camera
        self._version = version + REPLAY_SUFFIX
        self._clock = clock
        self._rate = rate
        self._on_progress = on_progress
        facts = reader.facts()
        self._last_seq = facts.last_seq
        self._epochs = {epoch.token: epoch for epoch in facts.epochs}
        self._pending = reader.counts().pending
        self.tally = Tally()

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

    async def _deliver(self, entries: Sequence[Entry]) -> None:
        """Send a batch until the collector has judged each of its events, in halves if need be."""
        verdict = await self._send(entries)
        match verdict:
            case Settle() | Bury():
                self.tally = self.tally.after(verdict)
                self._on_progress(len(entries))
            case Split():
                half = len(entries) // 2
                await self._deliver(entries[:half])
                await self._deliver(entries[half:])
            case Retry(reason):
                raise Unreachable(
                    f"gave up after {GIVE_UP_SECONDS:g} s: {one_line(reason)}", hint="repeat it; nothing is lost"
                )
            case Pause(cause) as pause:
                raise (NotAuthorised if pause.not_authorised else Unreachable)(one_line(cause))
            case _ as never:
                assert_never(never)

    async def _send(self, entries: Sequence[Entry]) -> Verdict:
        """Return the verdict on a batch; a Retry only when time has run out."""
        gives_up_at = self._clock.monotonic() + GIVE_UP_SECONDS

        def seconds(state: RetryCallState) -> float:
            verdict = _last_verdict(state)
            if not isinstance(verdict, Retry):
                return 0.0
            wanted = wait_seconds(verdict, attempt=state.attempt_number, pace=_PACE, chance=chance())
            return min(wanted, max(gives_up_at - self._clock.monotonic(), 0.0))

        retrying = AsyncRetrying(
            retry=retry_if_result(lambda verdict: isinstance(verdict, Retry)),
            wait=seconds,
            stop=lambda _: self._clock.monotonic() >= gives_up_at,
            sleep=self._clock.sleep,
            retry_error_callback=_last_verdict,
        )
        verdict: Verdict = await retrying(self._attempt, entries)
        return verdict

    async def _attempt(self, entries: Sequence[Entry]) -> Verdict:
        header = self._header(entries)
        body = envelope(header, (entry.payload for entry in entries))
        answer = await self._sender.post(body)
        return judge(answer, batch=header.batch, events=len(entries), now=self._clock.now())

    def _header(self, entries: Sequence[Entry]) -> Header:
        return Header(
            camera=self._camera,
            version=self._version,
            batch=new_token(),
            sent_at=self._clock.now(),
            epoch=self._epochs[entries[0].epoch],
            seqs=of_numbers(entry.seq for entry in entries),
            watermark=None,
            pending=self._pending,
            oldest_pending_at=None,
        )


def _last_verdict(state: RetryCallState) -> Verdict:
    if state.outcome is None:
        raise RuntimeError("tenacity asks about an attempt that has not ended")
    verdict: Verdict = state.outcome.result()
    return verdict
