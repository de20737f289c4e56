"""What was set aside: all of it, as it was, and only so much of it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer import quarantine
from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import EventLog
from edge_agent.buffer.salvage import SALVAGED, salvage
from edge_agent.buffer.space import Limits
from shared.instants import HOUR
from tests.damage.files import PAGE, check, cut_to, killed_queue, make_directory, make_text, noise_at
from tests.support.disks import small_disk
from tests.support.events import events
from tests.support.fake_clock import FakeClock

_MIB = 1024 * 1024


def test_file_and_log_are_set_aside_together(tmp_path: Path) -> None:
    """As they were: whoever looks at them later sees what we saw."""
    folder, _ = killed_queue(tmp_path, last=60)
    noise_at(0)(folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    EventLog.open(folder, clock=FakeClock()).close()

    (aside,) = quarantine.sets(folder)
    assert before == {file.name: file.read_bytes() for file in aside.iterdir() if not file.name.endswith("-shm")}


def test_the_newest_three_sets_are_kept(tmp_path: Path) -> None:
    """A disk that damages files does so again, and the evidence must not fill it."""
    clock = FakeClock()
    for _ in range(5):
        make_text(tmp_path / QUEUE_FILE)
        EventLog.open(tmp_path, clock=clock).close()
        clock.advance(3_600)

    names = [one.name for one in quarantine.sets(tmp_path)]

    assert ["damaged-20260115T120000Z", "damaged-20260115T130000Z", "damaged-20260115T140000Z"] == names


def test_a_clock_that_is_not_set_does_not_make_the_newest_set_the_oldest(tmp_path: Path) -> None:
    """After a power cut the clock says 1970, and what the cut has damaged is what somebody will want to look at."""
    clock = FakeClock()
    for now in (clock.now(), clock.now() + HOUR, clock.now() + 2 * HOUR, 0):
        clock.set(now)
        make_text(tmp_path / QUEUE_FILE)
        EventLog.open(tmp_path, clock=clock).close()

    names = [one.name for one in quarantine.sets(tmp_path)]

    assert ["damaged-19700101T000000Z", "damaged-20260115T110000Z", "damaged-20260115T120000Z"] == names


def test_unsalvaged_sets_are_never_cleared_away(tmp_path: Path) -> None:
    """However many there are, and whatever is set aside after them: each is the only copy of its events."""
    for why in (quarantine.UNSALVAGED, quarantine.DAMAGED):
        for now in range(5):
            make_text(tmp_path / QUEUE_FILE)
            quarantine.set_aside(tmp_path / QUEUE_FILE, now=now * HOUR, why=why)
    while quarantine.give_up_oldest(tmp_path):
        pass

    assert [] == quarantine.sets(tmp_path)
    assert 5 == len(quarantine.sets(tmp_path, why=quarantine.UNSALVAGED))


def test_damaged_files_make_way_for_events_on_a_full_disk(tmp_path: Path) -> None:
    """The oldest set first, and no more of them than it takes; without them the queue would refuse for ever."""
    limits = Limits(min_free_disk_bytes=3 * _MIB)
    with small_disk(tmp_path / "small", size_bytes=8 * _MIB) as small:
        for hour in (10, 11, 12):
            aside = small / f"damaged-20260115T{hour}0000Z"
            aside.mkdir()
            (aside / QUEUE_FILE).write_bytes(bytes(2 * _MIB))
        with closing(EventLog.open(small, clock=FakeClock(), limits=limits)) as log:
            log.append(events(1, 3))
            pending = log.facts().pending
        left = [one.name for one in quarantine.sets(small)]

    assert ((1, 3),) == pending
    assert ["damaged-20260115T110000Z", "damaged-20260115T120000Z"] == left


def _directory_of_that_name(folder: Path) -> None:
    (folder / (QUEUE_FILE + SALVAGED)).unlink()
    make_directory(folder / (QUEUE_FILE + SALVAGED))


@pytest.mark.parametrize(
    "damage",
    [
        cut_to(0, ending=SALVAGED),
        noise_at(0, ending=SALVAGED),
        noise_at(2 * PAGE, ending=SALVAGED),
        _directory_of_that_name,
    ],
    ids=["empty", "noise", "page", "directory"],
)
def test_what_only_bears_the_name_of_a_salvage_replaces_no_queue(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """It is looked at before it takes the place of a good queue, set aside, and said."""
    folder, told = killed_queue(tmp_path, last=60)
    salvage(folder / QUEUE_FILE)
    damage(folder)

    said = check(folder, told)

    assert f"{QUEUE_FILE}{SALVAGED} is no complete salvage" in said
    assert not (folder / (QUEUE_FILE + SALVAGED)).exists()
