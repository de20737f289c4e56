"""Damaged files, kept for whoever wants to know: moved together into a folder with the date, never changed.

The newest three sets are kept. A damaged queue may be as large as `buffer.max_size`, and a disk that damages files does
so again: without a bound the evidence would fill the disk. Where the disk is full, the oldest go first, before anything of
the queue does. A set that was not salvaged is no evidence but the only copy of its events: it is kept until they are taken in.
"""

import logging
import os
import re
import shutil
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from edge_agent.buffer.findings import companions
from edge_agent.buffer.schema import sync_folder
from shared.instants import format_instant

MOST_SETS = 3
DAMAGED = "damaged"
ADOPTED = "adopted"
"""The files of a queue that was taken in."""
UNSALVAGED = "unsalvaged"
"""The files hold events that are nowhere else."""


_log = logging.getLogger(__name__)


def set_aside(path: Path, *, now: int, why: str = DAMAGED) -> Path:
    """Move a file and what belongs to it into a new folder beside it, named for `why` and the date; return that folder.

    The file itself goes last: a crash in between leaves what the next start takes for damaged again.
    """
    folder = _new_folder(path.parent, now=now, why=why)
    for file in reversed(companions(path)):
        file.replace(folder / file.name)
    sync_folder(folder)
    sync_folder(path.parent)
    if why != UNSALVAGED:
        _prune(folder, why=why)
    return folder


def set_obstacles_aside(places: Iterable[Path], *, now: int) -> Path:
    """Move what is in the way, be it a folder or a link, into a new folder beside it as one set; return that folder."""
    first, *others = places
    folder = _new_folder(first.parent, now=now, why=DAMAGED)
    for place in (first, *others):
        place.replace(folder / place.name)
    sync_folder(first.parent)
    _prune(folder, why=DAMAGED)
    return folder


def note_salvaged(folder: Path) -> Path:
    """Make a set that waited one of the damaged ones, now that its events are elsewhere; return its new place."""
    stamp = folder.name.removeprefix(f"{UNSALVAGED}-")
    place = _free_name(folder.with_name(f"{DAMAGED}-{stamp}"))
    folder.replace(place)
    sync_folder(place.parent)
    _prune(place, why=DAMAGED)
    return place


def sets(folder: Path, *, why: str = DAMAGED) -> list[Path]:
    """Return the folders of files set aside, oldest first by their names."""
    return sorted(one for one in folder.glob(f"{why}-*") if one.is_dir() and not one.is_symlink())


def give_up_oldest(folder: Path) -> bool:
    """Remove the oldest set whose events are elsewhere, for the room it takes; False if there is none that can be removed."""
    for old in (*sets(folder, why=ADOPTED), *sets(folder)):
        shutil.rmtree(old, ignore_errors=True)
        if not os.path.lexists(old):
            _log.warning("the disk is full: files set aside are removed", extra={"set": old.name})
            return True
    return False


def _prune(newest: Path, *, why: str) -> None:
    """Remove the oldest sets by their names; never the one just made, which a clock that is not set dates to 1970."""
    others = [one for one in sets(newest.parent, why=why) if one != newest]
    for old in others[: 1 - MOST_SETS]:
        shutil.rmtree(old, ignore_errors=True)


def _new_folder(parent: Path, *, now: int, why: str) -> Path:
    stamp = re.sub(r"[-:]|\.[0-9]+", "", format_instant(now))
    folder = _free_name(parent / f"{why}-{stamp}")
    folder.mkdir(mode=0o700)
    return folder


def _free_name(wanted: Path) -> Path:
    """Return the name itself or one with a number behind it; the folder's lock is held, so nobody else takes it."""
    names = (wanted.with_name(f"{wanted.name}-{taken}") if taken else wanted for taken in count())
    return next(name for name in names if not os.path.lexists(name))
