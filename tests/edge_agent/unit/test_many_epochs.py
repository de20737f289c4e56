"""A box whose power is cut every day for years, and a queue folder that was put back from a copy."""

from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer import epochs
from edge_agent.buffer.log import EventLog
from edge_agent.buffer.reader import LogReader
from edge_agent.buffer.space import Limits
from shared.receipts import Ranges
from tests.damage.files import copy_queue
from tests.support.events import events
from tests.support.fake_clock import FakeClock

_KEPT_FOR_A_MINUTE = Limits(retain_sent_seconds=60)


def _day(log: EventLog, clock: FakeClock, *, first: int) -> None:
    """Accept three events and deliver them; what was kept long enough goes."""
    log.append(events(first, first + 2))
    log.settle(settled=log.facts().pending, dead=())
    for _ in range(2):
        clock.advance(3_600)
        while log.tidy():
            pass


def test_of_many_epochs_the_oldest_without_events_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of which an event waits or is kept stay, however many they are; no number comes back."""
    monkeypatch.setattr(epochs, "MOST_EPOCHS", 3)
    clock, folder = FakeClock(), tmp_path / "0"
    tokens: list[str] = []
    for day in range(6):
        with closing(EventLog.open(folder, clock=clock, limits=_KEPT_FOR_A_MINUTE)) as log:
            _day(log, clock, first=3 * day + 1)
            tokens.append(log.facts().epochs[-1].token)
            folder = copy_queue(folder, tmp_path / str(day + 1))  # as a power cut leaves it
    with closing(EventLog.open(folder, clock=clock)) as log:
        log.append(events(19, 21))
        few = many = log.facts().epochs
        for day in range(7, 12):
            folder = copy_queue(folder, tmp_path / str(day))
            with closing(EventLog.open(folder, clock=clock)) as later:
                later.append(events(3 * day + 1, 3 * day + 3))
                many = later.facts().epochs
    with LogReader(folder) as reader:
        unsound, unaccounted = reader.unsound(), reader.counts().unaccounted

    assert [(13, 15), (16, 18), (19, 21)] == [(epoch.first, epoch.last) for epoch in few]
    assert tokens[4:] == [epoch.token for epoch in few[:2]]
    assert [(first, first + 2) for first in range(19, 36, 3)] == [(epoch.first, epoch.last) for epoch in many]
    assert (None, 0) == (unsound, unaccounted)


def test_what_was_sent_in_too_many_epochs_ago_is_not_kept_for_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A box that dies every few minutes: its epochs end with it, but for one in which an event waits, and those after it."""
    monkeypatch.setattr(epochs, "MOST_EPOCHS", 3)
    clock, folder = FakeClock(), tmp_path / "0"
    counted: list[int] = []
    kept: Ranges = ()
    for start in range(8):
        with closing(EventLog.open(folder, clock=clock)) as log:
            log.append(events(3 * start + 1, 3 * start + 3))
            is_waiting = start == 6
            log.settle(settled=((3 * start + 1, 3 * start + 3 - is_waiting),), dead=())
            while log.tidy():
                pass
            counted.append(log.counts().epochs)
            kept = log.kept(((1, 24),))
            folder = copy_queue(folder, tmp_path / str(start + 1))
    with LogReader(folder) as reader:
        told = reader.counts()

    assert [1, 2, 3, 4, 4, 4, 4, 4] == counted
    assert ((16, 24),) == kept
    assert (4, 23, 1, 0) == (told.epochs, told.settled, told.pending, told.unaccounted)


def test_a_queue_put_back_from_a_copy_uses_no_number_again(tmp_path: Path) -> None:
    """Made after a clean stop; the original may have gone on, so the copy goes on under a token of its own."""
    EventLog.open(tmp_path / "queue", clock=FakeClock()).close()
    copy = copy_queue(tmp_path / "queue", tmp_path / "copy")
    used = []
    for folder in (tmp_path / "queue", copy):
        with closing(EventLog.open(folder, clock=FakeClock())) as log:
            log.append(events(1, 5))
            used.append(log.facts().epochs[-1].token)

    assert used[0] != used[1]
