"""The least time between attempts, worked out a second time and without the product: no retry may come earlier.

After n failures in a row the wait is at least half of `initial`, doubled n - 1 times, and half of `max` at most; what the
collector asked for, or a pause, is never undercut. A restart forgets, as an agent does.
"""

from tests.simulation.machines import SETTINGS

SECOND = 1_000_000
_INITIAL = SETTINGS.retry.initial / SECOND
_MAX = SETTINGS.retry.max / SECOND
_PAUSE = SETTINGS.retry.pause / SECOND
_MOST_ASKED = 900.0
_ROUNDING = 1e-6


class Floor:
    """When the next attempt may come, in seconds of the loop."""

    def __init__(self) -> None:
        self._failures = 0
        self._earliest = 0.0
        self.undercut: list[tuple[float, float]] = []
        """(attempt, when it was allowed) of each attempt that came too early."""

    def attempt(self, at: float) -> None:
        """Note that an attempt begins."""
        if at < self._earliest - _ROUNDING:
            self.undercut.append((at, self._earliest))

    def passed(self) -> None:
        """Note that it was answered by a receipt, or that the agent was started anew."""
        self._failures = 0
        self._earliest = 0.0

    def failed(self, at: float, *, asked: float = 0.0) -> None:
        """Note that it ended in a failure that time may mend."""
        self._failures += 1
        doubled = min(_INITIAL * 2 ** (self._failures - 1), _MAX) / 2
        self._earliest = at + (min(asked, _MOST_ASKED) if asked else doubled)

    def paused(self, at: float) -> None:
        """Note that it ended in a failure that a person has to mend."""
        self._failures += 1
        self._earliest = at + _PAUSE
