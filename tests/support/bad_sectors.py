"""A disk with a sector that cannot be read any more, under one page of a file. Where the machine forbids it, a skip says so.

An ext2 image is mounted whose last blocks are gone from the file behind it: the kernel answers with an input/output error,
as it does for a card that is worn out. The file's own list of blocks is changed so that the page lies there.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.disks import run_as_root, unmount

BLOCK = 4_096
_BLOCKS = 8_192
_GONE = 4
_DIRECT = 12
"""So many blocks stand in the inode itself, the next 1,024 in a block of their own."""


@contextmanager
def disk_with_bad_sector(origin: Path, *, folder: Path, name: str, page: int) -> Iterator[Path]:
    """Copy a folder to a disk on which one page of one file cannot be read, and mount it while the block lasts."""
    image, disk = folder / "worn.img", folder / "worn"
    disk.mkdir()
    with image.open("wb") as file:
        file.truncate(_BLOCKS * BLOCK)
    run_as_root("mkfs.ext2", "-q", "-F", "-b", str(BLOCK), "-d", str(origin), str(image))
    _move_page(image, name=name, page=page)
    run_as_root("mount", "-o", "loop", str(image), str(disk))
    os.truncate(image, (_BLOCKS - _GONE) * BLOCK)
    try:
        yield disk
    finally:
        unmount(disk)


def _move_page(image: Path, *, name: str, page: int) -> None:
    """Let a page of a file lie in the last block of the disk."""
    last = _BLOCKS - 1
    if page < _DIRECT:
        run_as_root("debugfs", "-w", "-R", f"set_inode_field /{name} block[{page}] {last}", str(image))
        return
    told = run_as_root("debugfs", "-R", f"stat /{name}", str(image))
    found = re.search(r"\(IND\):(\d+)", told)
    assert found is not None, told
    with image.open("r+b") as file:
        file.seek(int(found[1]) * BLOCK + 4 * (page - _DIRECT))
        file.write(last.to_bytes(4, "little"))
