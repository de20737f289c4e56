"""The shapes of the two answers that are made for pages: a worker's timeline and the floor."""

from typing import Annotated, Literal

from pydantic import Field

from collector.metrics.drawing import LETTERS
from collector.web.models import Answer, CameraState, Count, HourSums, Instant, StateName
from shared.events import EventType


class Sighted(Answer):
    """An event that began or ended a span."""

    timestamp: Instant
    event_type: Literal["working", "idle", "absent", "product_count"]
    workstation_id: str


class BegunBy(Sighted):
    """The state's event."""

    camera: str | None


class Span(Answer):
    """A stretch of one worker's time in one state."""

    start: Instant
    end: Instant
    state: StateName
    workstation_id: str
    began_by: BegunBy
    ended_by: Annotated[
        Sighted | None, Field(description="null: nothing was seen; the tail or the watermark ended it.")
    ]
    basis: Literal["observed", "assumed"]
    unwatched_us: Annotated[
        Count, Field(description="Of it, if observed: what its camera did not watch, or has not told of yet.")
    ]


class WindowNamed(Answer):
    """A window; null where it is open, or not one thing."""

    start: Annotated[Instant | None, Field(alias="from")]
    end: Annotated[Instant | None, Field(alias="to")]
    time_zone: str | None
    shift: str | None


class TimelineTotals(Answer):
    """Sums of spans: the worker's metrics to the microsecond."""

    working_us: Count
    idle_us: Count
    absent_us: Count
    assumed_us: Count
    unwatched_us: Annotated[
        Count,
        Field(description="Of the first three, without `assumed_us`: what no camera watched, or has told of yet."),
    ]
    no_data_us: int | None


class TimelinePart(TimelineTotals):
    """The same of a part of the window, with what was made in it."""

    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]
    units_produced: Count


class TimelineAnswer(Answer):
    """How a worker spent a window."""

    worker_id: str
    site: str
    name: str
    window: WindowNamed
    kept_from: Annotated[
        Instant | None,
        Field(description="Before it time is no longer kept, nor in the spans and totals; null: all is."),
    ]
    spans: list[Span]
    totals: TimelineTotals
    hours: Annotated[list[TimelinePart], Field(description="Of windows of up to two days, else none.")]
    days: Annotated[list[TimelinePart], Field(description="Local days of closed windows of up to a year, else none.")]


class FloorWindow(WindowNamed):
    """What the page looks at."""

    until: Annotated[Instant, Field(description="Where its numbers end.")]
    previous: Annotated[dict[str, str] | None, Field(description="What to ask for the stretch before.")]
    next: dict[str, str] | None
    live: Annotated[bool, Field(description="Now lies within it.")]


class CameraBehind(Answer):
    """A camera that holds up the numbers."""

    camera: str
    site: str
    state: CameraState
    watermark: Instant | None
    last_contact_at: Instant | None
    pending: Count
    oldest_pending_at: Instant | None


class CameraLacking(Answer):
    """A camera of which numbers are missing."""

    camera: str
    site: str
    missing: Annotated[Count, Field(description="Numbers given out there that neither arrived nor wait.")]


class FloorCompleteness(Answer):
    """How far everything is in."""

    complete_through: Annotated[Instant | None, Field(description="Of all cameras that ever called.")]
    up_through: Annotated[Instant | None, Field(description="Of those that are not behind.")]
    reached: Annotated[Instant | None, Field(description="Behind it no camera vouches for anything.")]
    is_silent: Annotated[bool, Field(description="All cameras that count are over two minutes behind.")]
    is_current: Annotated[bool, Field(description="Every camera is up to date, and nothing is missing.")]
    cameras: Count
    behind: list[CameraBehind]
    behind_left_out: Count
    missing: Annotated[Count, Field(description="Numbers of all cameras that neither arrived nor wait.")]
    lacking: list[CameraLacking]
    lacking_left_out: Count
    never_called: Annotated[Count, Field(description="Cameras from which nobody has ever heard.")]


class FloorFactory(Answer):
    """All workers together."""

    total_productive_us: Count
    total_idle_us: Count
    total_absent_us: Count
    total_assumed_us: Count
    total_units_produced: Count
    average_utilization_percent: Annotated[
        float | None, Field(description="Null where hours of the window name nobody any more.")
    ]
    time_weighted_utilization_percent: float
    active_workers: Count | None


class AtWork(Answer):
    """How many are at work now, and how many were seen in the window."""

    working: Count
    idle: Count
    late: Annotated[
        Count,
        Field(
            description="Working or idle when a camera saw them last that is over two minutes behind: in neither of the two."
        ),
    ]
    seen: Count


Segment = Annotated[
    tuple[int, int, Literal["a", "i", "w"], int, Literal[0, 1]],
    Field(
        description="Seconds after the window's start, seconds long, "
        + ", ".join(f"`{letter}` for {EventType(code).name}" for code, letter in LETTERS.items())
        + ", index in `stations`, 1 if assumed."
    ),
]


class FloorWorker(Answer):
    """A worker's row with its timeline."""

    site: str
    worker_id: str
    name: str
    state: StateName | None
    state_since: Instant | None
    workstation_id: str | None
    working_us: Count
    idle_us: Count
    absent_us: Count
    assumed_us: Count
    unwatched_us: Annotated[
        Count | None,
        Field(description="As in `/api/timeline/`; null unless the window has hours and timelines."),
    ]
    no_data_us: int | None
    utilization_percent: float
    units_produced: Count
    units_per_hour: float
    timeline: list[Segment]


class FloorStation(Answer):
    """A workstation's row."""

    site: str
    station_id: str
    name: str
    state: Annotated[
        Literal["working", "idle"] | None, Field(description="Working while anybody works there now; null: nobody is.")
    ]
    state_since: Annotated[Instant | None, Field(description="Since when the first of them has done so.")]
    workers_now: Annotated[Count | None, Field(description="Working or idle there; null unless live.")]
    workers_late: Annotated[
        Count | None,
        Field(
            description="Seen there last by a camera that is over two minutes behind, working or idle; null unless live."
        ),
    ]
    is_unknown: Annotated[
        bool | None,
        Field(description="Nobody knows whether anybody is there: no camera vouches for it; null unless live."),
    ]
    occupancy_us: Count
    utilization_percent: float
    units_produced: Count
    throughput_per_hour: float


class FloorHour(HourSums):
    """An hour's row."""

    working_us: Count
    idle_us: Count
    absent_us: Count
    watched_us: Count
    utilization_percent: float


class FloorWatch(Answer):
    """When a camera watched, as far as it has delivered; for the eye."""

    site: str
    camera: str
    stretches: Annotated[
        list[tuple[int, int]], Field(description="Seconds after the window's start, and seconds long.")
    ]
    watched_us: Annotated[Count, Field(description="How long it watched of the window, to the microsecond.")]


class FloorWatchKept(Answer):
    """How well a window was watched."""

    cameras: Annotated[Count, Field(description="From which something is expected now, or which watched then.")]
    throughout: Annotated[Count, Field(description="Those that watched all of it, but for two minutes at most.")]
    partly: Count


class FloorSite(Answer):
    """A site that can be asked for."""

    site: str
    time_zone: str
    shifts: list[str]


class FloorAnswer(Answer):
    """All that the page shows; where rows were left out, it says how many."""

    window: FloorWindow
    completeness: FloorCompleteness
    warnings: list[str]
    factory: FloorFactory
    conflicts: Annotated[
        Count, Field(description="Versions of events of the window that lost against another, counted up to 1,000.")
    ]
    rejected: Annotated[
        Count, Field(description="Items received within the window that were not stored, counted up to 1,000.")
    ]
    at_work_now: AtWork | None
    workers: list[FloorWorker]
    shows_persons: Annotated[bool, Field(description="Without, `workers` is empty: persons are not for this role.")]
    workers_left_out: Count
    timelines_from: Annotated[
        Instant | None, Field(description="Before it timelines are no longer kept; null: all of the window's are.")
    ]
    persons_from: Annotated[
        Instant | None, Field(description="Hours before it name nobody any more; null: all of the window's do.")
    ]
    has_timelines: bool
    workstations: list[FloorStation]
    workstations_left_out: Count
    stations: list[str]
    has_hours: bool
    hours: list[FloorHour]
    watches: list[FloorWatch]
    watches_left_out: Annotated[Count, Field(description="Cameras that watched, and have no row in `watches`.")]
    watch_kept: Annotated[FloorWatchKept | None, Field(description="Where nobody was seen; else null.")]
    sites: list[FloorSite]
