"""A queue never takes more of the disk than it may, its log included, whatever a commit brings or takes away."""

from contextlib import closing, suppress
from pathlib import Path
from typing import Literal

import pytest

from edge_agent.buffer.log import EventLog
from edge_agent.buffer.space import Limits, size_bytes
from shared.errors import StorageFull
from shared.receipts import first_numbers
from tests.support.events import events
from tests.support.fake_clock import FakeClock

MIB = 1024 * 1024
_WIDE = "\N{MATHEMATICAL DOUBLE-STRUCK DIGIT ZERO}" * 62
"""Behind two letters the longest id there may be: 64 characters, 250 bytes."""


@pytest.mark.parametrize("when_full", ["reject", "drop_oldest"])
@pytest.mark.parametrize(("more", "batch"), [(_WIDE, 60), (_WIDE, 300), ("", 200)], ids=["long", "many long", "usual"])
def test_the_smallest_queue_never_takes_more_than_it_may(
    tmp_path: Path, when_full: Literal["reject", "drop_oldest"], more: str, batch: int
) -> None:
    """While it fills, while sent events make way, and while the oldest are dropped."""
    sizes = []
    limits = Limits(max_size_bytes=MIB, when_full=when_full)
    with closing(EventLog.open(tmp_path, clock=FakeClock(), limits=limits)) as log:
        for turn in range((2_200 if more else 8_800) // batch):
            with suppress(StorageFull):
                log.append(
                    [one._replace(worker_id=f"W1{more}", workstation_id=f"S1{more}") for one in events(1, batch)]
                )
            sizes.append(size_bytes(tmp_path / "queue.db"))
            if turn % 3 == 2:
                log.settle(settled=first_numbers(log.facts().pending, batch), dead=())
            log.tidy()
            sizes.append(size_bytes(tmp_path / "queue.db"))

        assert 0 == log.counts().unaccounted
    assert MIB * 3 // 4 < max(sizes) <= MIB
