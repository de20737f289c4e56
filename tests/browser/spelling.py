"""How the page must spell a number of the API, said a second time: in exact decimals and without the page's code."""

from decimal import Decimal
from typing import Any

SPACE = "\u00a0"
Number = Decimal | int | None


def duration(microseconds: Number) -> str:
    """Return hours:minutes; a minute that is not full is not shown."""
    if microseconds is None:
        return "–"
    hours, rest = divmod(int(microseconds) // 60_000_000, 60)
    return f"{hours:,}:{rest:02}"


def rate(value: Number) -> str:
    """Return the two decimals of the API, also where JSON leaves out a zero."""
    return "–" if value is None else f"{Decimal(value):,.2f}"


def percent(value: Number) -> str:
    """Return the two decimals and the sign."""
    return f"{rate(value)}{SPACE}%"


def count(value: Number) -> str:
    """Return digits in groups of three."""
    return "–" if value is None else f"{value:,}"


def workers(value: int) -> str:
    """Return how many workers."""
    return f"{value:,}{SPACE}worker{'' if value == 1 else 's'}"


CARDS = {
    "average_utilization_percent": percent,
    "active_workers": workers,
    "time_weighted_utilization_percent": percent,
    "total_productive_us": duration,
    "total_idle_us": duration,
    "total_units_produced": count,
}
WORKER = {
    "utilization_percent": percent,
    "working_us": duration,
    "idle_us": duration,
    "units_produced": count,
    "units_per_hour": rate,
}
WORKSTATION = {
    "utilization_percent": percent,
    "occupancy_us": duration,
    "units_produced": count,
    "throughput_per_hour": rate,
}


def cards(factory: dict[str, Any]) -> dict[str, str]:
    """Return what the cards must say."""
    return {name: spell(factory[name]) for name, spell in CARDS.items()}


def worker(row: dict[str, Any]) -> dict[str, str]:
    """Return the numbers in a line of the workers table."""
    return {"name": row["name"]} | {name: spell(row[name]) for name, spell in WORKER.items()}


def workstation(row: dict[str, Any]) -> dict[str, str]:
    """Return the numbers in a line of the workstations table."""
    return {"name": row["name"]} | {name: spell(row[name]) for name, spell in WORKSTATION.items()}
