"""How the page must spell a number of the API, said a second time: in exact decimals and without the page's code."""

from decimal import ROUND_FLOOR, Decimal
from typing import Any

SPACE = "\u00a0"
Number = Decimal | int | None


def duration(minutes: Number) -> str:
    """Return hours:minutes; a minute that is not full is not shown."""
    if minutes is None:
        return "–"
    hours, rest = divmod(int(Decimal(minutes).quantize(Decimal(1), ROUND_FLOOR)), 60)
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
    "total_productive_minutes": duration,
    "total_idle_minutes": duration,
    "total_absent_minutes": duration,
    "total_units_produced": count,
}
WORKER = {
    "utilization_percent": percent,
    "working_minutes": duration,
    "idle_minutes": duration,
    "absent_minutes": duration,
    "assumed_minutes": duration,
    "no_data_minutes": duration,
    "units_produced": count,
    "units_per_hour": rate,
}
WORKSTATION = {
    "utilization_percent": percent,
    "occupancy_minutes": duration,
    "units_produced": count,
    "throughput_per_hour": rate,
}


def cards(factory: dict[str, Any]) -> dict[str, str]:
    """Return what the cards must say."""
    return {name: spell(factory[name]) for name, spell in CARDS.items()}


def worker(row: dict[str, Any]) -> dict[str, str]:
    """Return a line of the workers table; its bar has no text."""
    return {"name": row["name"], "bar": ""} | {name: spell(row[name]) for name, spell in WORKER.items()}


def workstation(row: dict[str, Any]) -> dict[str, str]:
    """Return a line of the workstations table."""
    return {"name": row["name"]} | {name: spell(row[name]) for name, spell in WORKSTATION.items()}
