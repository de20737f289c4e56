"""Counters and histograms of a running agent, in a registry of their own: nothing of the process or of Python is in it.

They begin at 0 with the process. Labels are bounded: statuses, reject codes, kinds of silence; never a worker, a
station or an address. `measured` and `timed` wrap what is measured, so that neither the loop nor the log knows of it.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram

from edge_agent.delivery.outcome import Answered, Attempt
from shared.clock import Clock
from shared.errors import LinesideError
from shared.events import Event
from shared.prometheus import COMMIT_SECONDS, FAILURE_REASONS, REQUEST_SECONDS, failure_reason

Append = Callable[[Sequence[Event]], None]


class Poster(Protocol):
    """The way to the collector, as far as it is measured."""

    async def post(self, body: bytes) -> Attempt:
        """Return the answer to an envelope, or why there is none."""
        ...


class Meters:
    """What is counted while the agent runs."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self.registry = CollectorRegistry()
        self._accepted = self._counter("events_accepted", "Events that were put on disk and answered as accepted.")
        self._refused = self._counter("events_refused", "Items of a producer that are no events, by code.", "code")
        self._posts = self._counter("intake_requests", "Requests of producers, by the status they got.", "code")
        self._requests = self._counter(
            "requests", "Requests to the collector, by the status of the answer or the kind of silence.", "code"
        )
        self._sent_bytes = self._counter("sent_bytes", "Bytes of envelopes sent to the collector, before compression.")
        self._failures = self._counter("buffer_commit_failures", "Commits that kept nothing, by reason.", "reason")
        self._commits = self._histogram(
            "buffer_commit_duration_seconds", "Time of a commit, fsync included.", buckets=COMMIT_SECONDS
        )
        self._durations = self._histogram(
            "request_duration_seconds", "Time of a request to the collector.", buckets=REQUEST_SECONDS
        )
        for reason in FAILURE_REASONS:
            self._failures.labels(reason)  # a series that appears with its first failure has no rate before the second

    def accepted(self, events: int) -> None:
        """Count events that are on disk."""
        self._accepted.inc(events)

    def refused(self, code: str) -> None:
        """Count an item that is no event."""
        self._refused.labels(code).inc()

    def answered(self, status: int) -> None:
        """Count a producer's request."""
        self._posts.labels(str(status)).inc()

    def timed(self, append: Append) -> Append:
        """Return what appends and notes how long it took, or why it failed."""

        def timed_append(events: Sequence[Event]) -> None:
            started = self._clock.monotonic()
            try:
                append(events)
            except LinesideError as error:
                self._failures.labels(failure_reason(error)).inc()
                raise
            self._commits.observe(self._clock.monotonic() - started)

        return timed_append

    def measured(self, poster: Poster) -> Poster:
        """Return what posts and notes the answer."""
        return _Measured(poster, self.note, clock=self._clock)

    def note(self, attempt: Attempt, *, seconds: float, sent_bytes: int) -> None:
        """Count a request to the collector."""
        self._requests.labels(code_of(attempt)).inc()
        self._durations.observe(seconds)
        self._sent_bytes.inc(sent_bytes)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"edge_agent_{name}", words, labels, registry=self.registry)

    def _histogram(self, name: str, words: str, *, buckets: Sequence[float]) -> Histogram:
        return Histogram(f"edge_agent_{name}", words, buckets=buckets, registry=self.registry)


def code_of(attempt: Attempt) -> str:
    """Return the status of an answer, or the kind of silence: the label `code`."""
    return str(attempt.status) if isinstance(attempt, Answered) else attempt.kind


class _Noting(Protocol):
    def __call__(self, attempt: Attempt, *, seconds: float, sent_bytes: int) -> None: ...


class _Measured:
    def __init__(self, poster: Poster, note: _Noting, *, clock: Clock) -> None:
        self._poster = poster
        self._note = note
        self._clock = clock

    async def post(self, body: bytes) -> Attempt:
        started = self._clock.monotonic()
        attempt = await self._poster.post(body)
        self._note(attempt, seconds=self._clock.monotonic() - started, sent_bytes=len(body))
        return attempt
