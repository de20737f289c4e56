"""Sites of which somebody else holds something in the database: the others are stored, and do not wait for them again and again.

A transaction that waits in vain for a site's rows costs seconds in which nothing else is stored. So for `HELD_SECONDS` from then on
whoever delivers to that site is told at once. Pure: `now` is in seconds of any clock that only goes on.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from collector.records import Delivery
from shared.errors import Busy

HELD_SECONDS = 20.0
"""So a site that stays held costs the others 3 s of each 23 at the most, and one that was held for a moment does not lose much."""

_Key = tuple[str | None, str | None]
"""A site as the settings say; or a camera that is at another site than they say."""


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


class _Hold(NamedTuple):
    site: str
    until: float


class HeldSites:
    """What is known of them."""

    def __init__(self) -> None:
        self._holds: dict[_Key, _Hold] = {}

    def note(self, site: str, *, of: Iterable[Delivery], now: float) -> bool:
        """Note that a site is held, to which these deliveries belong; say whether that is new."""
        keys = {(site, None) if delivery.site == site else (None, delivery.camera) for delivery in of}
        is_new = all(hold.site != site for hold in self._holds.values())
        self._holds.update({key: _Hold(site, now + HELD_SECONDS) for key in keys})
        return is_new

    def check(self, delivery: Delivery, *, now: float) -> None:
        """Do nothing if the site of a delivery may be tried.

        Raises:
            SiteHeld: it was held a moment ago.
        """
        for key in ((delivery.site, None), (None, delivery.camera)):
            hold = self._holds.get(key)
            if hold is not None and now < hold.until:
                raise SiteHeld(hold.site)

    def free(self, deliveries: Sequence[Delivery]) -> list[str]:
        """Note that these were stored; return the sites that were held until now."""
        if not self._holds:  # nearly always
            return []
        keys = {key for each in deliveries for key in ((each.site, None), (None, each.camera))}
        sites = {self._holds[key].site for key in keys & self._holds.keys()}
        self._holds = {key: hold for key, hold in self._holds.items() if hold.site not in sites}
        return sorted(sites)
