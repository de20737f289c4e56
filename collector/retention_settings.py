"""How long what is stored is kept, as the settings say it, and which choices cannot be.

A class is kept at least as long as what it is made of: whoever keeps events for ever keeps every hour of every person,
whatever else is set. Such a setting would do nothing, so it is refused at the start.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.instants import HOUR
from shared.settings_file import Duration, duration_text

_Days = Annotated[Duration, Field(ge=24 * HOUR)]
"""A day at least: agents may deliver late, and what is older than the horizon is refused."""


class RetentionSettings(BaseModel):
    """How long what is stored is kept; each class at least as long as the one above."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    events: _Days | None = None
    person_hours: _Days | None = None
    workstation_hours: _Days | None = None


def check_retention(retention: RetentionSettings, *, session_gap: int) -> None:
    """Refuse a class that would go before what it is made of.

    Raises:
        ValueError: says which class, why, and what to set instead.
    """
    events, persons, stations = retention.events, retention.person_hours, retention.workstation_hours
    if persons is not None and events is None:
        raise ValueError(
            "retention.person_hours does nothing without retention.events: events that are kept for ever tell every hour "
            "of every person; set retention.events, too, or take retention.person_hours out"
        )
    if stations is not None and persons is None:
        raise ValueError(
            "retention.workstation_hours does nothing without retention.person_hours: hours of persons that are kept for "
            "ever tell those of workstations; set retention.person_hours, too, or take retention.workstation_hours out"
        )
    if events is not None and persons is not None and persons < events + session_gap:
        raise ValueError(
            "retention.person_hours must be longer than retention.events by session_gap "
            f"({duration_text(session_gap)}) at least: events that are kept tell hours of persons"
        )
    if persons is not None and stations is not None and stations < persons:
        raise ValueError(
            "retention.workstation_hours must not be shorter than retention.person_hours: they are made of them"
        )
