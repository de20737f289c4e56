"""How much may be stored together: half as much after it was not done in time, then a twentieth more with each group that is full.

The database says nothing of how slow it is. What many senders wait for in one transaction may be too much where the part of each
is not, so it is not for them alone to send less. The size is in events, and a request without any counts as one.

    takes 300 in time        20,000 ✗  10,000 ✗  …  312 ✗  156  163  171  …  298  312 ✗  156  …
"""

from dataclasses import dataclass

MOST_EVENTS_TOGETHER = 20_000
"""A transaction of this size takes about 0.2 s; more would make everybody wait for little gain."""


@dataclass(frozen=True, slots=True)
class GroupSize:
    """How many events a group may have; one request may have more."""

    most: int = MOST_EVENTS_TOGETHER

    def after_too_slow(self, events: int) -> "GroupSize":
        """Return the size after a group of so many was not stored in time."""
        return GroupSize(max(min(self.most, events) // 2, 1))

    def after_stored(self, events: int) -> "GroupSize":
        """Return the size after a group of so many was."""
        if events < self.most:
            return self
        return GroupSize(min(self.most + max(self.most // 20, 1), MOST_EVENTS_TOGETHER))
