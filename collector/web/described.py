"""What there is at each address of the API, in words and types: the OpenAPI document is made of this and nothing else."""

from dataclasses import dataclass
from typing import Any

from collector.storage.base import KEPT_REFUSALS
from collector.web import events_api, metrics_api, models, page_models, rejected_api, timeline_api
from collector.web.context import WINDOW_QUERY
from shared.wire import ListAnswer

ANYTHING_ONE_BY_ONE = "An array of events; each item is judged by itself and gets an answer of its own."
WRONG_QUERY = "A parameter is wrong, unknown or given twice; `detail` names it."


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a query."""

    description: str
    schema: dict[str, Any]
    example: Any = None


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method does at one address."""

    summary: str
    answer: Any
    """The type of its JSON."""
    query: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    is_table: bool = False
    """The same rows are at the address with `.csv`."""
    query_of_the_file: tuple[str, ...] | None = None
    """Where it differs."""
    problems: tuple[int, ...] = ()
    is_public: bool = False
    """Also strangers get an answer."""
    has_tag: bool = False
    """What has not changed is not sent again."""
    body: tuple[Any, ...] = ()
    """The types of a body, beside an array of anything."""


_TEXT = {"type": "string", "minLength": 1}
PARAMETERS = {
    "from": Parameter(
        "Where the window begins; open if left out.", {"type": "string", "format": "date-time"}, "2026-01-15T06:00:00Z"
    ),
    "to": Parameter(
        "Where the window ends, itself not included.", {"type": "string", "format": "date-time"}, "2026-01-15T14:00:00Z"
    ),
    "site": Parameter("One site; all that you see if left out, `*`: all there are.", _TEXT, "default"),
    "shift": Parameter(
        "A shift of a site instead of `from` and `to`.",
        {"type": "string", "pattern": r"^(current|[0-9]{4}-[0-9]{2}-[0-9]{2}/.+)$"},
        "2026-01-15/morning",
    ),
    "include": Parameter("What to tell besides.", {"type": "string", "enum": ["occupied"]}, "occupied"),
    "worker_id": Parameter("One worker.", models.ID_ASKED_FOR, "W1"),
    "workstation_id": Parameter("One workstation.", models.ID_ASKED_FOR, "S1"),
    "event_type": Parameter(
        "Events of one type.", {"type": "string", "enum": ["working", "idle", "absent", "product_count"]}, "working"
    ),
    "conflicts": Parameter("Only events of which several versions arrived.", {"type": "boolean"}, example=True),
    "of": Parameter("Which table of it.", {"type": "string", "enum": list(timeline_api.TABLES)}, "hours"),
    "after": Parameter("`next` of the page before.", {"type": "string"}),
    "limit": Parameter("How many at most.", {"type": "integer", "minimum": 1, "maximum": KEPT_REFUSALS}, 1000),
}

OPERATIONS = {
    ("post", "/api/app/"): Operation(
        "Store events, each once; the answer says what became of each and leaves when all are on disk.",
        models.ObjectAnswer | ListAnswer,
        body=(models.EventIn, models.EnvelopeIn),
        problems=(408, 413, 415, 426, 429, 503, 507),
    ),
    ("get", "/api/events/"): Operation(
        "Stored events, a page at a time; never cut silently.",
        models.EventPage,
        query=events_api.QUERY,
        is_table=True,
        query_of_the_file=events_api.QUERY_OF_A_FILE,
        has_tag=True,
    ),
    ("get", "/api/metrics/workers/"): Operation(
        "A row for each registered worker; with `workstation_id` for each who was there, with time and units there alone.",
        list[models.WorkerRow],
        query=metrics_api.WORKERS_QUERY,
        is_table=True,
        problems=(404,),
        has_tag=True,
    ),
    ("get", "/api/metrics/workstations/"): Operation(
        "A row for each registered workstation.",
        list[models.WorkstationRow],
        query=metrics_api.STATIONS_QUERY,
        is_table=True,
        has_tag=True,
    ),
    ("get", "/api/metrics/factory/"): Operation(
        "The sums and averages over the workers.",
        models.FactoryRow,
        query=WINDOW_QUERY,
        is_table=True,
        has_tag=True,
    ),
    ("get", "/api/metrics/hours/"): Operation(
        "A row for each clock hour of each site.",
        list[models.HourRow],
        query=WINDOW_QUERY,
        is_table=True,
        has_tag=True,
    ),
    ("get", "/api/timeline/"): Operation(
        "How a worker spent a window, as spans that explain themselves.",
        page_models.TimelineAnswer,
        query=timeline_api.TIMELINE_QUERY,
        required=("worker_id",),
        is_table=True,
        query_of_the_file=timeline_api.QUERY_OF_THE_FILE,
        problems=(404,),
        has_tag=True,
    ),
    ("get", "/api/floor/"): Operation(
        "All that the dashboard shows, in one answer; with `If-None-Match` only if it has changed.",
        page_models.FloorAnswer,
        query=WINDOW_QUERY,
        has_tag=True,
    ),
    ("get", "/api/cameras/"): Operation(
        "A row for each camera.",
        list[models.CameraRow],
        query=("site",),
        is_table=True,
        has_tag=True,
    ),
    ("get", "/api/rejected/"): Operation(
        "The newest items that were not stored as events, newest first; `from` and `to`: when they were received.",
        list[models.RejectedRow],
        query=rejected_api.QUERY,
        is_table=True,
        has_tag=True,
    ),
    ("get", "/api/me/"): Operation("Who is asking, and what is shown to them.", models.Me, has_tag=True),
    ("get", "/healthz"): Operation(
        "Whether the collector takes events; its version and warnings to those who may look.",
        models.Health | models.HealthToStrangers,
        problems=(503,),
        is_public=True,
    ),
    ("get", "/readyz"): Operation(
        "Whether an event delivered now would be stored.", models.Readiness, problems=(503,), is_public=True
    ),
}
"""By method and address; the addresses of files follow from `is_table`."""
