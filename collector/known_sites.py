"""The sites that there are, for pages: each may choose among those that somebody may see, and few pages are about more than one.

A page is read anew after each write. That there is another site, or that one has another name, is rarer: of many they are read anew only
every `SECONDS_OF_MANY`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from collector.reports import Reports
from collector.storage.base import Storage
from shared.clock import Clock

FEW = 100
"""Reading so many costs a page next to nothing."""
SECONDS_OF_MANY = 10.0
"""So long a new site may be missing where one is chosen; a page that names it is there at once."""


class Told(NamedTuple):
    """What somebody is told of the sites that he may see."""

    places: Sequence[str]
    warnings: Sequence[str]
    digest: str
    """Of both: of thousands of sites it is not made for each look."""


@dataclass(frozen=True, slots=True)
class SitesThere:
    """The sites of one reading."""

    names: Sequence[str]
    """Sorted; also of those that the settings alone know."""
    hour_offsets: Mapping[str, int]
    """Of those that are stored."""
    until: float
    """By a clock that only goes on: as long as they are taken for granted if they are many."""
    told: dict[tuple[str, ...] | None, Told] = field(default_factory=dict)
    """To those who may see these (None: all)."""


class KnownSites:
    """Reads them, and keeps the last reading."""

    def __init__(self, storage: Storage, *, reports: Reports, clock: Clock) -> None:
        self._storage = storage
        self._reports = reports
        self._clock = clock
        self._last: SitesThere | None = None

    async def there(self) -> SitesThere:
        """Return the sites after a write."""
        if self._last is None or len(self._last.names) <= FEW or self.are_due():
            until = self._clock.monotonic() + SECONDS_OF_MANY
            offsets = await self._storage.hour_offsets()
            self._last = SitesThere(sorted(self._reports.sites_there(offsets)), offsets, until)
        return self._last

    def are_due(self) -> bool:
        """Return whether they are to be read anew also where nothing was written: there are many, and one may be missing since."""
        last = self._last
        return last is not None and len(last.names) > FEW and self._clock.monotonic() >= last.until

    def told(self, sites: SitesThere, seen: Sequence[str] | None) -> Told:
        """Return what somebody is told who may see these (None: all)."""
        key = None if seen is None else tuple(seen)
        if key not in sites.told:
            places = [site for site in sites.names if seen is None or site in seen]
            warnings = self._reports.warnings_by(sites.hour_offsets, sites=seen)
            digest = hashlib.sha256(json.dumps([places, warnings]).encode()).hexdigest()
            sites.told[key] = Told(places, warnings, digest)
        return sites.told[key]
