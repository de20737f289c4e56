"""How many events the next batch may have: less after one that was too much, more after those that passed.

Two things can be too much. A batch that is too large for the collector (413) halves the next ones, which grow again by a
twentieth each. A batch that no answer came to in time is halved too: over a link of 2 kB/s a full batch never passes in
10 s, and neither would the events of now that travel with it. But most time-outs are of a line that is dead whatever
the size is, and a backlog that begins at single events again should not take hours. So it is done as TCP does it (RFC 5681 §3.1,
§4.3): the size halves with each time-out, the *brink*, half of what was too much, only with the first in a row and only if
the batch was full; below the brink the size doubles, above it grows by a twentieth. A size that no batch has reached is
no larger for receipts of smaller ones, an empty envelope among them (RFC 7661).

    taken 100 of 500         500 ✗  250 ✗  125 ✗  62  124 ✗  62  65  68  71  …  100  105 ✗  52  54  …
    dead, then well          500 ✗  250 ✗  125 ✗  …  1 ✗  1  2  4  8  …  128  250  262  …  500
"""

from dataclasses import dataclass, replace

from edge_agent.delivery.outcome import Retry, Settle, Split, Verdict


@dataclass(frozen=True, slots=True)
class BatchSize:
    """How many events may go at a time, from 1 to `ceiling`."""

    ceiling: int
    """What the settings allow."""
    most: int
    """What the next batch may have."""
    brink: int
    """Up to here it doubles."""
    is_silent: bool = False
    """Nothing has passed since a time-out."""

    @classmethod
    def of(cls, ceiling: int) -> "BatchSize":
        """Return the size to begin with: as much as there may be."""
        return cls(ceiling, most=ceiling, brink=ceiling)

    def after(self, verdict: Verdict, *, events: int) -> "BatchSize":
        """Return the size after the verdict on a batch of so many events."""
        match verdict:
            case Settle():
                return self._grown(events)
            case Split(is_too_large=True):
                most = _half(events)
                return replace(self, most=most, brink=most)
            case Retry(is_too_slow=True) if events:
                is_too_much = events >= self.most and not self.is_silent
                brink = _half(events) if is_too_much else self.brink
                return replace(self, most=min(_half(events), self.most), brink=brink, is_silent=True)
            case _:
                return self

    def _grown(self, events: int) -> "BatchSize":
        if events < self.most:
            return replace(self, is_silent=False)
        twice, a_twentieth_more = min(2 * self.most, self.brink), self.most + max(self.most // 20, 1)
        most = min(max(twice, a_twentieth_more), self.ceiling)
        return replace(self, most=most, is_silent=False)


def _half(events: int) -> int:
    return max(events // 2, 1)
