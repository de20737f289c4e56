"""Damage on a disk without room: the only copy of the events is kept, named, and taken in once there is room."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer import quarantine
from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import EventLog
from edge_agent.buffer.reader import LogReader
from edge_agent.buffer.space import Limits
from edge_agent.checks.findings import queue_finding
from shared.errors import StorageFull
from tests.damage.files import Acknowledged, copy_queue, fill, make_text, noise_at, readable
from tests.support.disks import fill_up, small_disk
from tests.support.fake_clock import FakeClock

MIB = 1024 * 1024
_LIMITS = Limits(reserve_bytes=MIB // 4)


def unsalvaged_queue(folder: Path, told_of: Path) -> tuple[Acknowledged, Path]:
    """A queue that was damaged when its disk was full, opened once; and the file that fills the disk."""
    with closing(opened(told_of / "origin")) as log:
        told = fill(log, last=4_000, step=50)
        target = copy_queue(told_of / "origin", folder / "queue")
    (target / "reserve").write_bytes(bytes(_LIMITS.reserve_bytes))
    noise_at(0, size=16)(target)
    ballast = fill_up(folder)
    opened(target).close()
    return told, ballast


def opened(folder: Path, limits: Limits = _LIMITS) -> EventLog:
    """The log of a folder, whatever is there."""
    return EventLog.open(folder, clock=FakeClock(), limits=limits)


def tidied(log: EventLog) -> EventLog:
    """The log, after everything that upkeep does."""
    while log.tidy():
        pass
    return log


def workers(payloads: dict[int, bytes]) -> list[str]:
    """Whose events these are, each with its own worker."""
    return sorted(json.loads(payload)["worker_id"] for payload in payloads.values())


def test_what_could_not_be_salvaged_waits_and_is_taken_in_once_there_is_room(tmp_path: Path) -> None:
    """Each event once, under a new epoch; until then every start, `recovery` and `check` say where the events are."""
    with small_disk(tmp_path / "small", size_bytes=8 * MIB) as small:
        told, ballast = unsalvaged_queue(small, tmp_path)
        folder = small / "queue"
        with closing(opened(folder)) as log:
            waiting, said, token = log.tidy(), log.counts().recovery or "", log.facts().epochs[-1].token
        with LogReader(folder) as reader:
            looked_at = queue_finding(reader.counts())
        (aside,) = quarantine.sets(folder, why=quarantine.UNSALVAGED)
        ballast.unlink()
        with closing(tidied(opened(folder))) as log:
            found, counts, retired = readable(log), log.counts(), log.retired()

        assert [aside.name.replace("unsalvaged", "damaged")] == [one.name for one in quarantine.sets(folder)]
        assert [] == quarantine.sets(folder, why=quarantine.UNSALVAGED)

    assert (False, True, 3) == (waiting, aside.name in said, looked_at.exit_code)
    assert workers(told.payloads) == workers(found)
    assert token not in told.tokens
    assert {(one, len(told.payloads)) for one in told.tokens} == {(one.token, one.last) for one in retired}
    assert (None, 0) == (counts.recovery, counts.unaccounted)


def test_more_damage_does_not_take_the_only_copy(tmp_path: Path) -> None:
    """Sets that were salvaged make way for newer ones; the one that was not stays."""
    with small_disk(tmp_path / "small", size_bytes=8 * MIB) as small:
        told, ballast = unsalvaged_queue(small, tmp_path)
        folder = small / "queue"
        ballast.unlink()
        for _ in range(4):
            make_text(folder / QUEUE_FILE)
            opened(folder).close()
        with closing(tidied(opened(folder))) as log:
            found = readable(log)

    assert workers(told.payloads) == workers(found)


def test_taking_in_goes_on_where_it_stopped_and_gives_nothing_up(tmp_path: Path) -> None:
    """A queue that is full refuses the next group, also with `drop_oldest`; a restart does not begin from the first."""
    full = Limits(max_size_bytes=MIB // 2, when_full="drop_oldest")
    with small_disk(tmp_path / "small", size_bytes=8 * MIB) as small:
        told, ballast = unsalvaged_queue(small, tmp_path)
        folder = small / "queue"
        ballast.unlink()
        counts = []
        for _ in range(2):
            with closing(opened(folder, full)) as log:
                with pytest.raises(StorageFull):
                    tidied(log)
                counts.append(log.counts())
        with closing(tidied(opened(folder))) as log:
            found = readable(log)

    assert counts[0].last_seq == counts[1].last_seq < len(told.payloads)
    assert 0 == counts[1].dropped
    assert workers(told.payloads) == workers(found)
