"""Databases that already hold a lot: 200 workers whose state changes 100 times a shift, for as many shifts as it takes."""

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from collector.metrics.ledger import splice
from collector.records import Delivery, LedgerRules
from collector.storage.sqlite import SqliteStorage
from shared.events import Event, EventType
from shared.instants import HOUR, MINUTE

WORKERS = 200
STATIONS = 100
SHIFT = 8 * HOUR
CHANGES_A_SHIFT = 100
FIRST_SHIFT = 1_735_707_600_000_000
"""2025-01-01T05:00:00Z, a full hour."""
RULES = LedgerRules(session_gap=10 * HOUR, tail=5 * MINUTE)
EVENTS_A_DELIVERY = 10_000
_KINDS = (EventType.working, EventType.working, EventType.product_count, EventType.idle)


def fill(file: Path, count: int) -> float:
    """Store that many events and return how many a second that made; the last one is in the shift `last_shift` names."""
    return asyncio.run(_fill(file, count))


def last_shift(count: int) -> tuple[int, int]:
    """Return the window of the last whole shift of so many events."""
    shifts = count // (WORKERS * CHANGES_A_SHIFT)
    start = FIRST_SHIFT + (max(shifts, 1) - 1) * SHIFT
    return start, start + SHIFT


def events(count: int, *, begin: int = 0) -> Iterator[Event]:
    """Yield events number `begin` to `begin + count`, ascending in time."""
    step = SHIFT // CHANGES_A_SHIFT
    for number in range(begin, begin + count):
        round_number, worker = divmod(number, WORKERS)
        kind = _KINDS[(round_number + worker) % len(_KINDS)]
        at = FIRST_SHIFT + round_number * step + worker * 1_000_003
        units = 1 + number % 5 if kind is EventType.product_count else 0
        yield Event(at, f"W{worker:04}", f"S{worker * STATIONS // WORKERS:03}", kind, units, 0.9)


async def _fill(file: Path, count: int) -> float:
    storage = SqliteStorage.open(file, rules=RULES)
    began = time.perf_counter()
    for begin in range(0, count, EVENTS_A_DELIVERY):
        batch = list(events(min(EVENTS_A_DELIVERY, count - begin), begin=begin))
        delivery = Delivery(site="default", camera=None, received_at=batch[-1].at, events=batch)
        await storage.store([delivery], decide=partial(splice, rules=RULES))
    took = time.perf_counter() - began
    await storage.close()
    return count / took
