"""What a store tells of one person: name, hours, sums and the state that goes on, and of nobody else."""

import pytest

from collector.records import NewName
from collector.storage.base import Storage
from shared.errors import BadRequest, LinesideError, NotFound
from shared.instants import MINUTE
from tests.support.collector import decide, delivery, event


@pytest.fixture
async def filled(storage: Storage) -> Storage:
    """Return a store with two workers at a site, one of whom has a namesake at another."""
    events = [
        event("10:30", "W1", "working"),
        event("11:10", "W1", "product_count", count=3),
        event("11:20", "W1", "idle", station="S2"),
        event("11:30", "W1", "working"),
        event("10:00", "W2", "working"),
        event("12:00", "W2", "idle"),
    ]
    await storage.store([delivery(*events), delivery(event("10:00", "W2", "idle"), site="east")], decide=decide)
    await storage.name([NewName("worker", "default", "W1", "Ann")])
    return storage


async def test_hours_come_in_the_order_of_time(filled: Storage) -> None:
    """By workstation, in microseconds and units."""
    told = await filled.person("W1", site=None)

    assert ("default", "W1", "Ann") == (told["site"], told["worker_id"], told["name"])
    assert [
        ("2026-01-15T10:00:00Z", "S1", 30 * MINUTE, 0, 0, 0, 0),
        ("2026-01-15T11:00:00Z", "S1", 20 * MINUTE, 0, 0, 0, 3),
        ("2026-01-15T11:00:00Z", "S2", 0, 10 * MINUTE, 0, 0, 0),
    ] == [tuple(hour.values()) for hour in told["hours"]]
    assert [("S1", 50 * MINUTE, 0, 0, 0, 3), ("S2", 0, 10 * MINUTE, 0, 0, 0)] == [
        tuple(each.values()) for each in told["sums"]
    ]


async def test_a_site_tells_namesakes_apart(filled: Storage) -> None:
    """One who was never named has no name."""
    told = await filled.person("W2", site="east")

    state: dict[str, str | None] = {"last_at": "2026-01-15T10:00:00Z", "state": "idle", "since": "2026-01-15T10:00:00Z"}
    assert {
        "site": "east",
        "worker_id": "W2",
        "name": None,
        "erased_at": None,
        "hours": [],
        "sums": [],
        "open_state": {**state, "workstation_id": "S1", "camera": None},
    } == told


@pytest.mark.parametrize(
    ("worker_id", "site", "error"),
    [
        ("W9", None, NotFound),
        ("W1", "east", NotFound),
        ("W1", "west", NotFound),
        ("W2", None, BadRequest),
    ],
)
async def test_who_is_not_meant_by_it_is_not_told(
    filled: Storage, worker_id: str, site: str | None, error: type[LinesideError]
) -> None:
    """Nobody of that id, no such site, or several."""
    with pytest.raises(error):
        await filled.person(worker_id, site=site)
