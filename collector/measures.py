"""What crosses the storage interface when somebody asks: the parts of a window, and what its numbers are made of."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from collector.records import Amounts, Camera, OpenState, Registered, Run

NAMELESS = ""
"""Whoever is not kept apart any more: the id of nobody, in sums and at workstations, in no list and in no mean."""


class Kept(NamedTuple):
    """From when on a site still has what; whole hours of the site, None: everything."""

    events: int | None = None
    """The site's horizon: before it only each worker's last state and last event."""
    persons: int | None = None
    """Hours before it name no worker."""
    hours: int | None = None
    """Hours before it are gone."""


EVERYTHING = Kept()


@dataclass(frozen=True, slots=True)
class Station:
    """A workstation that was seen or named."""

    site: str
    id: str
    name: str
    first_at: int | None
    """Its first event; None if it was only named."""
    last_at: int | None


class Home(NamedTuple):
    """Where a camera is known."""

    site: str
    stays: bool
    """It has events or a token there, so it does whatever the settings say."""


Stretch = tuple[int | None, int | None]
"""Instants `[start, end)`; None is an open end."""


Watched = Mapping[str, Sequence[tuple[int, int]]]
"""By the name of a camera: when it watched, as instants `[start, end)` that ascend."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A window taken apart at the full hours of a site."""

    whole: Stretch | None
    """Whole hours; open at both ends it is all there is."""
    left: Stretch | None = None
    """What is before them within its hour."""
    right: Stretch | None = None
    """What is after them within its hour."""

    @property
    def window(self) -> Stretch | None:
        """All of it; None if it is empty."""
        there = [part for part in (self.left, self.whole, self.right) if part is not None]
        return (there[0][0], there[-1][1]) if there else None


Split = Callable[[int], Parts]
"""Take a window apart, given where the site's hours begin."""
Person = tuple[str, str]
"""Site and worker."""


Stretches = Sequence[tuple[int, int]]
"""Instants `[start, end)`, ascending, none touching another."""
Place = tuple[str, str]
"""Site and workstation."""
Tell = Callable[[Iterable[Run], tuple[int, int]], Mapping[str, Stretches]]
"""Say when anybody worked at each workstation within `[start, end)`, by the runs of those who may have."""


def joined(stretches: Iterable[tuple[int, int]]) -> Stretches:
    """Return stretches of time with those that overlap or touch made one, ascending.

    >>> joined([(5, 9), (0, 3), (2, 4), (9, 10)])
    [(0, 4), (5, 10)]
    """
    result: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


class Settled(NamedTuple):
    """What stays of a stretch of time whose events go."""

    worked: Mapping[str, Stretches]
    """By workstation: when anybody worked there, in closed time."""
    until: Mapping[str, int]
    """By workstation: until when anybody was there in any state, within the stretch."""


Settle = Callable[[Iterable[Run], tuple[int, int]], Settled]
"""Say what stays of `[start, end)`, by the runs of everybody."""


class Undone(NamedTuple):
    """What stays of a person who is erased."""

    worked: Mapping[str, Stretches]
    """By workstation: when the person worked there, also in time that was open."""
    open_hours: Mapping[tuple[int, str], Amounts]
    """By (hour, workstation): the time that was open, and ends here."""
    until: Mapping[str, int]
    """By workstation: until when the person was there in any state."""


class TellAll(Protocol):
    """Says what stays of a person."""

    def __call__(self, run: Run, watermarks: Mapping[str, int], *, offset: int) -> Undone:
        """Return it, by all events of the person; `offset` is where the site's hours begin."""
        ...


class Forgotten(NamedTuple):
    """What was erased of a person, or would be."""

    site: str
    events: int
    conflicts: int
    hours: int
    """Rows of hours, which name nobody from now on."""
    refused: int
    """Items that were no events, and name the person or may have."""


class Look(NamedTuple):
    """Somebody was shown data of persons."""

    at: int
    """The first time in the hour."""
    who: str
    role: str
    what: str
    """The address, without what all have in common."""
    site: str | None
    """None: all sites."""
    worker_id: str | None
    """None: all workers; `NAMELESS`: one who was erased since."""


class Purged(NamedTuple):
    """What a step of a purge took away."""

    kept: Kept
    """What the site has from now on."""
    events: int
    rows: int
    """Hours of workers that name nobody any more, and hours that are gone."""


@dataclass(frozen=True, slots=True)
class Occupied:
    """The question how long workstations were occupied."""

    window: tuple[int, int]
    tell: Tell
    most: int
    """How many states may be read to answer it."""


@dataclass(slots=True)
class Company:
    """How long workstations were worked at in closed time, however many worked there; gathered hour by hour."""

    left: int
    """How many more states may be read."""
    counted: dict[Place, int] = field(default_factory=dict)
    """Microseconds that overlap no open time and no stretch."""
    stretches: dict[Place, list[tuple[int, int]]] = field(default_factory=dict)
    """Where open time may overlap: ascending, none overlapping another."""

    def count(self, place: Place, time: int) -> None:
        """Add time that overlaps nothing."""
        self.counted[place] = self.counted.get(place, 0) + time

    def add(self, place: Place, stretches: Stretches, *, may_overlap: bool) -> None:
        """Add stretches, as they are if open time may overlap them, else their sum."""
        if may_overlap:
            self.stretches.setdefault(place, []).extend(stretches)
        else:
            self.count(place, sum(end - start for start, end in stretches))


@dataclass(frozen=True, slots=True)
class Measure:
    """What the numbers of a window are made of, as of one moment; sequences are ordered by (site, id)."""

    workers: Sequence[Registered]
    stations: Sequence[Station]
    cameras: Sequence[Camera]
    amounts: Mapping[tuple[str, str, str], Amounts]
    """By (site, worker, workstation): closed time and units of the whole hours, and of what else needs no closer look."""
    by_hour: Mapping[tuple[str, int], Amounts]
    """The same by (site, hour)."""
    edges: Sequence[tuple[Person, Stretch, Run]]
    """Where a window cuts an hour: the stretch of a worker that counts, and the run that tells its time."""
    open_states: Mapping[Person, OpenState]
    stays: Mapping[tuple[str, str], Sequence[Run]]
    """If asked for, by (site, workstation), for windows without an end: what tells when the last states there ended."""
    company: Company | None
    """How workstations were occupied; None where that was not asked for, or takes more states than may be read."""
    watched: Mapping[str, Watched]
    """By site, where hours are told apart: when its cameras watched within the window."""
    watched_before: Mapping[str, Collection[str]] = field(default_factory=dict)
    """By site, likewise: the cameras that had watched before it began."""
    kept: Mapping[str, Kept] = field(default_factory=dict)
    """By site; one that is not there has everything."""


@dataclass(frozen=True, slots=True)
class Histories:
    """How workers spent a stretch of time, as of one moment; sequences are ordered by (site, id)."""

    workers: Sequence[Registered]
    """Those that were asked for, also without an event."""
    cameras: Sequence[Camera]
    runs: Mapping[Person, Run]
    """For each worker who has events: the run that tells the time of the stretch."""
    kept: Mapping[str, Kept] = field(default_factory=dict)
    """By site; one that is not there has everything."""
    watched: Mapping[str, Watched] = field(default_factory=dict)
    """Of one worker, by the sites of the runs: when cameras watched within the stretch."""
    watched_before: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Likewise: the cameras that had watched before it began."""


class KeptCopy(NamedTuple):
    """A database as it was, which lies beside the one in use."""

    name: str
    until: int
    """When it was written to last, so what it holds was stored before."""
