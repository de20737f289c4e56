"""Counters and histograms of a running collector, in a registry of their own: nothing of the process or of Python is in it.

They begin at 0 with the process. Labels are bounded: routes, methods, statuses, reject codes; never a worker, a station or
an address. Ingest and the web tell what happens, and know nothing of Prometheus.
"""

from collections import Counter as Counted
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram

from collector.records import Delivery, Outcome, Stored
from shared.clock import Clock
from shared.prometheus import COMMIT_SECONDS, FAILURE_REASONS, REQUEST_SECONDS, failure_reason

METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
"""Others are what strangers think of, and one label."""
RESULTS = ("accepted", "duplicate", "rejected")
REFUSED = (Outcome.too_old, Outcome.forgotten)
"""What retention and erasure leave of an event, by the code that its sender is told."""


class Meters:
    """What is counted while the collector runs."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._began: float | None = None
        self._failed: float | None = None
        self.registry = CollectorRegistry()
        self._events = self._counter("events", "Items that were answered for, by what became of them.", "result")
        self._conflicts = self._counter(
            "events_conflicting", "Duplicates that said something else than what was stored."
        )
        self._rejected = self._counter(
            "events_rejected", "Items that are no events or are refused, by reject code.", "code"
        )
        self._failures = self._counter("commit_failures", "Transactions that kept nothing, by reason.", "reason")
        self._commits = self._histogram(
            "commit_duration_seconds", "Time of a transaction: judging, writing, fsync.", buckets=COMMIT_SECONDS
        )
        self._requests = self._counter("http_requests", "Requests, by the status they got.", "method", "route", "code")
        self._durations = self._histogram(
            "http_request_duration_seconds", "Time of a request, its body included.", "route", buckets=REQUEST_SECONDS
        )
        for reason in FAILURE_REASONS:
            self._failures.labels(reason)  # a series that appears with its first failure has no rate before the second
        for result in RESULTS:
            self._events.labels(result)
        self.taken = dict.fromkeys((*RESULTS, "conflict"), 0)
        """The same counts for people."""
        self.purged_at: int | None = None
        """When a purge left nothing that was due; None if none has since the start."""
        self.is_purge_held: bool | None = None
        """Whether the last one was held by a clock that others say is ahead; None if there was none."""

    @property
    def busy_seconds(self) -> float:
        """How long the transaction that runs has taken so far; 0 if none runs."""
        return 0.0 if self._began is None else self._clock.monotonic() - self._began

    @property
    def failed_seconds_ago(self) -> float | None:
        """How long ago a transaction kept nothing; None if none since one was kept."""
        return None if self._failed is None else self._clock.monotonic() - self._failed

    def began(self) -> None:
        """Note that a transaction begins."""
        self._began = self._clock.monotonic()

    def stored(self, deliveries: Sequence[Delivery], results: Sequence[Stored]) -> None:
        """Count what a transaction has put on disk."""
        self._commits.observe(self.busy_seconds)
        self._began = self._failed = None
        for delivery, stored in zip(deliveries, results, strict=True):
            became = {outcome: stored.outcomes.count(outcome) for outcome in Outcome}
            self._count("accepted", became[Outcome.accepted])
            self._count("duplicate", became[Outcome.duplicate] + became[Outcome.conflict])
            for code, items in Counted(refusal.code for refusal in delivery.refusals).items():
                self.rejected(code, items)
            for outcome in REFUSED:
                self.rejected(outcome.value, became[outcome])
            self._conflicts.inc(became[Outcome.conflict])
            self.taken["conflict"] += became[Outcome.conflict]

    def rejected(self, code: str, items: int = 1) -> None:
        """Count items that are no events, or that the store refuses."""
        if items:
            self._count("rejected", items)
            self._rejected.labels(code).inc(items)

    def failed(self, error: Exception) -> None:
        """Count a transaction that kept nothing."""
        self._began, self._failed = None, self._clock.monotonic()
        self._failures.labels(failure_reason(error)).inc()

    def purged(self, at: int) -> None:
        """Note that nothing is due any more."""
        self.purged_at, self.is_purge_held = at, False

    def purge_ran(self) -> None:
        """Note that it went, and something is left."""
        self.is_purge_held = False

    def purge_held(self) -> None:
        """Note that something is, by a clock that others say is ahead."""
        self.is_purge_held = True

    def answered(self, *, method: str, route: str, code: str, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method if method in METHODS else "other", route, code).inc()
        self._durations.labels(route).observe(seconds)

    def _count(self, result: str, events: int) -> None:
        self._events.labels(result).inc(events)
        self.taken[result] += events

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"collector_{name}", words, labels, registry=self.registry)

    def _histogram(self, name: str, words: str, *labels: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(f"collector_{name}", words, labels, buckets=buckets, registry=self.registry)
