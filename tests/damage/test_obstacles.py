"""What lies in the way of the files beside the queue, a folder or a link: a start sets it aside and goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.buffer import quarantine
from edge_agent.buffer.findings import QUEUE_FILE, SIDE_FILES, obstacle
from edge_agent.buffer.salvage import SALVAGED
from tests.damage.files import (
    Acknowledged,
    check,
    killed_queue,
    make_dangling_link,
    make_directory,
    make_link_to_itself,
    make_pipe,
    noise_at,
)


@pytest.mark.parametrize(
    "make",
    [make_directory, make_pipe, make_dangling_link, make_link_to_itself],
    ids=["directory", "pipe", "dangling link", "link to itself"],
)
def test_what_is_no_file_beside_the_queue_is_set_aside(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Such as a directory that a tool for volumes has made, wherever SQLite or a salvage has a file: events are taken."""
    folder, told = killed_queue(tmp_path, last=30, folded=30)
    for file in folder.glob(f"{QUEUE_FILE}-*"):
        file.unlink()
    names = [f"{QUEUE_FILE}{part}{ending}" for part in ("", ".new", SALVAGED) for ending in SIDE_FILES]
    names.append(f"{QUEUE_FILE}.new")
    for name in names:
        make(folder / name)

    said = check(folder, told)

    (aside,) = quarantine.sets(folder)
    assert [] == [name for name in names if f"{name} is a" not in said]
    assert set(names) == {one.name for one in aside.iterdir()}


@pytest.mark.parametrize("make", [make_directory, make_dangling_link], ids=["directory", "dangling link"])
def test_a_first_start_and_a_salvage_go_on_whatever_is_in_the_way(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """What is in the way of the new file is in the way of neither, nor is a link where a set would go."""
    new, (damaged, told) = tmp_path / "new", killed_queue(tmp_path, last=30, folded=30)
    noise_at(0)(damaged)
    new.mkdir()
    for folder in (new, damaged):
        make(folder / f"{QUEUE_FILE}.new")
        (folder / "damaged-20260115T100000Z").symlink_to("nowhere")

    said = check(new, Acknowledged()), check(damaged, told)

    assert [] == [words for words in said if f"{QUEUE_FILE}.new is a" not in words]


@pytest.mark.parametrize(
    ("ending", "instead", "is_link", "words"),
    [
        ("-wal", None, False, None),
        ("-wal", None, True, None),
        ("-journal", None, True, None),
        ("-shm", None, True, "a link"),
        ("-wal", "a directory", False, "a directory"),
        ("-shm", "a link that leads nowhere", True, "a link that leads nowhere"),
    ],
)
def test_what_keeps_sqlite_from_its_files(ending: str, instead: str | None, is_link: bool, words: str | None) -> None:
    """It follows a link to its log, and none to the index of it."""
    assert words == obstacle(ending, instead=instead, is_link=is_link)


def test_a_link_to_a_file_is_no_index_of_the_log(tmp_path: Path) -> None:
    """SQLite refuses it wherever it leads; the file at its end is left as it is."""
    folder, told = killed_queue(tmp_path, last=30)
    other = tmp_path / "other"
    other.write_bytes(b"somebody's")
    (folder / f"{QUEUE_FILE}-shm").symlink_to(other)

    assert f"{QUEUE_FILE}-shm is a link" in check(folder, told)
    assert b"somebody's" == other.read_bytes()
