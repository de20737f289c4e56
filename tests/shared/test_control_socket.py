"""Reaching a Unix socket however deep its folder lies."""

import os
import socket
from pathlib import Path

import pytest

from shared.control_socket import reachable


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


def _path_of(length: int, folder: Path) -> Path:
    while length - len(os.fsencode(folder)) > 150:
        folder = folder / ("d" * 100)
    rest = length - len(os.fsencode(folder)) - len("//s.sock")
    if rest < 0:
        pytest.skip(f"the temporary folder's own path is longer than {length}")
    folder = folder / ("e" * rest) if rest else folder
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "s.sock"
