"""The instant of the oldest pending event, known cheaply while a million of them drain.

Events arrive in any order of time, so the truth takes a look at every pending row. The watermark may lag but never run
ahead, so a bound that is too early will do: it is found by a scan, lowered by what is appended, and found anew only
once the pending events have halved. A backlog of n events is scanned about log2(n / 1,000) times in all its life.
"""

from collections.abc import Callable

from shared.receipts import Ranges, count, subtract

EXACT_BELOW = 1_000
"""So few rows are looked at every time: below a millisecond."""


class OldestPending:
    """A lower bound of the pending events' instants; `scan` returns the exact one of some numbers."""

    def __init__(self, scan: Callable[[Ranges], int | None], *, exact_below: int = EXACT_BELOW) -> None:
        self._scan = scan
        self._exact_below = exact_below
        self._bound: int | None = None
        self._scanned = 0

    def note(self, at: int) -> None:
        """Take an appended event into account."""
        if self._bound is not None:
            self._bound = min(self._bound, at)

    def forget(self) -> None:
        """Find the bound anew next time: settled events have become pending again."""
        self._bound = None

    def find(self, pending: Ranges, *, without: Ranges) -> int | None:
        """Return the bound for the pending events that are not in `without`, None if there are none."""
        left = subtract(pending, without)
        waiting = count(left)
        if waiting < self._exact_below:
            self._bound = None
            return self._scan(left)
        total = count(pending)
        if self._bound is None or 2 * total <= self._scanned:
            # Over all that is pending: what is in `without` now may come back.
            self._bound, self._scanned = self._scan(pending), total
        return self._bound
