"""What a simulation knows of its events: when each was acknowledged, its number, and which are known to be stored.

Every simulated minute what the agent acknowledged must lie in its queue or in the collector's store, unless its number
is one of those that the agent says it has given up. What was seen in the store once is looked for there again at the end
only.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from edge_agent.buffer.removal import OVERFLOW
from edge_agent.delivery.batching import Gap
from shared.events import Event, EventType
from shared.instants import parse_instant
from shared.receipts import numbers
from tests.simulation.virtual_time import true_time

_WIDE = "\N{MATHEMATICAL DOUBLE-STRUCK DIGIT ZERO}" * 62
"""With a letter and a digit before it the longest id there may be: 250 bytes."""


class Claim(NamedTuple):
    """What an envelope says of the past: everything up to its watermark is delivered by it, and what will never come."""

    covered: frozenset[int]
    """What had been acknowledged before it left, up to the watermark, and was not known to be stored."""
    given_up: frozenset[int]
    """Numbers that it reports as given up for want of room."""


@dataclass
class Truth:
    """All events of one simulation."""

    chance: random.Random
    made: dict[int, Event] = field(default_factory=dict)
    """By its instant, which no two events share."""
    acknowledged: dict[int, int] = field(default_factory=dict)
    """When each was acknowledged, by a clock that is right."""
    unconfirmed: set[int] = field(default_factory=set)
    """Acknowledged, and not seen in the store yet."""
    numbered: dict[int, int] = field(default_factory=dict)
    """The instant of the event that was given each number."""
    dropped: dict[int, int] = field(default_factory=dict)
    """The same of those that the agent has given up."""
    taken_back: set[int] = field(default_factory=set)
    """Seen in the store once, and gone with what the collector has lost since: no watermark takes that back."""
    reported: set[int] = field(default_factory=set)
    """Numbers of which an envelope that left said that they were given up; that one arrived shows where nothing is missing."""
    _gaps: tuple[Gap, ...] = ()

    def make(self, count: int, *, is_wide: bool = False) -> list[Event]:
        """Return new events of now, a microsecond apart and none later; wide ones have the longest ids."""
        made = []
        for at in range(true_time() - count + 1, true_time() + 1):
            kind = EventType(self.chance.randrange(4))
            units = self.chance.randint(1, 9) if kind is EventType.product_count else 0
            worker, place = f"W{self.chance.randrange(4)}", f"S{self.chance.randrange(3)}"
            if is_wide:
                worker, place = worker + _WIDE, place + _WIDE
            event = Event(at, worker, place, kind, units, None)
            self.made[at] = event
            made.append(event)
        return made

    def number(self, last: int, events: Sequence[Event]) -> None:
        """Note that these events were given the numbers up to `last`, in this order."""
        first = last - len(events) + 1
        assert not self.numbered.keys() & set(range(first, last + 1)), "a number was given out twice"
        self.numbered |= {first + place: event.at for place, event in enumerate(events)}

    def acknowledge(self, events: list[Event]) -> None:
        """Note that the agent said `accepted`."""
        now = true_time()
        for event in events:
            self.acknowledged[event.at] = now
            self.unconfirmed.add(event.at)

    def lose(self, kept: set[int]) -> None:
        """Note that the store is again what it was when it had these events."""
        lost = self.acknowledged.keys() - kept - set(self.dropped.values())
        self.unconfirmed |= lost
        self.taken_back |= lost

    def note_dropped(self, gaps: tuple[Gap, ...]) -> None:
        """Take over what the agent says it has given up; what it once said stands."""
        if gaps == self._gaps:
            return
        assert {OVERFLOW} == {reason for _, _, reason in gaps}
        told = set(numbers((first, last) for first, last, _ in gaps))
        assert set() == self.dropped.keys() - told, "given up, and not any more"
        self._gaps, self.dropped = gaps, {number: self.numbered[number] for number in told}
        self.unconfirmed.difference_update(self.dropped.values())

    def claim(self, body: bytes) -> Claim | None:
        """Return what an envelope claims that leaves the agent now, None if it claims nothing."""
        agent = json.loads(body[len(b'{"agent":') : body.index(b',"events":[')])
        watermark = -1 if agent["watermark"] is None else parse_instant(agent["watermark"])
        now = true_time()
        covered = (at for at in self.unconfirmed if at <= watermark and self.acknowledged[at] < now)
        given_up = numbers((first, last) for first, last, reason in agent["skipped"] if reason == OVERFLOW)
        claim = Claim(frozenset(covered), frozenset(given_up))
        return claim if any(claim) else None
