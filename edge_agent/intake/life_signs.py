"""When the producer last showed that it is alive: the upper end of what the agent can vouch for.

A sign of life is an empty POST, or an event no older than `source_silent_after` (a backlog read from a file says
nothing of now). There is none before the first sign after a start: the agent does not know what it missed.
"""

from collections.abc import Iterable

from shared.clock import Clock
from shared.events import Event


class LifeSigns:
    """The producer's last sign of life."""

    def __init__(self, *, silent_after: int, clock: Clock) -> None:
        self._silent_after = silent_after
        self._clock = clock
        self.last: int | None = None
        """Instant of the last sign, None before the first."""

    def called(self) -> None:
        """Note an empty POST."""
        self.last = self._clock.now()

    def sent(self, events: Iterable[Event]) -> None:
        """Note events that were taken: a sign of life if one of them is recent."""
        now = self._clock.now()
        if any(event.at >= now - self._silent_after for event in events):
            self.last = now
