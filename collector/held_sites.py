"""Sites of which somebody else holds something in the database: the others are stored, and do not wait for them again and again.

A transaction that waits in vain for a site's rows costs seconds in which nothing else is stored. So for `HELD_SECONDS` from then on
whoever delivers to that site is told at once, and for `SECONDS_OF_OURS` where it is a purge or another collector, which go on by
themselves. Pure: `now` is in seconds of any clock that only goes on.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple

from collector.records import Delivery, Stored
from shared.errors import Busy

HELD_SECONDS = 20.0
"""So a site that stays held costs the others 3 s of each 23 at the most, and one that was held for a moment does not lose much."""
SECONDS_OF_OURS = 5.0
"""As long as an agent that was told so stays away."""
Holder = Literal["stranger", "purge", "collector"]
"""Who holds a site; a purge may also be somebody new who is registered."""
_WORDS: dict[Holder, str] = {
    "stranger": "somebody else holds rows of site {site} in the database; nothing of this request was kept",
    "purge": "site {site} is being purged, or somebody new registered there; nothing of this request was kept",
    "collector": "a collector is storing at site {site}; nothing of this request was kept",
}


class SiteHeld(Busy):
    """Somebody else holds rows of this site in the database; nothing of this request was kept."""

    def __init__(
        self, site: str = "", *, of: Collection[int] = (), number: int = 0, holder: Holder = "stranger"
    ) -> None:
        """Name the site, its number in the database, which deliveries of a transaction belong to it, and who holds it."""
        super().__init__(
            _WORDS[holder].format(site=site) if site else None,
            hint="pg_stat_activity shows whose transaction stays open" if site and holder == "stranger" else "",
        )
        self.site = site
        self.number = number
        self.of = frozenset(of)
        self.holder = holder


class NamesHeld(Busy):
    """Somebody else registers or moves sites and cameras for longer than is waited for; nothing of this request was kept."""

    def __init__(self, message: str | None = None, *, of: Collection[int] = ()) -> None:
        """Name the deliveries of a transaction that need it; the others may be stored without them."""
        super().__init__(message)
        self.of = frozenset(of)


class _Hold(NamedTuple):
    until: float
    holder: Holder


class HeldSites:
    """What is known of them."""

    def __init__(self) -> None:
        self._holds: dict[str, _Hold] = {}
        self._elsewhere: dict[str, str] = {}
        """Where cameras are that have their events at another site than the settings say."""

    def note(self, held: SiteHeld, *, of: Iterable[Delivery], now: float) -> bool:
        """Note that a site is held, to which these deliveries belong; say whether that is new."""
        for delivery in of:
            self._learn(delivery, held.site)
        is_new = held.site not in self._holds
        seconds = HELD_SECONDS if held.holder == "stranger" else SECONDS_OF_OURS
        self._holds[held.site] = _Hold(now + seconds, held.holder)
        return is_new

    def check(self, delivery: Delivery, *, now: float) -> None:
        """Do nothing if the site of a delivery may be tried.

        Raises:
            SiteHeld: it was held a moment ago.
        """
        site = self._elsewhere.get(delivery.camera or "", delivery.site)
        hold = self._holds.get(site)
        if hold is not None and now < hold.until:
            raise SiteHeld(site, holder=hold.holder)

    def free(self, deliveries: Sequence[Delivery], results: Sequence[Stored]) -> list[str]:
        """Note that these were stored, and where; return the sites that were held until now."""
        for delivery, stored in zip(deliveries, results, strict=True):
            self._learn(delivery, stored.site)
        freed = self._holds.keys() & {stored.site for stored in results}
        for site in freed:
            del self._holds[site]
        return sorted(freed)

    def _learn(self, delivery: Delivery, site: str) -> None:
        if delivery.camera is None:
            return
        if delivery.site != site:
            self._elsewhere[delivery.camera] = site
        else:
            self._elsewhere.pop(delivery.camera, None)
