"""What becomes of the numbers that a receipt names as lacking, and which epochs are asked after.

A collector that was restored from a backup, or a log that lost its end to damage, shows nowhere but in the numbering: the
receipt of each request names what never arrived of its epoch. Settled events that are still kept are sent again, and what
can never come is reported as skipped with the reason, so that nothing is lacking for ever.

Not in one go: at most 10,000 numbers are pending because of this at a time, newest first, and the first of them only
after a moment of the agent's own within `retry.recovery_spread`. Heartbeats take turns among the epochs: each is asked
after once in so many heartbeats, at no request more. A restored collector therefore has everything back without a hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from edge_agent.delivery.batching import Backlog, Epoch, Gap
from shared.receipts import Range, Ranges, intersect, last_numbers, normalise, subtract

MOST_AGAIN = 10_000
"""Numbers made pending at a time: 20 batches, a second or two of a collector's work."""
MOST_SKIPPED = 500
"""Ranges in one header; the collector takes 1,000."""
GONE = "no longer kept at the camera"
DEAD = "a dead letter at the camera"
NEVER = "never given out in this epoch"


@dataclass(frozen=True, slots=True)
class Sorted:
    """Lacking numbers by what can be done about them; those that are pending are on their way and in none."""

    candidates: Ranges
    """Settled: to be sent again, where their rows are still kept."""
    skipped: tuple[Gap, ...]
    """Will never come."""


def sort_lacking(lacking: Ranges, *, epoch: Epoch, backlog: Backlog, settled: Ranges, dead: Ranges) -> Sorted:
    """Return what can be done about the lacking numbers of an epoch.

    Numbers below the epoch's first are reported by every header. Those above its last may still be given out while it
    is the one being written, and never once it has ended:

        epoch       1 2 3 4 5 6 7 8 9    ended
        lacking     1 2 3 4 . . 7 8 9 10
        settled     1 2 3
        pending           4
        dead                    7
        dropped                   8
        candidates  1 2 3
        skipped                 7 (dead) 8 (its own reason) 9 (no longer kept) 10 (never given out)
    """
    within = intersect(lacking, ((epoch.first, epoch.last),) if epoch.last >= epoch.first else ())
    gone = subtract(subtract(subtract(within, backlog.pending), settled), dead)
    beyond = [(max(first, epoch.last + 1), last) for first, last in lacking if last > epoch.last]
    dropped = [
        (first, last, reason)
        for *gap, reason in backlog.dropped
        for first, last in intersect(gone, ((gap[0], gap[1]),))
    ]
    gone = subtract(gone, normalise((first, last) for first, last, _ in dropped))
    is_written = epoch.token == backlog.epochs[-1].token
    return Sorted(
        intersect(within, settled),
        (
            *_because(DEAD, intersect(within, dead)),
            *dropped,
            *_because(GONE, gone),
            *_because(NEVER, () if is_written else normalise(beyond)),
        ),
    )


def is_put_back(told: int, *, epoch: Epoch, backlog: Backlog, surely_ours: int) -> bool:
    """Return whether a collector was told of a number of the epoch being written that is not surely this queue's.

    The queue is then an older copy of itself, such as an image of its disk, and gives out numbers a second time. An epoch
    that has ended may have lost its last numbers with a log. `surely_ours` is what the queue had got to when it stopped, until
    a collector was asked, and then all that it has given out, also since the request left:

        told by the collector    1 ........................ 90
        surely this queue's      1 .............. 60              put back
        surely this queue's      1 ............................ 100
    """
    return epoch.token == backlog.epochs[-1].token and told > surely_ours


def gone(candidates: Ranges, *, kept: Ranges) -> tuple[Gap, ...]:
    """Return the candidates that have no row any more, as skipped."""
    return _because(GONE, subtract(candidates, kept))


def next_piece(candidates: Ranges, *, pending: int) -> Ranges:
    """Return the numbers to look at now: the newest, none while half as many as may be are still pending."""
    return last_numbers(candidates, MOST_AGAIN) if pending < MOST_AGAIN // 2 else ()


@dataclass(frozen=True, slots=True)
class Refill:
    """How far the agent is in giving back what the collector has lost; lives in memory, and begins anew with it."""

    asked: int = 0
    """Heartbeats so far: whose turn it is."""
    asked_at: float = 0.0
    """When an epoch was last asked after, or when the agent started; by the monotonic clock."""
    holds: Mapping[str, float] = field(default_factory=dict)
    """By epoch: not to be refilled before this moment of the monotonic clock."""
    skipped: Mapping[str, tuple[Gap, ...]] = field(default_factory=dict)
    """By epoch: what its next request reports."""

    def epoch_asked(self, epochs: Sequence[Epoch]) -> Epoch:
        """Return whose turn the next heartbeat is; the newest begins, and then it goes backwards."""
        return epochs[-1 - self.asked % len(epochs)]

    def is_due(self, epochs: Sequence[Epoch], *, now: float, every: float) -> bool:
        """Return whether an earlier epoch has to be asked after although events keep every request full."""
        return len(epochs) > 1 and now - self.asked_at >= every

    def after_asking(self, *, now: float) -> "Refill":
        """Return the refill after a receipt for an empty envelope."""
        return replace(self, asked=self.asked + 1, asked_at=now)

    def after_lacking(self, epoch: str, *, is_settled: bool, now: float, hold: float) -> "Refill":
        """Return the refill after a receipt; the first one of an epoch that lacks settled numbers starts its hold."""
        holds = dict(self.holds)
        if not is_settled:
            holds.pop(epoch, None)
        else:
            holds.setdefault(epoch, now + hold)
        return replace(self, holds=holds)

    def may_send_again(self, epoch: str, *, now: float) -> bool:
        """Return whether the hold of an epoch is over."""
        return now >= self.holds.get(epoch, now)

    def to_report(self, epoch: str) -> tuple[Gap, ...]:
        """Return what a request of this epoch reports as skipped."""
        return self.skipped.get(epoch, ())

    def skipping(self, epoch: str, skips: tuple[Gap, ...]) -> "Refill":
        """Return the refill with what the next request of an epoch reports, at most 500 ranges, and nothing else."""
        others = {token: kept for token, kept in self.skipped.items() if token != epoch}
        return replace(self, skipped=others | ({epoch: skips} if skips else {}))


def _because(reason: str, ranges: Sequence[Range]) -> tuple[Gap, ...]:
    return tuple((first, last, reason) for first, last in ranges)
