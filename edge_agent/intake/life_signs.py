"""When the producer showed that it is alive: what the agent can vouch for, since when and up to when.

A sign of life is an empty POST, or an event no older than `source_silent_after` (a backlog read from a file says
nothing of now). There is none before the first sign after a start: the agent does not know what it missed. Signs that
are no further apart than `source_silent_after` make one stretch of watched time; a longer silence ends it. Of more than 100 stretches the oldest are
forgotten: eight hours of a producer that falls silent every five minutes.

How long ago a sign was is told by the monotonic clock. A clock that was ahead and is set right must not turn it into one
that is still to come: the agent would vouch for a silence that nobody watched.
"""

from collections.abc import Iterable
from typing import NamedTuple

from edge_agent.delivery.watermark import DRIFT, Stretch
from shared.clock import Clock
from shared.events import Event
from shared.instants import SECOND
from shared.wire import MAX_WATCHED


class _Sign(NamedTuple):
    at: int
    monotonic: float


class LifeSigns:
    """The producer's signs of life, as stretches of time that was watched; read by any thread."""

    def __init__(self, *, silent_after: int, clock: Clock, earlier: tuple[Stretch, ...] = ()) -> None:
        """Begin without a sign; `earlier` is what runs before this one watched."""
        self._silent_after = silent_after
        self._clock = clock
        self._earlier = earlier
        self._noted: tuple[tuple[_Sign, _Sign], ...] = ()

    @property
    def last(self) -> int | None:
        """Instant of the last sign by the clock as it is now, None before the first."""
        watched = self.watched
        return watched[-1][1] if watched else None

    @property
    def watched(self) -> tuple[Stretch, ...]:
        """What was watched, by the clock as it is now: ascending, and empty before the first sign."""
        noted = self._noted
        own = [(self._instant(first), self._instant(last)) for first, last in noted]
        return (*self._earlier, *own)[-MAX_WATCHED:] if own else ()

    def called(self) -> None:
        """Note an empty POST."""
        self._note(_Sign(self._clock.now(), self._clock.monotonic()))

    def sent(self, events: Iterable[Event]) -> None:
        """Note events that were taken: a sign of life if one of them is recent."""
        now = self._clock.now()
        if any(event.at >= now - self._silent_after for event in events):
            self._note(_Sign(now, self._clock.monotonic()))

    def _note(self, sign: _Sign) -> None:
        noted = self._noted
        if noted and sign.monotonic - noted[-1][1].monotonic <= self._silent_after / SECOND:
            self._noted = (*noted[:-1], (noted[-1][0], sign))
        else:
            self._noted = (*noted, (sign, sign))[-MAX_WATCHED:]

    def _instant(self, sign: _Sign) -> int:
        by_what_passed = self._clock.now() - round((self._clock.monotonic() - sign.monotonic) * SECOND)
        # A clock that falls to 1970 puts a sign before it, which no collector takes.
        return sign.at if abs(by_what_passed - sign.at) < DRIFT else max(0, by_what_passed)
