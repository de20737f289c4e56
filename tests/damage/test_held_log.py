"""A reader that is at work while the agent starts: it keeps the log from being folded back into the file."""

from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer import schema
from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import EventLog
from tests.damage.files import copy_queue, remove
from tests.support.events import events
from tests.support.fake_clock import FakeClock


def test_a_reader_at_the_start_and_a_lost_log_bring_no_number_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the run has begun is then in the log alone; what it gives out has a token of its own, lost with it."""
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.05)
    EventLog.open(tmp_path / "queue", clock=FakeClock()).close()
    with closing(schema.open_for_reading(tmp_path / "queue" / QUEUE_FILE)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from event_log").fetchall()
        with closing(EventLog.open(tmp_path / "queue", clock=FakeClock())) as log:
            log.append(events(1, 5))
            used = log.facts().epochs[-1]
            lost = copy_queue(tmp_path / "queue", tmp_path / "lost")
    remove("-wal")(lost)
    with closing(EventLog.open(lost, clock=FakeClock())) as log:
        log.append(events(6, 8))
        again = log.facts().epochs

    assert (1, 5) == (used.first, used.last)
    assert used.token not in {epoch.token for epoch in again}
