"""Real file systems to break: one that is small, one that fails, and one whose power can be cut. Where the machine forbids it, a skip says so."""

import array
import fcntl
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_EXT4_IOC_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = 2
"""Neither the journal nor anything that was not synced reaches the disk, as when the power goes."""


@contextmanager
def small_disk(folder: Path, *, size_bytes: int) -> Iterator[Path]:
    """A file system of its own on a folder, in memory and of a fixed size, while the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    run_as_root("mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        unmount(folder)


@contextmanager
def no_file_longer_than(size_bytes: int) -> Iterator[None]:
    """Let every write beyond a length fail, as a broken disk's would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fill_up(folder: Path) -> Path:
    """Let another program take every byte that is left."""
    ballast = folder / "of-another-program"
    with ballast.open("ab", buffering=0) as file:
        for size in (1024 * 1024, 4_096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return ballast


class CuttableDisk:
    """An ext4 in a file; `cut` takes its power, `mount` brings it back as it was on the platter."""

    def __init__(self, image: Path, folder: Path) -> None:
        self._image = image
        self.folder = folder

    def mount(self) -> None:
        """Mount it; the journal is replayed."""
        self.folder.mkdir(exist_ok=True)
        run_as_root("mount", "-o", "loop", str(self._image), str(self.folder))

    def cut(self) -> None:
        """Let every write from now on fail, and lose what is not synced."""
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, _EXT4_IOC_SHUTDOWN, array.array("I", [_NO_LOG_FLUSH]))
        finally:
            os.close(descriptor)

    def unmount(self) -> None:
        """Unmount it; nobody may use it any more."""
        unmount(self.folder)


@contextmanager
def cuttable_disk(folder: Path, *, size_bytes: int = 160 * 1024 * 1024) -> Iterator[CuttableDisk]:
    """A mounted disk whose power can be cut, while the block lasts."""
    image = folder / "disk.img"
    with image.open("wb") as file:
        file.truncate(size_bytes)
    run_as_root("mkfs.ext4", "-q", "-F", str(image))
    disk = CuttableDisk(image, folder / "disk")
    disk.mount()
    try:
        yield disk
    finally:
        if disk.folder.is_mount():
            disk.unmount()


def run_as_root(*words: str) -> str:
    """Run a command that only root may, and return what it says."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount file systems")
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    except FileNotFoundError:
        pytest.skip(f"{words[0]} is not on this machine")
    if done.returncode:
        pytest.skip(f"this machine does not let us {words[0]}: {done.stderr.strip()}")
    return done.stdout


def unmount(folder: Path) -> None:
    """Let a file system go, also where somebody still looks at it."""
    subprocess.run(("umount", str(folder)), capture_output=True, check=False, timeout=30)
    if folder.is_mount():
        subprocess.run(("umount", "--lazy", str(folder)), capture_output=True, check=True, timeout=30)
