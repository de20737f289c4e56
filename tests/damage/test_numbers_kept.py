"""Numbers, and what became of them, through crashes and changes of the file: none comes back, and none is forgotten."""

import os
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.reader import LogReader
from edge_agent.buffer.schema import SCHEMA_VERSION
from edge_agent.delivery.settlement import DeadLetter
from shared.events import canonical_json
from tests.damage.files import (
    LOG_HEADER,
    Acknowledged,
    check,
    copy_queue,
    cut_to,
    fill,
    opened,
    readable,
    remove,
    set_version,
)
from tests.support.events import events


def test_dead_letters_beside_the_queue_are_taken_in_as_what_they_are(tmp_path: Path) -> None:
    """Under new numbers, with event, reason and date; nothing of them is sent."""
    with closing(opened(tmp_path)) as log:
        log.append(events(1, 5))
    set_version(tmp_path / QUEUE_FILE, SCHEMA_VERSION + 1)
    with closing(opened(tmp_path)) as log:
        log.append(events(6, 20))
        log.settle(settled=((1, 9),), dead=[DeadLetter(seq, "bad_id", f"no {seq}", 17) for seq in (10, 11, 15)])
    set_version(tmp_path / QUEUE_FILE, SCHEMA_VERSION)
    with closing(opened(tmp_path)) as log:
        dead, pending, found = log.dead(), log.facts().pending, readable(log)
    with LogReader(tmp_path) as reader:
        letters = [(one.code, one.error, one.buried_at) for one in reader.dead_letters()]

    assert ((9, 11),) == dead
    assert ((1, 8),) == pending
    expected = [canonical_json(one).encode() for one in (*events(15, 16), *events(20, 20))]
    assert expected == [found[seq] for seq in (9, 10, 11)]
    assert [("bad_id", f"no {seq}", 17) for seq in (10, 11, 15)] == letters


def test_a_copy_beside_the_queue_ends_no_epoch_of_it(tmp_path: Path) -> None:
    """`cp queue.db queue-2.db` as a backup: what waits in it is sent twice and kept once, and nothing is told to have ended."""
    with closing(opened(tmp_path)) as log:
        log.append(events(1, 5))
    shutil.copy(tmp_path / QUEUE_FILE, tmp_path / "queue-2.db")
    with closing(opened(tmp_path)) as log:
        retired, last = log.retired(), log.facts().last_seq

    assert ((), 10) == (retired, last)


def test_a_log_that_is_gone_after_a_kill_in_place_brings_no_number_back(tmp_path: Path) -> None:
    """The same file, by its inode: that a run had begun is noted in the file itself, before its first event."""
    with closing(opened(tmp_path)) as log:
        log.append(events(1, 30))
        tokens = {epoch.token for epoch in log.facts().epochs}
    child = os.fork()
    if not child:
        opened(tmp_path).append(events(31, 60))
        os._exit(0)
    os.waitpid(child, 0)
    remove("-wal")(tmp_path)
    with closing(opened(tmp_path)) as log:
        facts = log.facts()

    assert (30, ((1, 30),)) == (facts.last_seq, facts.pending)
    assert facts.epochs[-1].token not in tokens


@pytest.mark.parametrize("order", ["earlier first", "later first"])
def test_of_two_events_of_one_number_the_later_epoch_counts(tmp_path: Path, order: str) -> None:
    """A commit that a crash took away, and the one after it: both stand in the log, and the first page cannot be read."""
    origin, earlier = tmp_path / "origin", tmp_path / "earlier"
    killed_run(origin, earlier, last=0)
    crashed, _ = killed_run(earlier, tmp_path / "crashed", last=0)
    with closing(opened(earlier)) as log:
        log.append(events(101, 103))
        lost = (earlier / f"{QUEUE_FILE}-wal").read_bytes()
    between, _ = killed_run(crashed, tmp_path / "between", last=0)
    folder, told = killed_run(between, tmp_path / "killed", last=3)
    log_file = folder / f"{QUEUE_FILE}-wal"
    kept = log_file.read_bytes()
    header, others = (lost, kept) if order == "earlier first" else (kept, lost)
    log_file.write_bytes(header + others[LOG_HEADER:])
    cut_to(0)(folder)

    check(folder, told)


def killed_run(folder: Path, target: Path, *, last: int) -> tuple[Path, Acknowledged]:
    """A run that accepts events up to a number, and the files that it leaves when it is killed."""
    with closing(opened(folder)) as log:
        told = fill(log, last=last)
        return copy_queue(folder, target), told
