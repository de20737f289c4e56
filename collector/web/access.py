"""Who is asking. Every handler gets a `Viewer` and shows what it may show.

While access is not configured the one viewer may do everything; the collector then listens on loopback only.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """What somebody may see and do."""

    sites: Sequence[str] | None = None
    """None: every site."""
    may_see_persons: bool = True
    may_write_camera: str | None = None
    """The one camera whose events may be sent; None: any."""

    def sites_seen(self, asked: str | None) -> Sequence[str] | None:
        """Return the sites an answer is about, given the one that was asked for; None: every site."""
        if asked is None:
            return self.sites
        return [asked] if self.sites is None or asked in self.sites else []


ANYONE = Viewer()
