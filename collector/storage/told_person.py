"""What both stores tell of one person, row by row, in words that somebody who has a right to it understands. Pure."""

from collections.abc import Sequence
from typing import Any

from collector.records import OpenState
from shared.events import EventType
from shared.instants import format_instant

_AMOUNTS = ("working_us", "idle_us", "absent_us", "assumed_us", "units")


def told_hour(row: Sequence[Any]) -> dict[str, Any]:
    """Return an hour at a workstation: times in microseconds, and units."""
    hour, station_id, *amounts = row
    return {
        "hour": format_instant(hour),
        "workstation_id": station_id,
        **dict(zip(_AMOUNTS, amounts, strict=True)),
    }


def told_sum(row: Sequence[Any]) -> dict[str, Any]:
    """Return the sum over all hours at a workstation: times in microseconds, and units."""
    station_id, *amounts = row
    return {"workstation_id": station_id, **dict(zip(_AMOUNTS, amounts, strict=True))}


def told_state(stands: OpenState | None) -> dict[str, Any] | None:
    """Return where a person's time stands: the last sighting, and the state since when and by which camera; None without any."""
    if stands is None:
        return None
    state = stands.state
    return {
        "last_at": format_instant(stands.last_at),
        "state": None if state is None else EventType(state.event_type).name,
        "since": None if state is None else format_instant(state.at),
        "workstation_id": None if state is None else state.workstation_id,
        "camera": None if state is None else state.camera,
    }
