"""What was set aside: all of it, as it was, and only so much of it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer import quarantine
from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import EventLog
from edge_agent.buffer.salvage import SALVAGED, salvage
from shared.instants import HOUR
from tests.damage.files import (
    killed_queue,
    make_directory,
    make_empty,
    make_foreign,
    make_text,
    noise_at,
    readable,
)
from tests.support.fake_clock import FakeClock


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


@pytest.mark.parametrize("is_damaged", [False, True], ids=["good", "damaged"])
@pytest.mark.parametrize("make", [make_empty, make_text, make_directory, make_foreign])
def test_a_salvage_that_is_no_queue_takes_no_queues_place(
    tmp_path: Path, make: Callable[[Path], None], is_damaged: bool
) -> None:
    """Whoever left it there: it is set aside and named, and the queue is read as if it had not been there."""
    folder, told = killed_queue(tmp_path, last=60)
    if is_damaged:
        noise_at(0)(folder)
    stray = folder / (QUEUE_FILE + SALVAGED)
    make(stray)
    with closing(EventLog.open(folder, clock=FakeClock())) as log:
        found, dropped, said = readable(log), log.facts().dropped, log.counts().recovery or ""

    aside = quarantine.sets(folder)[0]

    assert (told.payloads, ()) == (found, dropped)
    assert f"{stray.name} is no queue" in said
    assert [stray.name] == [file.name for file in aside.iterdir()]
    assert not stray.exists()


def test_a_salvage_is_salvaged_itself_where_nothing_else_is_left(tmp_path: Path) -> None:
    """The files that it was made from are gone: what is whole in it is kept."""
    folder, told = killed_queue(tmp_path, last=60)
    salvage(folder / QUEUE_FILE)
    for ending in ("-wal", ""):
        (folder / (QUEUE_FILE + ending)).unlink()
    noise_at(0, size=64, ending=SALVAGED)(folder)
    with closing(EventLog.open(folder, clock=FakeClock())) as log:
        found, said = readable(log), log.counts().recovery or ""

    assert told.payloads == found
    assert "queue.db was damaged" in said


def test_an_empty_salvage_is_named_where_nothing_else_is_left(tmp_path: Path) -> None:
    """The queue begins anew, and does not look as if nothing had been."""
    make_empty(tmp_path / (QUEUE_FILE + SALVAGED))
    with closing(EventLog.open(tmp_path, clock=FakeClock())) as log:
        said = log.counts().recovery or ""

    assert "queue.db was damaged: it is empty" in said
