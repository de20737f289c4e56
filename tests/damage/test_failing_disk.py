"""A disk that fails while the log is in use: refused is refused, the file is opened anew, and the log goes on."""

from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer import opening
from edge_agent.buffer.faults import QueueDamaged
from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import EventLog
from shared.errors import DiskFailed, LinesideError
from tests.damage.files import noise_at, readable, stopped_queue
from tests.support.disks import no_file_longer_than
from tests.support.events import events
from tests.support.fake_clock import FakeClock


def test_after_a_failed_write_the_file_is_opened_anew_and_the_log_goes_on(tmp_path: Path) -> None:
    """Under a new epoch, with everything that was acknowledged; meanwhile it can still be asked."""
    with closing(EventLog.open(tmp_path, clock=FakeClock())) as log:
        log.append(events(1, 50))
        token = log.facts().epochs[-1].token
        with no_file_longer_than((tmp_path / f"{QUEUE_FILE}-wal").stat().st_size):
            with pytest.raises(DiskFailed) as raised:
                log.append(events(51, 500))
            counts = log.counts()
        log.append(events(51, 60))
        after, found = log.counts(), readable(log)
        tokens = [epoch.token for epoch in log.facts().epochs]

    assert (503, 5) == (raised.value.http_status, raised.value.retry_after_seconds)
    assert (50, 0) == (counts.last_seq, counts.unaccounted)
    assert (60, 60, 0) == (after.last_seq, len(found), after.unaccounted)
    assert (token, 2) == (tokens[0], len(set(tokens)))


def test_a_disk_that_goes_on_failing_is_tried_again_each_time(tmp_path: Path) -> None:
    """Every verb says so, none hangs, and nothing is counted that was not kept."""
    with closing(EventLog.open(tmp_path, clock=FakeClock())) as log:
        log.append(events(1, 50))
        with no_file_longer_than(1_000):
            for _ in range(3):
                with pytest.raises(LinesideError):
                    log.append(events(51, 500))
            with pytest.raises(LinesideError):
                log.settle(settled=((1, 1),), dead=())
        log.settle(settled=((1, 50),), dead=())

        assert (50, 50, 0) == (log.counts().last_seq, log.counts().settled, log.counts().pending)


def test_damage_that_a_reader_meets_is_salvaged_at_the_next_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file too large to be checked at the start: what is damaged shows when it is read, and is mended then."""
    monkeypatch.setattr(opening, "CHECK_AT_ONCE", 100)
    folder, told = stopped_queue(tmp_path, last=2_000)
    noise_at(30 * 4_096)(folder)
    with closing(EventLog.open(folder, clock=FakeClock())) as log:
        was_checked, problem = log.is_checked, log.check_file()
        with pytest.raises(QueueDamaged):
            log.read(((1, 2_000),))
        found, counts = readable(log), log.counts()
        log.append(events(1, 1))

    assert (False, True) == (was_checked, problem is not None)
    assert found.items() <= told.payloads.items()
    assert (2_000, len(found), 0) == (counts.last_seq, counts.pending, counts.unaccounted)
    assert 0 < counts.dropped == 2_000 - len(found) < 60
    assert counts.recovery
