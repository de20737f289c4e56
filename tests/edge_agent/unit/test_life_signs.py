"""What counts as a sign that the producer is alive."""

import pytest

from edge_agent.intake.life_signs import LifeSigns
from shared.instants import MINUTE, SECOND
from shared.wire import MAX_WATCHED
from tests.support.events import event
from tests.support.fake_clock import START, FakeClock


def test_there_is_none_before_the_first() -> None:
    """After a start the agent cannot know what it missed."""
    assert LifeSigns(silent_after=5 * MINUTE, clock=FakeClock()).last is None


def test_a_call_without_events_is_one() -> None:
    """That is what the empty POST is for."""
    clock = FakeClock()
    signs = LifeSigns(silent_after=5 * MINUTE, clock=clock)
    clock.advance(7)
    signs.called()

    assert START + 7 * SECOND == signs.last


@pytest.mark.parametrize(
    ("age", "expected"),
    [(0, START), (5 * MINUTE, START), (5 * MINUTE + 1, None), (-60 * MINUTE, START)],
    ids=["now", "just recent", "too old", "ahead"],
)
def test_a_recent_event_is_one(age: int, expected: int | None) -> None:
    """One as old as `source_silent_after` is recent, an older one may come from a file."""
    signs = LifeSigns(silent_after=5 * MINUTE, clock=FakeClock())
    signs.sent([event(1, at=START - 90 * MINUTE), event(2, at=START - age)])

    assert expected == signs.last


def test_old_events_do_not_take_a_sign_back() -> None:
    """The last sign stays what it was."""
    clock = FakeClock()
    signs = LifeSigns(silent_after=5 * MINUTE, clock=clock)
    signs.called()
    clock.advance(3_600)
    signs.sent([event(1, at=START)])

    assert START == signs.last


@pytest.mark.parametrize("jump", [-24 * 60 * MINUTE, 24 * 60 * MINUTE], ids=["set back", "set ahead"])
def test_a_clock_that_is_set_makes_no_silence_shorter_or_longer(jump: int) -> None:
    """How long ago it was is told by the time that passed; by the clock as it is now it is that long ago."""
    clock = FakeClock()
    signs = LifeSigns(silent_after=5 * MINUTE, clock=clock)
    signs.called()
    clock.advance(60)
    clock.set(clock.now() + jump)
    clock.advance(60)

    assert clock.now() - 2 * MINUTE == signs.last
    assert ((signs.last, signs.last),) == signs.watched


def test_a_silence_parts_what_was_watched() -> None:
    """Signs no further apart than the silence make one stretch, others begin a new one."""
    clock = FakeClock()
    signs = LifeSigns(silent_after=5 * MINUTE, clock=clock)
    for seconds in (0, 300, 300, 301, 10):
        clock.advance(seconds)
        signs.called()

    assert ((START, START + 600 * SECOND), (START + 901 * SECOND, START + 911 * SECOND)) == signs.watched


def test_what_earlier_runs_watched_comes_with_the_first_sign() -> None:
    """Before it the agent vouches for nothing."""
    signs = LifeSigns(silent_after=5 * MINUTE, clock=FakeClock(), earlier=((7, 9),))
    before = signs.watched
    signs.called()

    assert ((), ((7, 9), (START, START))) == (before, signs.watched)


def test_of_very_many_stretches_the_newest_are_known() -> None:
    """As many as an envelope may name."""
    clock = FakeClock()
    signs = LifeSigns(silent_after=5 * MINUTE, clock=clock, earlier=((7, 9),))
    for _ in range(MAX_WATCHED + 5):
        clock.advance(301)
        signs.called()

    assert MAX_WATCHED == len(signs.watched)
    assert clock.now() == signs.watched[-1][1]


def test_a_clock_that_falls_to_1970_puts_nothing_before_it() -> None:
    """No timestamp of an earlier year is taken, and with it nothing else of a call would be."""
    clock = FakeClock()
    signs = LifeSigns(silent_after=5 * MINUTE, clock=clock)
    signs.called()
    clock.advance(50)
    signs.called()
    clock.set(5 * SECOND)

    assert ((0, 5 * SECOND),) == signs.watched
    clock.set(0)
    clock.advance(20)
    assert ((0, 0),) == signs.watched
