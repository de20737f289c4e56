"""How much may be stored together: half as much after what was too much though no sender could send less.

A database that is slow takes so many events in time and no more. As long as batches can be halved, the agents halve theirs: then all
of them wait for one transaction that passes, and each is answered before it gives up. Smaller groups let them wait in line instead. But
very many agents that have an event each cannot send less, so it is for us to store them in parts. Afterwards groups that are full let
the next ones have a twentieth more. Sizes are in events, and a request without any counts as one.

    1,000 agents, 300 in time        1,000 ✗  500 ✗  250  262  275  288  302 ✗  151  …
"""

from dataclasses import dataclass

MOST_EVENTS_TOGETHER = 20_000
"""A transaction of this size takes about 0.2 s; more would make everybody wait for little gain."""

LEAST_EVENTS_TOGETHER = 10
"""So that a server that stands still is not asked a thousand times, once for each who waits."""


@dataclass(frozen=True, slots=True)
class GroupSize:
    """How many events a group may have; one request may have more."""

    most: int = MOST_EVENTS_TOGETHER

    def after_too_slow(self, events: int, *, requests: int) -> "GroupSize":
        """Return the size after a group of so many, of so many requests, was not stored in time."""
        if requests < 2 or events >= 2 * requests:  # of one alone nothing is known of how much goes together
            return self
        return GroupSize(max(min(self.most, events) // 2, LEAST_EVENTS_TOGETHER))

    def after_stored(self, events: int) -> "GroupSize":
        """Return the size after a group of so many events was."""
        if events < self.most:
            return self
        return GroupSize(min(self.most + max(self.most // 20, 1), MOST_EVENTS_TOGETHER))
