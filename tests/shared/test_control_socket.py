"""Reaching a Unix socket however deep its folder lies."""

import os
import socket
from pathlib import Path

import pytest

from shared.control_socket import make_room, reachable, remove
from shared.errors import StorageUnusable


@pytest.mark.parametrize("length", [99, 100, 101, 107, 108, 150, 1_000])
def test_a_socket_is_reached_whatever_the_length_of_its_path(tmp_path: Path, length: int) -> None:
    """The system takes 107 bytes; an operator's folders know no such bound."""
    path = _path_of(length, tmp_path)
    listener, caller = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    with listener, caller:
        with reachable(path) as name:
            listener.bind(name)
        listener.listen()
        with reachable(path) as name:
            caller.connect(name)

    assert path.is_socket()


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    """The folder is held while the block lasts, also if it ends badly."""
    path = _path_of(150, tmp_path)
    before = os.listdir("/proc/self/fd")  # noqa: PTH208 - the names of descriptors, not paths
    with pytest.raises(ValueError, match="oops"), reachable(path):
        raise ValueError("oops")

    assert before == os.listdir("/proc/self/fd")  # noqa: PTH208


def test_only_sockets_are_removed(tmp_path: Path) -> None:
    """What a dead program left goes; a file, or a link, of that name is somebody's and stays."""
    path, precious, link = tmp_path / "a.sock", tmp_path / "b.sock", tmp_path / "c.sock"
    precious.write_text("precious")
    link.symlink_to(precious)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    make_room(path)
    make_room(path)
    for other in (precious, link):
        with pytest.raises(StorageUnusable, match="in the way"):
            make_room(other)

        assert not remove(other)

    assert ["b.sock", "c.sock"] == sorted(each.name for each in tmp_path.iterdir())


def _path_of(length: int, folder: Path) -> Path:
    while length - len(os.fsencode(folder)) > 150:
        folder = folder / ("d" * 100)
    rest = length - len(os.fsencode(folder)) - len("//s.sock")
    if rest < 0:
        pytest.skip(f"the temporary folder's own path is longer than {length}")
    folder = folder / ("e" * rest) if rest else folder
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "s.sock"
