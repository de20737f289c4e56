"""Carries events to the collector once, by hand and not by the loop: for commands that end.

Each batch is tried until the collector has judged every event of it, in halves if need be. Nothing is written to the
log, whatever the answers are. Its envelopes carry no watermark and a version that ends in `+replay`: they say nothing of
how the camera is now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from edge_agent.buffer.rows import Entry
from edge_agent.delivery.answers import Receipt
from edge_agent.delivery.batching import Backlog, Epoch, Gap
from edge_agent.delivery.envelope import Header, envelope
from edge_agent.delivery.outcome import Bury, Pause, Retry, Settle, Split, Verdict, judge
from edge_agent.delivery.pacing import Pace, wait_seconds
from edge_agent.sync_loop import Poster
from shared.clock import Clock, chance, new_token
from shared.errors import LinesideError, NotAuthorised, Unreachable
from shared.receipts import count, of_numbers
from shared.terminal import one_line
from shared.wire import REPLAY_SUFFIX

MOST_IN_A_BATCH = 500
"""The longest events there are, 660 bytes each, make 330 kB: no batch needs to be cut by its bytes."""
GIVE_UP_SECONDS = 30.0
_PACE = Pace(initial_seconds=1.0, max_seconds=8.0, pause_seconds=0.0, recovery_spread_seconds=1.0)


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


class Courier:
    """The way to a collector for one command; `tally` holds what was done also when it was ended half-way."""

    def __init__(self, sender: Poster, *, backlog: Backlog, camera: str, version: str, clock: Clock) -> None:
        self._sender = sender
        self._camera = camera
        self._version = version + REPLAY_SUFFIX
        self._clock = clock
        self._epochs = {epoch.token: epoch for epoch in backlog.epochs}
        self._pending = count(backlog.pending)
        self.tally = Tally()

    async def deliver(self, entries: Sequence[Entry]) -> None:
        """Send events of one epoch until the collector has judged each of them, in halves if need be.

        Raises:
            NotAuthorised: the collector does not accept our token.
            Unreachable: no receipt within 30 s, or a fault that no waiting mends.
        """
        verdict = await self._send(self._epochs[entries[0].epoch], entries)
        match verdict:
            case Settle() | Bury():
                self.tally = self.tally.after(verdict)
            case Split():
                half = len(entries) // 2
                await self.deliver(entries[:half])
                await self.deliver(entries[half:])
            case Retry() | Pause():
                raise _failure(verdict)
            case _ as never:
                assert_never(never)

    async def ask(self, epoch: Epoch, *, skipped: tuple[Gap, ...] = ()) -> Receipt:
        """Return the collector's receipt for an empty envelope: what it lacks of an epoch.

        Raises:
            NotAuthorised, Unreachable: as above.
        """
        verdict = await self._send(epoch, (), skipped=skipped)
        match verdict:
            case Settle(receipt):
                return receipt
            case _:
                raise _failure(verdict)

    async def _send(self, epoch: Epoch, entries: Sequence[Entry], *, skipped: tuple[Gap, ...] = ()) -> Verdict:
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
        verdict: Verdict = await retrying(self._attempt, epoch, entries, skipped)
        return verdict

    async def _attempt(self, epoch: Epoch, entries: Sequence[Entry], skipped: tuple[Gap, ...]) -> Verdict:  # noqa: PLR0917 - tenacity hands them on in order
        header = Header(
            camera=self._camera,
            version=self._version,
            batch=new_token(),
            sent_at=self._clock.now(),
            epoch=epoch,
            seqs=of_numbers(entry.seq for entry in entries),
            watermark=None,
            pending=self._pending,
            oldest_pending_at=None,
            skipped=skipped,
        )
        answer = await self._sender.post(envelope(header, (entry.payload for entry in entries)))
        return judge(answer, batch=header.batch, events=len(entries), now=self._clock.now())


def _failure(verdict: Verdict) -> LinesideError:
    """Return the error that a verdict on a whole request is for a command that ends with it."""
    match verdict:
        case Retry(reason):
            hint = "repeat it; nothing is lost"
            return Unreachable(f"gave up after {GIVE_UP_SECONDS:g} s: {one_line(reason)}", hint=hint)
        case Pause(cause) as pause:
            return (NotAuthorised if pause.not_authorised else Unreachable)(one_line(cause))
        case _:
            return Unreachable("the collector refuses even an empty envelope")


def _last_verdict(state: RetryCallState) -> Verdict:
    if state.outcome is None:
        raise RuntimeError("tenacity asks about an attempt that has not ended")
    verdict: Verdict = state.outcome.result()
    return verdict
