"""What crosses the storage interface when somebody asks: the parts of a window, and what its numbers are made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from collector.records import Amounts, Camera, OpenState, Registered, Run


@dataclass(frozen=True, slots=True)
class Station:
    """A workstation that was seen or named."""

    site: str
    id: str
    name: str
    first_at: int | None
    """Its first event; None if it was only named."""
    last_at: int | None


Stretch = tuple[int | None, int | None]
"""Instants `[start, end)`; None is an open end."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A window taken apart at the full hours of a site."""

    whole: Stretch | None
    """Whole hours; open at both ends it is all there is."""
    left: Stretch | None = None
    """What is before them within its hour."""
    right: Stretch | None = None
    """What is after them within its hour."""


Split = Callable[[int], Parts]
"""Take a window apart, given where the site's hours begin."""
Person = tuple[str, str]
"""Site and worker."""


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
    alone: Mapping[tuple[str, str], int]
    """If asked for, by (site, workstation): working microseconds of the hours in which one worker was there alone."""
    together: Sequence[tuple[tuple[str, str], Stretch, Run]]
    """If asked for: stretches in which the time of others at the same (site, workstation) may overlap, one run a worker."""


@dataclass(frozen=True, slots=True)
class Histories:
    """How workers spent a stretch of time, as of one moment; sequences are ordered by (site, id)."""

    workers: Sequence[Registered]
    """Those that were asked for, also without an event."""
    cameras: Sequence[Camera]
    runs: Mapping[Person, Run]
    """For each worker who has events: the run that tells the time of the stretch."""
