"""How long many waits were, in two figures: what is usual, and what one in a hundred exceeds."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Waits:
    """In milliseconds."""

    p50_ms: float
    p99_ms: float
    longest_ms: float


def waits(seconds: Sequence[float]) -> Waits:
    """Return the figures of waits in seconds, in any order; there is at least one.

    A percentile is the least wait that so many in a hundred do not exceed.
    """
    ascending = sorted(seconds)
    p50, p99 = (ascending[-(-percent * len(ascending) // 100) - 1] for percent in (50, 99))
    return Waits(1_000 * p50, 1_000 * p99, 1_000 * ascending[-1])
