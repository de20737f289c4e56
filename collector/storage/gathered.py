"""A measure while it is being read from either database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from collector.measures import Person, Stretch
from collector.records import Amounts, Run
from collector.storage.blocks import Blocks
from collector.storage.watching import WatchKnown


@dataclass(slots=True)
class Gathered:
    """A measure while it is being read."""

    amounts: dict[tuple[str, str, str], Amounts] = field(default_factory=dict)
    by_hour: dict[tuple[str, int], Amounts] = field(default_factory=dict)
    edges: list[tuple[Person, Stretch, Run]] = field(default_factory=list)
    stays: dict[tuple[str, str], Sequence[Run]] = field(default_factory=dict)
    blocks: dict[str, Blocks] = field(default_factory=dict)
    """By site: of which hours of the window are; none if they are not asked for."""
    watches: dict[str, WatchKnown] = field(default_factory=dict)

    def add(self, place: tuple[str, str, str], amounts: Iterable[int]) -> None:
        """Add to what a worker did at a workstation."""
        before = self.amounts.get(place)
        self.amounts[place] = list(amounts) if before is None else _sum(before, amounts)

    def add_hour(self, place: tuple[str, int], amounts: Iterable[int]) -> None:
        """Add to what happened in an hour."""
        before = self.by_hour.get(place)
        self.by_hour[place] = list(amounts) if before is None else _sum(before, amounts)

    def add_blocks(self, site: str, *, within: tuple[int, int]) -> None:
        """Add what the site's blocks hold of the hours that begin in `[start, end)`; what is nothing then is not there."""
        places = set()
        for each, amounts in self.blocks[site].sums(within=within):
            place = (site, each.worker_id, each.station_id)
            self.add(place, amounts)
            places.add(place)
        for place in places:
            if not any(self.amounts[place]):
                del self.amounts[place]

    def add_blocks_by_hour(self, site: str, *, within: tuple[int, int]) -> None:
        """Add it to what happened in each hour."""
        for hour, _, amounts in self.blocks[site].hours(within=within):
            self.add_hour((site, hour), amounts)


def _sum(left: Amounts, right: Iterable[int]) -> Amounts:
    return [a + b for a, b in zip(left, right, strict=True)]
