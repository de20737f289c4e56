"""What was watched is known to the next run."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from edge_agent.buffer.log import EventLog
from edge_agent.control import letters_of
from edge_agent.delivery.settlement import DeadLetter
from edge_agent.delivery.watermark import Stretch
from edge_agent.watch_notes import WatchNotes, note_end, watched_before
from shared.instants import MINUTE, SECOND
from tests.support.events import events, json_event
from tests.support.fake_clock import START, FakeClock

HOUR_BEFORE = (START - 60 * MINUTE, START - 50 * MINUTE)


def next_run(
    folder: Path, *watched: Sequence[Stretch], clean: bool = False, accepts: int = 0, now: int = START
) -> tuple[Stretch, ...]:
    """Return what a run knows after one that looked at its watched time so often and accepted events in a last minute."""
    clock = FakeClock()
    log = EventLog.open(folder, clock=clock)
    notes = WatchNotes(log, silent_after=5 * MINUTE)
    for seen in watched:
        notes.note(seen, now=now)
    clock.advance(60)
    log.append(events(1, accepts))
    if clean:
        note_end(log, watched[-1])
    log.close()
    log = EventLog.open(folder, clock=clock)
    known = watched_before(log)
    assert known == watched_before(log)
    log.close()
    return known


def test_a_queue_without_a_note_knows_nothing(tmp_path: Path) -> None:
    """A new one, and one of a program that noted none."""
    assert () == next_run(tmp_path, accepts=3)


def test_a_clean_stop_notes_the_last_sign(tmp_path: Path) -> None:
    """Of every stretch that was known."""
    seen = [HOUR_BEFORE, (START - 5 * MINUTE, START)]

    assert tuple(seen) == next_run(tmp_path, seen, clean=True)


@pytest.mark.parametrize(("accepts", "end"), [(3, START + MINUTE), (0, START)])
def test_after_a_kill_a_stretch_has_lasted_until_its_last_event(tmp_path: Path, accepts: int, end: int) -> None:
    """Or until the last sign that was noted, if there was none since: what nobody can know was not watched."""
    found = next_run(tmp_path, [HOUR_BEFORE, (START - 5 * MINUTE, START)], accepts=accepts)

    assert (HOUR_BEFORE, (START - 5 * MINUTE, end)) == found


def test_a_silence_ends_a_stretch_although_events_of_long_ago_are_accepted_in_it(tmp_path: Path) -> None:
    """They come from a file, and are no sign of life; the kill after them makes nothing watched."""
    seen = [HOUR_BEFORE, (START - 30 * MINUTE, START - 5 * MINUTE - 1)]

    assert tuple(seen) == next_run(tmp_path, seen, accepts=3)


def test_after_a_kill_the_events_of_runs_before_say_nothing_of_a_stretch(tmp_path: Path) -> None:
    """A box without a clock starts in 1970, hears a sign of life, and loses its power: nobody watched until that last event."""
    seen = [HOUR_BEFORE, (START - 5 * MINUTE, START)]
    before = next_run(tmp_path, seen, accepts=3)
    found = next_run(tmp_path, [*before, (7, 9)], now=9)

    assert (HOUR_BEFORE, (START - 5 * MINUTE, START + MINUTE)) == before
    assert (*before, (7, 9)) == found


async def test_an_event_that_a_command_writes_after_a_kill_says_nothing_of_watching(tmp_path: Path) -> None:
    """A letter is edited an hour later, while no agent runs: the stretch has lasted until the last event of its run."""
    clock = FakeClock()
    log = EventLog.open(tmp_path, clock=clock)
    WatchNotes(log, silent_after=5 * MINUTE).note([(START, START)], now=START)
    clock.advance(60)
    log.append(events(1, 2))
    log.settle(settled=(), dead=[DeadLetter(1, "bad_id", "no")])
    log.close()
    clock.advance(3_600)
    async with letters_of(tmp_path, clock=clock) as letters:
        await letters.edit(1, json_event(3))
    log = EventLog.open(tmp_path, clock=clock)
    found = watched_before(log)
    log.close()

    assert ((START, START + MINUTE),) == found


def test_a_stretch_is_written_twice(tmp_path: Path) -> None:
    """As it begins and once it has ended, however long it goes on; and again after the clock was set."""
    log = EventLog.open(tmp_path, clock=FakeClock())
    notes = WatchNotes(log, silent_after=5 * MINUTE)
    written = []
    for start, last, now in (
        (START, START, START),
        (START, START + MINUTE, START + 6 * MINUTE),
        (START + SECOND, START + MINUTE, START + 6 * MINUTE),
        (START, START + MINUTE, START + 7 * MINUTE),
        (START, START + MINUTE, START + 9 * MINUTE),
        (START + 9 * MINUTE, START + 9 * MINUTE, START + 9 * MINUTE),
        (7, 9, 9),
    ):
        log.remember("watched", "")
        notes.note([(start, last)], now=now)
        written.append(bool(log.recall("watched")))
    log.close()

    assert [True, False, False, True, False, True, True] == written


@pytest.mark.parametrize("note", ["", "5", "{}", "[[1]]", "[[1,2,3]]", "[[1,null]]", '[["a",2]]', "[null]", "[[1,"])
def test_a_note_that_is_not_ours_says_nothing(tmp_path: Path, note: str) -> None:
    """Nothing depends on it."""
    log = EventLog.open(tmp_path, clock=FakeClock())
    log.remember("watched", note)
    found = watched_before(log)
    log.close()

    assert () == found
