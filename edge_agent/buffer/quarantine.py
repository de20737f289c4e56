"""Damaged files, kept for whoever wants to know: moved together into a folder with the date, never changed.

The newest three sets are kept. A damaged queue may be as large as `buffer.max_size`, and a disk that damages files does
so again: without a bound the evidence would fill the disk.
"""

import re
import shutil
from pathlib import Path

from edge_agent.buffer.findings import companions
from edge_agent.buffer.schema import sync_folder
from shared.instants import format_instant

MOST_SETS = 3


def set_aside(path: Path, *, now: int, why: str = "damaged") -> Path:
    """Move a file and what belongs to it into a new folder beside it, named for `why` and the date; return that folder.

    The file itself goes last: a crash in between leaves what the next start takes for damaged again.
    """
    folder = _new_folder(path.parent, now=now, why=why)
    for file in reversed(companions(path)):
        file.replace(folder / file.name)
    sync_folder(folder)
    sync_folder(path.parent)
    for old in sets(path.parent, why=why)[:-MOST_SETS]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def sets(folder: Path, *, why: str = "damaged") -> list[Path]:
    """Return the folders of files set aside, oldest first by their names."""
    return sorted(one for one in folder.glob(f"{why}-*") if one.is_dir() and not one.is_symlink())


def _new_folder(parent: Path, *, now: int, why: str) -> Path:
    stamp = re.sub(r"[-:]|\.[0-9]+", "", format_instant(now))
    name = f"{why}-{stamp}"
    taken = 0
    while True:
        folder = parent / (f"{name}-{taken + 1}" if taken else name)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            taken += 1
        else:
            return folder
