"""Copies that an upgrade, a restore or a killed backup has left beside a SQLite store: no retention reaches into them. They are found, never touched."""

from contextlib import suppress
from pathlib import Path

from collector.measures import KeptCopy
from collector.storage.backups import COMPANIONS, is_half_made
from collector.storage.opening import real_path
from shared.instants import SECOND

_MARKS = (".schema-", ".replaced-")
"""What `upgrade` and `collector db restore` put behind the store's name."""


def kept_copies(file: Path) -> list[KeptCopy]:
    """Return them by name; what cannot be looked at is left out, and another finding tells of the folder."""
    found = []
    with suppress(OSError):
        real = real_path(file)
        starts = tuple(f"{real.name}{mark}" for mark in _MARKS)
        for path in sorted(real.parent.iterdir()):
            with suppress(OSError):
                if (path.name.startswith(starts) and not path.name.endswith(COMPANIONS)) or is_half_made(path):
                    found.append(KeptCopy(path.name, int(path.stat().st_mtime * SECOND)))
    return found
