"""The shapes of what goes in and out of the API, for people and programs that read its description.

The rows themselves are plain dictionaries, made where their numbers are; the tests hold every answer against these models,
so neither can change alone. `_minutes` are decimals of two places, `_us` integers of microseconds.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic import WithJsonSchema as JsonSchema

from shared.events import MAX_COUNT, MAX_ID_LENGTH
from shared.wire import MAX_EVENTS, AgentHeader

Instant = Annotated[
    str, Field(examples=["2026-01-15T10:00:00Z"]), JsonSchema({"type": "string", "format": "date-time"})
]
StateName = Literal["working", "idle", "absent"]
CameraState = Literal["New", "Up", "Late", "Down", "Paused"]
Count = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(min_length=1)]
_SEEN, _ANY = r"[^\s\u0000-\u001f\u007f-\u009f]", r"[^\u0000-\u001f\u007f-\u009f]"
ID_ASKED_FOR = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_ID_LENGTH,
    "pattern": f"^{_ANY}*{_SEEN}{_ANY}*$",
}
"""As `Id`, in a query."""
Id = Annotated[
    str,
    Field(
        description=f"1 to {MAX_ID_LENGTH} characters, none a control character; white space around them is taken away."
    ),
    JsonSchema({"type": "string", "pattern": f"^{_SEEN}({_ANY}{{0,{MAX_ID_LENGTH - 2}}}{_SEEN})?$"}),
]


class Answer(BaseModel):
    """An object of exactly these members."""

    model_config = ConfigDict(extra="forbid")


class EventIn(BaseModel):
    """One event as a camera's model emits it; members of other names are not looked at."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["events"]}})

    timestamp: Annotated[
        str,
        Field(
            description="RFC 3339 with an offset, to the microsecond, in the years 1970 to 9999.",
            examples=["2026-01-15T10:00:00.250Z", "2026-01-15T11:00:00+01:00"],
        ),
        JsonSchema({"type": "string", "format": "date-time"}),
    ]
    worker_id: Annotated[Id, Field(examples=["W1"])]
    workstation_id: Annotated[Id, Field(examples=["S1"])]
    event_type: Literal["working", "idle", "absent", "product_count"]
    count: Annotated[int | None, Field(ge=0, le=MAX_COUNT, description="Units; only of a `product_count`.")] = None
    confidence: Annotated[float | None, Field(ge=0, le=1)] = None


class EnvelopeIn(BaseModel):
    """What an edge agent sends: events with their numbers, and what it says of itself."""

    agent: AgentHeader
    events: Annotated[
        list[Any], Field(max_length=MAX_EVENTS, description="Each is judged by itself, as in an array of events.")
    ]


class ObjectAnswer(Answer):
    """What became of one event."""

    status: Literal["success"]
    result: Literal["accepted", "duplicate"]
    conflict: Annotated[bool, Field(description="A version that says something else is stored.")] = False


class WorkerRow(Answer):
    """A registered worker within a window."""

    site: str
    worker_id: str
    name: str
    working_minutes: float
    idle_minutes: float
    absent_minutes: float
    assumed_minutes: Annotated[float, Field(description="Contained in the three: nobody saw it.")]
    no_data_minutes: Annotated[
        float | None,
        Field(description="The rest of the window; null where it is open, or names nobody in some of its hours."),
    ]
    utilization_percent: Annotated[float, Field(description="working / (working + idle) × 100.")]
    units_produced: Count
    units_per_hour: Annotated[float, Field(description="units / (working + idle).")]
    working_us: Annotated[Count, Field(description="`working_minutes` exactly; with `workstation_id`.")] = 0
    idle_us: Annotated[Count, Field(description="`idle_minutes` exactly; with `workstation_id`.")] = 0


class WorkstationRow(Answer):
    """A registered workstation within a window."""

    site: str
    station_id: str
    name: str
    occupancy_minutes: Annotated[float, Field(description="Working time of everybody there; two at once count twice.")]
    occupied_minutes: Annotated[float, Field(description="The same counted once; with `include=occupied`.")] = 0
    occupied_us: Annotated[Count, Field(description="`occupied_minutes` exactly; with `include=occupied`.")] = 0
    utilization_percent: float
    units_produced: Count
    throughput_per_hour: float


class FactoryRow(Answer):
    """All workers together within a window."""

    total_productive_minutes: float
    total_idle_minutes: float
    total_absent_minutes: float
    total_assumed_minutes: Annotated[float, Field(description="Contained in the three.")]
    total_units_produced: Count
    average_utilization_percent: Annotated[
        float | None,
        Field(
            description="Mean over the workers with any working or idle time; null where hours of the window name nobody "
            "any more."
        ),
    ]
    time_weighted_utilization_percent: float
    active_workers: Annotated[Count | None, Field(description="How many the mean is over; null where it is.")]


class HourSums(Answer):
    """What every form of an hour has."""

    site: str
    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]
    units_produced: Count
    target_units: Annotated[
        Count | None, Field(description="How many units it aims at; null: its site has no target in the settings.")
    ]


class HourRow(HourSums):
    """A clock hour of a site, cut where the window cuts it."""

    working_minutes: float
    idle_minutes: float
    absent_minutes: float
    watched_minutes: Annotated[float, Field(description="How long cameras watched, all of them together.")]
    utilization_percent: Annotated[
        float, Field(description="Of all workers together: working / (working + idle) × 100.")
    ]


class CameraRow(Answer):
    """A camera that ever called, delivered, or stands in the settings."""

    camera: str
    site: str
    state: CameraState
    watermark: Annotated[Instant | None, Field(description="Everything up to here is in.")]
    last_contact_at: Instant | None
    pending: Annotated[int, Field(ge=0, description="Events that wait at the camera.")]
    oldest_pending_at: Instant | None
    clock_offset_seconds: Annotated[float | None, Field(description="The camera's clock minus the collector's.")]
    missing: Annotated[int, Field(ge=0, description="Numbers given out there that neither arrived nor wait.")]
    version: str | None


class LosingVersion(Answer):
    """What an event of the same key said that lost."""

    count: int
    confidence: float | None


class EventRow(Answer):
    """A stored event."""

    site: str
    timestamp: Instant
    worker_id: str
    workstation_id: str
    event_type: Literal["working", "idle", "absent", "product_count"]
    count: Count
    confidence: float | None
    camera: str | None
    conflicts: list[LosingVersion]


class EventPage(Answer):
    """Stored events in the order of their keys."""

    events: list[EventRow]
    next: Annotated[str | None, Field(description="What to give as `after` for the next page; null: this is the last.")]


class RejectedRow(Answer):
    """An item that was not stored as an event."""

    received_at: Instant
    site: str
    camera: str | None
    code: str
    error: str
    item: Annotated[str, Field(description="Its JSON, or the text of a line that is none, at most 2,000 characters.")]


class HealthToStrangers(Answer):
    """The collector is well, as whoever may not look is told."""

    status: Literal["ok"]


class Health(Answer):
    """The collector is well."""

    status: Literal["ok"]
    version: str
    warnings: list[str]


class Readiness(Answer):
    """That events are taken."""

    status: Literal["ready"]


class Me(Answer):
    """Who is asking."""

    name: str | None
    role: Annotated[
        Literal["viewer", "supervisor", "admin"] | None, Field(description="null: nobody has to say who they are.")
    ]
    sites: Annotated[list[str] | None, Field(description="null: every site.")]
    shows_persons: bool


class Problem(BaseModel):
    """Why there is no other answer (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: Text
    error: Annotated[str, Field(description="`detail` once more, for simple clients.")]
    code: Annotated[str, Field(description="A reject code, where an event or a whole body is refused.")] = ""
    field: Annotated[str, Field(description="What is at fault: a parameter, a field, or a member of the envelope.")] = (
        ""
    )
    index: Annotated[
        int | None, Field(ge=0, description="Which entry of it, from 0, where it is an array; else it is left out.")
    ] = None
