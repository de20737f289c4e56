"""Sites of which somebody else holds something in the database: the others are stored, and do not wait for them again and again.

A transaction that waits in vain for a site's rows costs seconds in which nothing else is stored. So for `HELD_SECONDS` from then on
whoever delivers to that site is told at once. Pure: `now` is in seconds of any clock that only goes on.
"""

from collections.abc import Collection, Iterable, Sequence

from collector.records import Delivery, Stored
from shared.errors import Busy

HELD_SECONDS = 20.0
"""So a site that stays held costs the others 3 s of each 23 at the most, and one that was held for a moment does not lose much."""


class SiteHeld(Busy):
    """Somebody else holds rows of this site in the database; nothing of this request was kept."""

    def __init__(self, site: str = "", *, of: Collection[int] = ()) -> None:
        """Name the site, and which deliveries of a transaction belong to it."""
        super().__init__(
            f"somebody else holds rows of site {site} in the database; nothing of this request was kept"
            if site
            else None,
            hint="pg_stat_activity shows whose transaction stays open" if site else "",
        )
        self.site = site
        self.of = frozenset(of)


class HeldSites:
    """What is known of them."""

    def __init__(self) -> None:
        self._holds: dict[str, float] = {}
        self._elsewhere: dict[str, str] = {}
        """Where cameras are that have their events at another site than the settings say."""

    def note(self, site: str, *, of: Iterable[Delivery], now: float) -> bool:
        """Note that a site is held, to which these deliveries belong; say whether that is new."""
        for delivery in of:
            self._learn(delivery, site)
        is_new = site not in self._holds
        self._holds[site] = now + HELD_SECONDS
        return is_new

    def check(self, delivery: Delivery, *, now: float) -> None:
        """Do nothing if the site of a delivery may be tried.

        Raises:
            SiteHeld: it was held a moment ago.
        """
        site = self._elsewhere.get(delivery.camera or "", delivery.site)
        if now < self._holds.get(site, now):
            raise SiteHeld(site)

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
