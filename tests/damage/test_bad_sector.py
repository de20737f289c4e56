"""A card that is worn out: one page of the queue cannot be read any more, and everything else is there."""

from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer import opening
from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import EventLog
from shared.errors import LinesideError
from tests.damage.files import lost_numbers, readable, stopped_queue
from tests.support.bad_sectors import disk_with_bad_sector
from tests.support.events import event
from tests.support.fake_clock import FakeClock

LAST = 300
A_PAGE = 30
"""Events in one, at most."""


@pytest.mark.parametrize("page", [0, 5, 20], ids=["header", "greatest number", "events"])
@pytest.mark.parametrize("check_at_once", [100_000, 100], ids=["small", "large"])
def test_a_page_that_cannot_be_read_costs_no_more_than_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int, check_at_once: int
) -> None:
    """At the start, and in a queue too large to be checked then at the first use: salvaged, and what is lost is numbered."""
    monkeypatch.setattr(opening, "CHECK_AT_ONCE", check_at_once)
    origin, told = stopped_queue(tmp_path, last=LAST)
    with (
        disk_with_bad_sector(origin, folder=tmp_path, name=QUEUE_FILE, page=page) as disk,
        closing(EventLog.open(disk, clock=FakeClock())) as log,
    ):
        found = what_is_there(log)
        lost, recovery = lost_numbers(log), log.counts().recovery or ""
        log.append([event(9_001)])
        unaccounted = log.counts().unaccounted

    assert found.items() <= told.payloads.items()
    assert told.payloads.keys() - found.keys() == lost
    assert (True, True, 0) == (len(lost) <= A_PAGE, "was damaged" in recovery, unaccounted)


def what_is_there(log: EventLog) -> dict[int, bytes]:
    """Every event, after the first try has met the damage."""
    try:
        return readable(log)
    except LinesideError:
        return readable(log)
