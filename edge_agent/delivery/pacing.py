"""When to try again after an attempt that settled nothing.

No wait ends at the same moment for every agent of a factory: the upper half of each exponential wait is chance, so the
spread is still half of the cap at the cap (28 minutes of outage and a jitter that the cap swallowed have taken servers
down when they came back). Chance is an argument: a number in [0, 1). How much may go when all is well is here too.
"""

from dataclasses import dataclass, replace

from edge_agent.delivery.outcome import Pause, Retry
from shared.instants import MINUTE

LONG_OUTAGE = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Bucket:
    """At most so many events a second: a bucket that holds a second's worth, refilled as time goes.

    `paid_until` is the moment at which all that was sent is paid for: a batch may go once it is no longer ahead, and a
    batch is never more than a second's worth, so live events wait a second at most.
    """

    rate: int
    """Events a second; 0 for no bound."""
    paid_until: float = 0.0
    """By the monotonic clock."""

    def most_in_a_batch(self, most: int) -> int:
        """Return how many events a batch may have, at most `most`."""
        return min(most, self.rate) if self.rate else most

    def wait_seconds(self, now: float) -> float:
        """Return how long to wait before the next batch.

        >>> Bucket(100).after(50, now=7.0).wait_seconds(7.1)
        0.4
        """
        return round(max(self.paid_until - now, 0.0), 6)

    def after(self, events: int, *, now: float) -> "Bucket":
        """Return the bucket after a batch of so many events was sent."""
        if not self.rate or not events:
            return self
        return replace(self, paid_until=max(self.paid_until, now) + events / self.rate)


@dataclass(frozen=True, slots=True)
class Pace:
    """The bounds between which the waits lie, in seconds."""

    initial_seconds: float
    max_seconds: float
    pause_seconds: float
    recovery_spread_seconds: float


def wait_seconds(verdict: Retry | Pause, *, attempt: int, pace: Pace, chance: float) -> float:
    """Return how long to wait after the `attempt`-th failure in a row (from 1).

    A pause is a pause; what the collector asked for is never undercut, and spread by as much again up to the recovery
    spread; else the wait doubles from `initial` to `max`, its upper half by chance:

    >>> pace = Pace(initial_seconds=1, max_seconds=60, pause_seconds=60, recovery_spread_seconds=30)
    >>> [wait_seconds(Retry("refused"), attempt=n, pace=pace, chance=0.5) for n in (1, 2, 3, 20)]
    [0.75, 1.5, 3.0, 45.0]
    >>> wait_seconds(Retry("busy", after_seconds=10), attempt=1, pace=pace, chance=0.5)
    15.0
    """
    if isinstance(verdict, Pause):
        return pace.pause_seconds
    if verdict.after_seconds is None:
        longest = min(pace.initial_seconds * 2.0 ** min(attempt - 1, 64), pace.max_seconds)
        return longest / 2 + chance * longest / 2
    least = max(verdict.after_seconds, pace.initial_seconds / 2)
    return least + chance * min(least, pace.recovery_spread_seconds)


def split_seconds(events: int, *, before: int | None, pace: Pace) -> float:
    """Return how long to wait after a batch of so many events was refused.

    `before` is how many were in the one that was refused just before it, None if there was none. Halves follow at once;
    where nothing became less, the next one might be refused as fast as it is sent, for ever.

    >>> pace = Pace(initial_seconds=1, max_seconds=60, pause_seconds=60, recovery_spread_seconds=30)
    >>> split_seconds(50, before=100, pace=pace), split_seconds(100, before=100, pace=pace)
    (0.0, 1)
    """
    return 0.0 if before is None or events < before else pace.initial_seconds


def recovery_seconds(*, outage: int, pace: Pace, chance: float) -> float:
    """Return how long to hold the backlog back after the first receipt that follows an outage of so many microseconds.

    After a long one all agents have full batches for a collector that has just come back: each starts at a point of
    its own within the spread. After a short one there is nothing to spread.

    >>> pace = Pace(initial_seconds=1, max_seconds=60, pause_seconds=60, recovery_spread_seconds=30)
    >>> recovery_seconds(outage=600_000_000, pace=pace, chance=0.5), recovery_seconds(outage=5, pace=pace, chance=0.5)
    (15.0, 0.0)
    """
    return chance * pace.recovery_spread_seconds if outage > LONG_OUTAGE else 0.0
