"""Files that end early and bits that turn: the queue always opens, and what it does not have any more it names.

Cuts of the log are what a power cut leaves: every commit that had returned while the log was that short must be there.
Cuts and flips of the file itself are damage: what is lost has a number.
"""

import random
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import EventLog
from edge_agent.buffer.salvage import log_events
from shared.receipts import numbers
from tests.damage.files import (
    FRAME,
    LOG_HEADER,
    PAGE,
    Acknowledged,
    copy_queue,
    cut_to,
    fill_noting_log,
    flip_bit,
    killed_queue,
    lost_numbers,
    readable,
    stopped_queue,
)
from tests.support.events import event
from tests.support.fake_clock import FakeClock

_WAL = "-wal"
Damage = Callable[[Path], None]


def damaged_copy(folder: Path, damage: Damage) -> Path:
    """The same files once more, damaged."""
    target = folder.with_name("damaged")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    damage(target)
    return target


def outcome(folder: Path, told: Acknowledged) -> tuple[set[int], set[int]]:
    """Open the queue and take an event; returns the acknowledged numbers that are gone, and those of them it does not name.

    A number is named if it was given up, or if it waits and its event cannot be read: it becomes a dead letter then.
    """
    with closing(EventLog.open(folder, clock=FakeClock())) as log:
        found, facts = readable(log), log.facts()
        log.append([event(9_001)])

        assert {} == {seq: one for seq, one in found.items() if seq in told.payloads and told.payloads[seq] != one}
        assert (0, facts.last_seq + 1) == (log.counts().unaccounted, log.facts().last_seq)
        assert log.facts().epochs[-1].token not in told.tokens
        gone = told.payloads.keys() - found.keys()
        return gone, gone - lost_numbers(log) - set(numbers(facts.pending))


def check_cuts(folder: Path, ends: list[tuple[int, int]], *, told: Acknowledged, cuts: list[int]) -> None:
    """Cut the log at each of these lengths, and hold the queue to every commit that had returned by then."""
    for size in cuts:
        gone, _ = outcome(damaged_copy(folder, cut_to(size, ending=_WAL)), told)
        promised = max((last for last, end in ends if end <= size), default=0)

        assert [] == sorted(seq for seq in gone if seq <= promised), f"log cut to {size} bytes"


def test_a_log_cut_at_every_frame_has_every_commit_before_the_cut(tmp_path: Path) -> None:
    """Also one byte before and one after each boundary of the last commits."""
    folder, ends, told = fill_noting_log(tmp_path, commits=24)
    size = (folder / (QUEUE_FILE + _WAL)).stat().st_size
    boundaries = list(range(LOG_HEADER, size + 1, FRAME))
    cuts = [0, 1, LOG_HEADER - 1, *boundaries, boundaries[-2] - 1, boundaries[-2] + 1, boundaries[-1] - 1]

    check_cuts(folder, ends, told=told, cuts=cuts)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.gauntlet)])
def test_a_log_cut_anywhere_has_every_commit_before_the_cut(tmp_path: Path, seed: int) -> None:
    """At random bytes."""
    folder, ends, told = fill_noting_log(tmp_path, commits=24)
    size = (folder / (QUEUE_FILE + _WAL)).stat().st_size
    chance = random.Random(seed)

    check_cuts(folder, ends, told=told, cuts=[chance.randrange(size) for _ in range(10 if seed == 1 else 500)])


def test_what_a_kill_left_half_written_is_not_brought_to_life(tmp_path: Path) -> None:
    """Nobody was told that it was kept, and a request is kept whole or not at all."""
    folder, ends, _ = fill_noting_log(tmp_path, commits=4)
    with closing(EventLog.open(folder, clock=FakeClock())) as log:
        log.append([event(number) for number in range(13, 213)])
        half = copy_queue(folder, tmp_path / "half")
    cut_to((half / (QUEUE_FILE + _WAL)).stat().st_size - FRAME, ending=_WAL)(half)
    found = log_events(half / QUEUE_FILE)
    with closing(EventLog.open(half, clock=FakeClock())) as log:
        last = log.facts().last_seq

    assert (ends[-1][0], set()) == (last, {seq for seq in found if seq > last})


def test_a_file_cut_anywhere_names_what_it_lost(tmp_path: Path) -> None:
    """At each page and within some; what the file does not know any more, the collector's account of its numbers shows."""
    folder, told = stopped_queue(tmp_path, last=400)
    size = (folder / QUEUE_FILE).stat().st_size
    chance = random.Random(5)
    for cut in [*range(0, size, PAGE), *(chance.randrange(size) for _ in range(10))]:
        target = damaged_copy(folder, cut_to(cut))
        gone, unnamed = outcome(target, told)
        with closing(EventLog.open(target, clock=FakeClock())) as log:
            last = log.facts().epochs[-1].first - 1

        assert not {seq for seq in unnamed if seq <= last}, f"file cut to {cut} bytes"
        assert cut >= size // 2 or gone


def flips(folder: Path, *, seed: int, many: int) -> list[tuple[str, int, int]]:
    """Random bits of the file and of its log."""
    chance = random.Random(seed)
    files = [(ending, (folder / (QUEUE_FILE + ending)).stat().st_size) for ending in ("", _WAL)]
    chosen = [chance.choice(files) for _ in range(many)]
    return [(ending, chance.randrange(size), chance.randrange(8)) for ending, size in chosen]


def test_a_bit_of_a_number_makes_no_event_another(tmp_path: Path) -> None:
    """The event that bears the number of its neighbour is known for what it is; both numbers are named, or read as they were."""
    folder, told = stopped_queue(tmp_path, last=240)
    content = (folder / QUEUE_FILE).read_bytes()
    (start,) = (found.start() for found in re.finditer(rb"(?<!\x81)\x38\x08\x00\x09\x06\x06", content))  # row 56
    target = damaged_copy(folder, flip_bit(start, bit=0))
    gone, unnamed = outcome(target, told)

    assert (set(), True) == (unnamed, gone <= {56, 57})


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("seed", "many"), [(1, 40), pytest.param(2, 3_000, marks=pytest.mark.gauntlet)], ids=["short", "long"]
)
def test_a_flipped_bit_costs_no_event_without_a_word(
    tmp_path: Path, seed: int, many: int, figure: Callable[[str], None]
) -> None:
    """Of the events around it at most a page is lost, and each is named; none comes back as another."""
    folder, told = killed_queue(tmp_path, last=240, folded=120)
    costs = []
    for ending, place, bit in flips(folder, seed=seed, many=many):
        gone, unnamed = outcome(damaged_copy(folder, flip_bit(place, bit=bit, ending=ending)), told)

        assert set() == unnamed, f"bit {bit} of byte {place} of queue.db{ending}"
        assert len(gone) <= 30, f"bit {bit} of byte {place} of queue.db{ending}"
        costs.append(len(gone))
    figure(
        f"{many} turned bits, seed {seed}: {costs.count(0)} cost nothing, the others {sum(costs)} events of 240, each named"
    )
