"""When the producer last showed that it is alive: the upper end of what the agent can vouch for.

A sign of life is an empty POST, or an event no older than `source_silent_after` (a backlog read from a file says
nothing of now). There is none before the first sign after a start: the agent does not know what it missed.

How long ago it was is told by the monotonic clock. A clock that was ahead and is set right must not turn the sign into one that
is still to come: the agent would vouch for a silence that nobody watched.
"""

from collections.abc import Iterable

from shared.clock import Clock
from shared.events import Event
from shared.instants import SECOND

DRIFT = SECOND
"""Two clocks differ by less; by more, one of them was set."""


class LifeSigns:
    """The producer's last sign of life."""

    def __init__(self, *, silent_after: int, clock: Clock) -> None:
        self._silent_after = silent_after
        self._clock = clock
        self._noted: tuple[int, float] | None = None

    @property
    def last(self) -> int | None:
        """Instant of the last sign by the clock as it is now, None before the first."""
        if self._noted is None:
            return None
        at, monotonic = self._noted
        by_what_passed = self._clock.now() - round((self._clock.monotonic() - monotonic) * SECOND)
        return at if abs(by_what_passed - at) < DRIFT else by_what_passed

    def called(self) -> None:
        """Note an empty POST."""
        self._noted = (self._clock.now(), self._clock.monotonic())

    def sent(self, events: Iterable[Event]) -> None:
        """Note events that were taken: a sign of life if one of them is recent."""
        now = self._clock.now()
        if any(event.at >= now - self._silent_after for event in events):
            self._noted = (now, self._clock.monotonic())
