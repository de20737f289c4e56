"""Seeded events of a busy shift: workers that work, idle, walk off and count, in the order of time."""

import json
import random
from typing import Any

START = 1_768_460_400_000_000
"""2026-01-15T07:00:00Z in microseconds."""
STATES = ("working", "idle", "absent")


def events(count: int, *, workers: int, seed: int = 7) -> list[dict[str, Any]]:
    """Return that many events, no two of the same key, a few units for each change of state."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        at = START + number * 250_000
        worker = number % workers
        kind = chance.choice(STATES) if chance.random() < 0.3 else "product_count"
        made.append(
            {
                "timestamp": _text(at),
                "worker_id": f"W{worker:04}",
                "workstation_id": f"S{(worker + number // 50_000) % max(1, workers // 2):03}",
                "event_type": kind,
                "count": chance.randint(1, 9) if kind == "product_count" else 0,
                "confidence": round(chance.random(), 3),
            }
        )
    return made


def bodies(made: list[dict[str, Any]], batch: int) -> list[bytes]:
    """Return request bodies of `batch` events each; a batch of one is an object."""
    if batch == 1:
        return [json.dumps(event).encode() for event in made]
    return [json.dumps(made[begin : begin + batch]).encode() for begin in range(0, len(made), batch)]


def _text(at: int) -> str:
    seconds, fraction = divmod(at - START, 1_000_000)
    hours, rest = divmod(seconds + 7 * 3600, 3600)
    days, hours = divmod(hours, 24)
    return f"2026-01-{15 + days:02}T{hours:02}:{rest // 60:02}:{rest % 60:02}.{fraction:06}Z"
