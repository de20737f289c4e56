"""What a simulation knows of its events: when each was acknowledged, and which are known to be stored.

Every simulated minute what the agent acknowledged must lie in its queue or in the collector's store. What was seen in the
store once is looked for there again at the end only.
"""

import random
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.events import Event, EventType
from shared.wire import read_body
from tests.simulation.virtual_time import true_time


class Claim(NamedTuple):
    """What an envelope says of the past: everything up to its watermark is delivered by it."""

    watermark: int
    covered: frozenset[int]
    """What had been acknowledged before it left, up to the watermark, and was not known to be stored."""


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

    def make(self, count: int) -> list[Event]:
        """Return new events of now, a microsecond apart and none later."""
        made = []
        for at in range(true_time() - count + 1, true_time() + 1):
            kind = EventType(self.chance.randrange(4))
            units = self.chance.randint(1, 9) if kind is EventType.product_count else 0
            place = f"S{self.chance.randrange(3)}"
            event = Event(at, f"W{self.chance.randrange(4)}", place, kind, units, None)
            self.made[at] = event
            made.append(event)
        return made

    def acknowledge(self, events: list[Event]) -> None:
        """Note that the agent said `accepted`."""
        now = true_time()
        for event in events:
            self.acknowledged[event.at] = now
            self.unconfirmed.add(event.at)

    def claim(self, body: bytes) -> Claim | None:
        """Return what an envelope claims that leaves the agent now, None if it claims nothing."""
        header = read_body(body).agent
        if header is None or header.watermark is None:
            return None
        now, watermark = true_time(), header.watermark
        covered = (at for at in self.unconfirmed if at <= watermark and self.acknowledged[at] < now)
        return Claim(watermark, frozenset(covered))
