"""What an export says of numbers that have no event any more: a collector that imports it must not wait for them."""

import json
from contextlib import closing
from pathlib import Path

from edge_agent.buffer.log import EventLog
from edge_agent.buffer.removal import OVERFLOW
from edge_agent.buffer.space import Limits
from shared.receipts import normalise
from tests.support.events import events
from tests.support.fake_clock import FakeClock
from tests.support.invoked import invoked

_SMALL = Limits(max_size_bytes=512 * 1024, when_full="drop_oldest")


async def test_an_export_accounts_for_every_number_of_every_epoch(tmp_path: Path) -> None:
    """What was dropped is skipped with its reason, what was settled and is gone too: nothing is missing for ever."""
    queue, file = tmp_path / "queue", tmp_path / "camera.ndjson"
    with closing(EventLog.open(queue, clock=FakeClock(), limits=_SMALL)) as log:
        log.append(events(1, 100))
        log.settle(settled=((1, 20),), dead=())
        for first in range(101, 3_001, 100):
            log.append(events(first, first + 99))
        (dropped,) = log.facts().dropped

    written = await invoked("export", str(file), "--camera", "cam-1", "--data-dir", str(queue))

    agents = [json.loads(line)["agent"] for line in file.read_text().splitlines()]
    told = [(first, last, reason) for agent in agents for first, last, reason in agent["skipped"]]
    assert (0, 21, OVERFLOW) == (written.code, dropped[0], dropped[2])
    assert {dropped, (1, 20, "no longer kept at the camera")} == set(told)
    assert ((1, 3_000),) == normalise(
        [(first, last) for agent in agents for first, last in agent["seqs"]] + [(a, b) for a, b, _ in told]
    )
    assert [] == [agent for agent in agents if agent["last_seq"] != 3_000]
