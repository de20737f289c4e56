"""How much room there is, and the file that is given up for more."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.buffer.space import Limits, Reserve, Room, Usage, free_disk_bytes, full, judge

MIB = 1024 * 1024
LIMITS = Limits(max_size_bytes=100 * MIB, min_free_disk_bytes=64 * MIB, reserve_bytes=8 * MIB)
HALF = Usage(live=50 * MIB, free_pages=0, log=MIB, free_disk=500 * MIB)


@pytest.mark.parametrize(
    ("usage", "incoming", "misses_reserve", "room"),
    [
        (HALF, MIB, False, Room.enough),
        (Usage(live=80 * MIB, free_pages=0, log=MIB, free_disk=500 * MIB), 4 * MIB, False, Room.enough),
        (Usage(live=80 * MIB, free_pages=0, log=MIB, free_disk=500 * MIB), 4 * MIB + 1, False, Room.queue_full),
        (Usage(live=50 * MIB, free_pages=30 * MIB, log=MIB, free_disk=500 * MIB), 16 * MIB, False, Room.enough),
        (Usage(live=50 * MIB, free_pages=30 * MIB, log=MIB, free_disk=500 * MIB), 21 * MIB, False, Room.queue_full),
        (HALF, 21 * MIB, False, Room.enough),
        (Usage(live=50 * MIB, free_pages=30 * MIB, log=MIB, free_disk=500 * MIB), 1, False, Room.enough),
        (Usage(live=50 * MIB, free_pages=0, log=50 * MIB, free_disk=500 * MIB), 1, False, Room.queue_full),
        (Usage(live=0, free_pages=0, log=0, free_disk=64 * MIB - 1), 1, False, Room.disk_full),
        (Usage(live=0, free_pages=0, log=0, free_disk=64 * MIB), 1, False, Room.enough),
        (HALF, 1, True, Room.disk_full),
        (Usage(live=200 * MIB, free_pages=0, log=0, free_disk=0), 1, False, Room.disk_full),
    ],
)
def test_room_is_judged_by_what_is_taken_and_what_is_left(
    usage: Usage, incoming: int, misses_reserve: bool, room: Room
) -> None:
    """The log counts and has room kept for it, pages that are free inside the file do not, and without the reserve nothing comes in."""

    assert room == judge(LIMITS, usage, incoming=incoming, misses_reserve=misses_reserve)


def test_without_limits_there_is_always_room() -> None:
    """Zero means none."""

    assert Room.enough == judge(Limits(), HALF, incoming=10**12, misses_reserve=False)


def test_the_reserve_is_made_of_real_blocks(tmp_path: Path) -> None:
    """A file with holes would be no reserve."""
    reserve = Reserve(tmp_path, size_bytes=MIB)
    taken = reserve.take(leaving=0)
    blocks = (tmp_path / "reserve").stat().st_blocks * 512

    assert (True, True, False) == (taken, reserve.is_held, reserve.is_missed)
    assert blocks >= MIB


def test_the_reserve_is_given_up_once_and_taken_back(tmp_path: Path) -> None:
    """Between the two it is missed."""
    reserve = Reserve(tmp_path, size_bytes=MIB)
    reserve.take(leaving=0)
    first, second = reserve.give_up(), reserve.give_up()
    missed = reserve.is_missed
    again = reserve.take(leaving=0)

    assert (True, False, True, True) == (first, second, missed, again)


def test_the_reserve_is_not_taken_from_what_must_stay_free(tmp_path: Path) -> None:
    """Else it would be given up again at once."""
    reserve = Reserve(tmp_path, size_bytes=MIB)

    assert not reserve.take(leaving=free_disk_bytes(tmp_path))
    assert not (tmp_path / "reserve").exists()


def test_a_disk_on_which_there_can_be_no_reserve_does_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no reason to refuse events."""

    def refuse(*_: int) -> None:
        raise OSError(errno.EOPNOTSUPP, "not supported")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    reserve = Reserve(tmp_path, size_bytes=MIB)

    assert (False, False, False) == (reserve.take(leaving=0), reserve.is_held, reserve.is_missed)


@pytest.mark.parametrize(
    "make",
    [Path.mkdir, os.mkfifo, lambda place: place.symlink_to("nowhere"), lambda place: place.symlink_to(os.devnull)],
    ids=["directory", "pipe", "dangling link", "link"],
)
def test_what_is_no_file_is_no_reserve_and_is_left_alone(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """The queue does without; nobody waits for a pipe, and nothing is written through a link."""
    make(tmp_path / "reserve")
    before = (tmp_path / "reserve").lstat()
    reserve = Reserve(tmp_path, size_bytes=1)

    assert (False, False, False) == (reserve.is_held, reserve.take(leaving=0), reserve.give_up())
    assert not reserve.is_missed
    assert before == (tmp_path / "reserve").lstat()


def test_the_hint_of_a_full_queue_names_what_holds_the_room() -> None:
    """Dead letters do not drain by themselves, and a person has to look."""
    waiting = full(Room.queue_full, LIMITS, path=Path("queue.db"), pending=500, dead=500)
    buried = full(Room.queue_full, LIMITS, path=Path("queue.db"), pending=3, dead=1_500)

    assert "nothing that was taken is lost; it drains once the collector can be reached" == waiting.hint
    assert "nothing that was taken is lost; 1,500 dead letters fill it: edge-agent dead-letters list" == buried.hint
