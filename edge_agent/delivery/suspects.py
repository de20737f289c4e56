"""The search for the one event for which the collector refuses a whole batch.

What was refused together holds at least one bad event, so its first half is tried next: refused, it is the new whole;
taken, the bad one is in the rest. Found alone, it is buried and everything else goes its ordinary way again:

    refused   1 2 3 4 5 6 7 8
    taken     1 2 3 4
    refused           5 6
    taken             5
    refused             6        accused

An event is never given up on one word. A collector that refuses *everything*, because it has a quarrel with our envelope
or a bad minute, would have a whole backlog buried one by one. So the accused stays in the buffer until an empty envelope
with the same header has passed, is tried once more, and is buried only when it is refused again. Of n events, one bad one costs at most
⌈log2 n⌉ + 3 requests; more only where a half is too large for a batch, and less of it is tried. All of this lives in memory: after a restart the search begins again.
"""

from dataclasses import dataclass, replace

from edge_agent.delivery.batching import Backlog, Planned, epoch_of
from edge_agent.delivery.settlement import DeadLetter
from shared.receipts import Ranges, count, first_numbers, intersect, subtract


@dataclass(frozen=True, slots=True)
class Suspects:
    """How far the search is; an empty one is over."""

    culprits: Ranges = ()
    """Numbers of one epoch, at least one of which is bad."""
    accused: DeadLetter | None = None
    """One of them was refused while alone."""
    collector_understands: bool = False
    """An empty envelope has passed since the accusation."""

    @property
    def is_searching(self) -> bool:
        """True while this goes before everything else."""
        return bool(self.culprits)

    @property
    def wants_probe(self) -> bool:
        """True while an empty envelope has to show whether the collector understands us at all."""
        return self.accused is not None and not self.collector_understands

    def plan(self, backlog: Backlog, *, most: int) -> Planned | None:
        """Return the part that is tried next, of at most `most` events; None when there is nothing to search for."""
        left = intersect(self.culprits, backlog.pending)
        epoch = epoch_of(backlog, left[0][0]) if left else None
        if epoch is None:
            return None
        alone = ((self.accused.seq, self.accused.seq),) if self.accused else ()
        half = max(count(left) // 2, 1)
        return Planned(epoch, intersect(alone, left) or first_numbers(left, min(half, most)))

    def refuse(self, seqs: Ranges) -> "Suspects":
        """Return the search after several events were refused together."""
        return Suspects(seqs)

    def accuse(self, letter: DeadLetter) -> "Suspects":
        """Return the search after an event was refused alone, for the first time."""
        return Suspects(self.culprits or ((letter.seq, letter.seq),), letter)

    def is_convicted(self, seq: int) -> bool:
        """Return whether an event that was refused alone may be buried: it is not the first time."""
        return self.collector_understands and self.accused is not None and self.accused.seq == seq

    def probe_passed(self) -> "Suspects":
        """Return the search after an empty envelope got its receipt."""
        return replace(self, collector_understands=True)

    def settle(self, seqs: Ranges) -> "Suspects":
        """Return the search after these numbers left the buffer with a receipt; the rest holds the bad one."""
        return Suspects(subtract(self.culprits, seqs))
