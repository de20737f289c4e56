"""Hours that change all alike, of which a store is told only the first and the last: a state that was in force for long."""

from functools import partial

from collector.metrics.hour_sums import FEW_HOURS
from collector.metrics.parts import split
from collector.metrics.windows import Window
from collector.records import Amounts
from collector.storage.base import Storage
from shared.instants import HOUR, MINUTE
from tests.support.collector import at, decide, delivery, event

START = at("10:00")
HOURS = FEW_HOURS * 3
WHOLE = [HOUR, 0, 0, 0, 0]


async def counted(storage: Storage) -> None:
    """Store a count every hour, at another station, before anything is known of what the worker does."""
    counts = [event("10:30", "W1", "product_count", station="S9")._replace(at=START + n * HOUR) for n in range(HOURS)]
    await storage.store([delivery(*counts)], decide=decide)


async def hours_of(storage: Storage, station: str) -> dict[int, Amounts]:
    """Return what the hours of a station hold, by how many hours after the start; those that hold nothing are left out."""
    found: dict[int, Amounts] = {}
    for number in range(-1, HOURS + 1):
        window = Window(START + number * HOUR, START + (number + 1) * HOUR)
        measured = await storage.measure(split=partial(split, window))
        amounts = measured.amounts.get(("default", "W1", station))
        if amounts is not None:
            found[number] = list(amounts)
    return found


async def test_a_late_state_fills_all_hours_behind_it(storage: Storage) -> None:
    """Each of them with the whole hour, up to the last sighting; in the sum over all hours, too."""
    await counted(storage)
    await storage.store([delivery(event("09:30", "W1", "working"))], decide=decide)
    measured = await storage.measure(split=partial(split, Window(None, None)))

    assert {-1: [30 * MINUTE, 0, 0, 0, 0]} | dict.fromkeys(range(HOURS - 1), WHOLE) == await hours_of(storage, "S1")
    assert [30 * MINUTE + (HOURS - 1) * HOUR, 0, 0, 0, 0] == list(measured.amounts["default", "W1", "S1"])


async def test_a_state_between_takes_the_hours_behind_it(storage: Storage) -> None:
    """To another station: nothing is left of them at the first one, also not in what it was."""
    await counted(storage)
    await storage.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    await storage.store([delivery(event("11:30", "W1", "idle", station="S2"))], decide=decide)
    idle = {1: [0, 30 * MINUTE, 0, 0, 0]} | {key: [0, HOUR, 0, 0, 0] for key in range(2, HOURS - 1)}

    assert {0: WHOLE, 1: [30 * MINUTE, 0, 0, 0, 0]} == await hours_of(storage, "S1")
    assert idle == await hours_of(storage, "S2")
