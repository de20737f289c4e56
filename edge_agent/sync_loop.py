"""Keeps the collector up to date: facts, plan, read, send, judge, apply, for ever.

An attempt is a whole round: after a failure the next one plans anew, so a retry takes the newest events with it. With
nothing to send an empty envelope goes out every `heartbeat`. Nothing leaves the buffer here but by `settle`, after a
receipt; a crash between the receipt and the commit costs duplicates, which the collector knows, and never an event. What
a receipt calls lacking although it was settled comes back the same way, see `refilling`.

Three hops to the log's thread a batch: gather, settle, look at what is lacking. Every wait is by the monotonic clock.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from typing import Protocol, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from edge_agent.buffer.log import EventLog
from edge_agent.delivery.answers import Receipt
from edge_agent.delivery.batch_size import BatchSize
from edge_agent.delivery.envelope import Header
from edge_agent.delivery.link import Link
from edge_agent.delivery.outcome import Answered, Attempt, Bury, Pause, Retry, Settle, Split, Verdict, judge
from edge_agent.delivery.pacing import Bucket, Pace, recovery_seconds, split_seconds, wait_seconds
from edge_agent.delivery.settlement import DeadLetter, Settlement, settle
from edge_agent.delivery.suspects import Suspects
from edge_agent.delivery.told_time import ToldTime
from edge_agent.delivery.watermark import Stretch, unconfirmed
from edge_agent.gathering import Gatherer
from edge_agent.refilling import Refiller
from edge_agent.settings import AgentSettings
from shared.clock import Clock, chance
from shared.errors import LinesideError
from shared.instants import SECOND
from shared.receipts import count

LIVE_EVENTS = 50
"""In a batch while the backlog waits for its moment: a producer's second, and nothing that a collector would notice."""
MOST_QUESTIONS = 3
"""Empty envelopes that may come before what is new: of an epoch in doubt, of an earlier one, of an event that was refused."""

_log = logging.getLogger(__name__)
Result = TypeVar("Result")


class Poster(Protocol):
    """The way to the collector, as far as this loop needs it."""

    async def post(self, body: bytes) -> Attempt:
        """Return the answer to an envelope, or why there is none."""
        ...


class SyncLoop:
    """Delivers what the log holds; `run` until `stop` is set."""

    def __init__(
        self,
        log: EventLog,
        sender: Poster,
        *,
        settings: AgentSettings,
        version: str,
        executor: Executor,
        clock: Clock,
        watched: Callable[[], Sequence[Stretch]],
        chance: Callable[[], float] = chance,
    ) -> None:
        self._log = log
        self._sender = sender
        self._settings = settings
        self._executor = executor
        self._clock = clock
        self._chance = chance
        self._pace = Pace(
            initial_seconds=settings.retry.initial / SECOND,
            max_seconds=settings.retry.max / SECOND,
            pause_seconds=settings.retry.pause / SECOND,
            recovery_spread_seconds=settings.retry.recovery_spread / SECOND,
        )
        self._stop, self._something_new = asyncio.Event(), asyncio.Event()
        self._suspects = Suspects()
        self._bucket = Bucket(settings.delivery.max_events_per_second)
        self._size = BatchSize.of(self._bucket.most_in_a_batch(settings.delivery.max_events))
        self._is_held_back, self._was_empty = False, False
        self._turn, self._left = 0, 0
        self._refused: int | None = None
        self._split_seconds = 0.0
        self._recovery_seconds = 0.0
        self._failing_since: float | None = None
        self._told = ToldTime()
        self.refiller = Refiller(
            log,
            clock=clock,
            every_seconds=settings.delivery.heartbeat / SECOND,
            spread_seconds=self._pace.recovery_spread_seconds,
            chance=chance,
        )
        self._gatherer = Gatherer(
            log,
            refiller=self.refiller,
            settings=settings,
            version=version,
            clock=clock,
            watched=lambda: unconfirmed(watched(), confirmed=self.link.watermark),
        )
        self.link = Link()
        """How the way to the collector is."""

    def wake(self) -> None:
        """Say that events were accepted."""
        self._something_new.set()

    def stop(self) -> None:
        """Let `run` end after what it is doing; a wait ends at once."""
        self._stop.set()

    async def run(self) -> None:
        """Deliver until stopped; an unforeseen error is logged, shown, and tried again a pause later.

        An outage that was under way before the start goes on: what waits shows how long it lasts.
        """
        with suppress(LinesideError):
            waited = await self._on_log_thread(self._log.waiting_for)
            self._failing_since = self._clock.monotonic() - waited / SECOND if waited else None
        while not self._stop.is_set():
            try:
                await self._exchange()
                await self._wait_for_work()
            except Exception:  # noqa: BLE001 - the top of the task: a loop that ended would look healthy and deliver nothing
                _log.exception("delivery failed inside the agent")
                self._show(Pause("an error inside the agent; its log says which", "agent"))
                await self._rest(self._pace.pause_seconds)

    async def _exchange(self) -> None:
        """Try until the collector has judged something, however long it takes."""
        retrying = AsyncRetrying(
            retry=retry_if_result(lambda verdict: isinstance(verdict, Retry | Pause)),
            wait=self._wait_seconds,
            sleep=self._rest,
        )
        await retrying(self._attempt)

    async def _wait_for_work(self) -> None:
        if self._recovery_seconds:
            await self._hold_back(self._recovery_seconds)
            self._recovery_seconds = 0.0
        await self._wait_for_the_bucket()
        if self._split_seconds:
            await self._rest(self._split_seconds)
        if self._suspects.is_searching or self._left >= self._size.most:
            return
        if not self._left:
            await self._rest(self._settings.delivery.heartbeat / SECOND, until=self._something_new)
            if not self._something_new.is_set():
                return
        await self._rest(self._settings.delivery.linger / SECOND)

    async def _hold_back(self, seconds: float) -> None:
        """Let the backlog wait so long; what is new meanwhile goes at once, with little company."""
        until = self._clock.monotonic() + seconds
        self._is_held_back = True
        while (left := until - self._clock.monotonic()) > 0 and not self._stop.is_set():
            await self._rest(left, until=self._something_new)
            if self._something_new.is_set():
                await self._rest(self._settings.delivery.linger / SECOND)
                await self._wait_for_the_bucket()
                for _ in range(MOST_QUESTIONS):
                    await self._exchange()
                    if not self._was_empty:
                        break
        self._is_held_back = False

    async def _wait_for_the_bucket(self) -> None:
        """Return once what was sent is paid for: before every batch, or the debt becomes a long silence."""
        if ahead := self._bucket.wait_seconds(self._clock.monotonic()):
            await self._rest(ahead)

    async def _attempt(self) -> Verdict | None:
        """Do one round; None once stopped."""
        if self._stop.is_set():
            return None
        self._something_new.clear()
        try:
            # Held back, it is never the turn of an earlier epoch: what is new has this one batch.
            most, turn = (min(self._size.most, LIVE_EVENTS), 0) if self._is_held_back else (self._size.most, self._turn)
            batch = await self._on_log_thread(lambda: self._gatherer.gather(self._suspects, most=most, turn=turn))
            self._suspects = self._suspects.settle(batch.damaged) if batch.damaged else self._suspects
            sent_at = self._clock.monotonic()
            answer = await self._sender.post(batch.body)
            seconds = self._clock.monotonic() - sent_at
            verdict = self._judge(answer, batch.header)
            await self._apply(verdict, batch.header)
        except LinesideError as error:
            verdict = Retry(f"the queue cannot be used: {error}")
        else:
            self._keep_account(verdict, batch.header, seconds=seconds)
        self._show(verdict)
        return verdict

    def _judge(self, answer: Attempt, header: Header) -> Verdict:
        now, monotonic = self._clock.now(), self._clock.monotonic()
        told = self._told.at(monotonic)
        if isinstance(answer, Answered):
            self._told = self._told.after(answer.date, monotonic=monotonic)
        return judge(answer, batch=header.batch, events=count(header.seqs), now=now, collector_now=told)

    def _keep_account(self, verdict: Verdict, header: Header, *, seconds: float) -> None:
        """Note what an attempt that took so many seconds has left behind."""
        events = count(header.seqs)
        self._was_empty = not events
        self._size = self._size.after(verdict, events=events)
        self._bucket = self._bucket.after(events, now=self._clock.monotonic())
        self._left = count(self._log.facts().pending)
        is_split = isinstance(verdict, Split)
        self._split_seconds = split_seconds(events, before=self._refused, pace=self._pace) if is_split else 0.0
        self._refused = events if is_split else None
        if isinstance(verdict, Settle):
            # Half-way between request and answer, by a clock that does not jump in between.
            received_at = verdict.receipt.received_at
            offset = received_at - (self._clock.now() - round(seconds * SECOND / 2))
            self.link = self.link.confirmed(watermark=header.watermark, received_at=received_at, clock_offset=offset)
            self._told = ToldTime(received_at, self._clock.monotonic())
        word = type(verdict).__name__.lower()
        _log.debug("batch", extra={"batch": header.batch, "events": events, "left": self._left, "verdict": word})

    async def _apply(self, verdict: Verdict, header: Header) -> None:
        seqs = header.seqs
        match verdict:
            case Settle(receipt):
                await self._note(settle(seqs, receipt.rejected, at=receipt.received_at))
                await self._on_log_thread(lambda: self._look_back(receipt, header))
                self._suspects = self._suspects.settle(seqs) if seqs else self._suspects.probe_passed()
                self._turn += 1
            case Split(_, is_too_large):
                self._suspects = self._suspects if is_too_large else self._suspects.refuse(seqs)
            case Bury(code, error):
                letter = DeadLetter(seqs[0][0], code, error)
                if self._suspects.is_convicted(letter.seq):
                    await self._note(Settlement((), (letter,)))
                    self._suspects = Suspects()
                else:
                    self._suspects = self._suspects.accuse(letter)
            case Retry() | Pause():
                pass

    def _look_back(self, receipt: Receipt, header: Header) -> None:
        """Make pending again what the collector lacks, and dead letters whose time has come; on the log's thread."""
        self.refiller.note(receipt, header=header)
        if again := self._log.retry_due(receipt.received_at):
            _log.info("events that were ahead of the collector's clock are sent again", extra={"events": count(again)})

    async def _note(self, settlement: Settlement) -> None:
        """Commit what leaves the buffer."""
        settled, dead = settlement.settled, settlement.dead
        if settled or dead:
            await self._on_log_thread(lambda: self._log.settle(settled=settled, dead=dead))
        if dead:
            codes = dict(Counter(letter.code for letter in dead))
            _log.warning("the collector will not take some events; they are dead letters now", extra={"codes": codes})

    def _show(self, verdict: Verdict) -> None:
        """Note the verdict in `link`, and in the log when something began, changed or ended."""
        before, monotonic = self.link, self._clock.monotonic()
        self.link = after = before.after(verdict, now=self._clock.now())
        if after.is_failing:
            self._failing_since = monotonic if self._failing_since is None else self._failing_since
            if (before.state, before.cause) != (after.state, after.cause):
                _log.warning("delivery fails", extra={"state": after.state, "cause": after.cause})
        elif after.state == "ok" and before.state != "ok":
            outage = 0.0 if self._failing_since is None else monotonic - self._failing_since
            self._failing_since = None
            _log.info("the collector answers", extra={"outage_seconds": int(outage), "pending": self._left})
            self._recovery_seconds = recovery_seconds(
                outage=round(outage * SECOND), pace=self._pace, chance=self._chance()
            )

    def _wait_seconds(self, state: RetryCallState) -> float:
        verdict = state.outcome.result() if state.outcome else None
        if not isinstance(verdict, Retry | Pause):
            return 0.0
        seconds = wait_seconds(verdict, attempt=state.attempt_number, pace=self._pace, chance=self._chance())
        self.link = self.link.waiting_until(self._clock.monotonic() + seconds)
        return seconds

    async def _rest(self, seconds: float, *, until: asyncio.Event | None = None) -> None:
        """Wait so long, or until stopped, or until the event."""
        ends = [event.wait() for event in (self._stop, until) if event is not None]
        tasks = [asyncio.ensure_future(end) for end in (self._clock.sleep(seconds), *ends)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _on_log_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)
