"""What the collector is told of numbers that will never come: which of them go with which envelope.

An envelope speaks of one epoch and names at most 100 ranges (the collector takes 1,000). The collector keeps what it was
once told, so many ranges go in turns; with nothing to send, the turns also go through the older epochs that have gaps.
"""

from collections.abc import Sequence

from edge_agent.delivery.batching import Backlog, Epoch, Gap

MOST_RANGES = 100


def gaps_of(epoch: Epoch, gaps: Sequence[Gap], *, turn: int) -> tuple[Gap, ...]:
    """Return the gaps within an epoch that this turn's envelope names.

    >>> gaps_of(Epoch("e2", 5, 9), [(1, 6, "full"), (8, 8, "lost")], turn=0)
    ((5, 6, 'full'), (8, 8, 'lost'))
    """
    within = [
        (max(first, epoch.first), min(last, epoch.last), why)
        for first, last, why in gaps
        if last >= epoch.first and first <= epoch.last
    ]
    pages = -(-len(within) // MOST_RANGES) or 1
    start = turn % pages * MOST_RANGES
    return tuple(within[start : start + MOST_RANGES])


def epoch_to_speak_of(backlog: Backlog, *, turn: int) -> Epoch:
    """Return the epoch of an envelope without events: the one being written, and every other turn an older one with gaps."""
    older = [epoch for epoch in backlog.epochs[:-1] if gaps_of(epoch, backlog.dropped, turn=0)]
    return older[turn // 2 % len(older)] if older and turn % 2 else backlog.epochs[-1]
