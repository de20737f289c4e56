"""What crosses the storage interface: plain values that storage, metrics and the loops share.

Instants are microseconds UTC. All appear by the ids people gave them; numbers of databases never leave the storage room.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from collector.hours import HourRange, Moved
from shared.events import Event, EventType
from shared.receipts import Range, Ranges


class Key(NamedTuple):
    """What makes two events the same event (SEMANTICS §2)."""

    site: str
    worker_id: str
    at: int
    event_type: EventType
    workstation_id: str


class Version(NamedTuple):
    """What an event says beyond its key, and the least name among the cameras that delivered it."""

    count: int  # type: ignore[assignment]  # the field hides tuple.count, which nobody needs here
    confidence: float | None
    camera: str | None


class Outcome(Enum):
    """What became of one arriving event."""

    accepted = "accepted"
    duplicate = "duplicate"
    conflict = "conflict"
    """A duplicate that differed from what was stored at that moment."""
    too_old = "too_old"
    """Not kept: it lies before the site's horizon."""
    forgotten = "forgotten"
    """Not kept: its worker was erased."""


class Entry(NamedTuple):
    """An event of one worker: its key within the worker, then what it says; `entry[:3]` sorts as SEMANTICS §3 orders."""

    at: int
    event_type: int
    """The code of an `EventType`."""
    workstation_id: str
    count: int  # type: ignore[assignment]  # the field hides tuple.count, which nobody needs here
    confidence: float | None
    camera: str | None
    """The least name among the cameras that delivered it."""


EntryKey = tuple[int, int, str]
"""The first three fields of an entry."""


class State(NamedTuple):
    """A state in force: what its event said."""

    at: int
    event_type: int
    workstation_id: str
    camera: str | None


class OpenState(NamedTuple):
    """Where a worker's time stands: the last sighting of all, and the state in force at it if there was one."""

    last_at: int
    state: State | None


class Run(NamedTuple):
    """What tells a stretch of a worker's time: stored events, whole instants only, and what stands before them.

    Counts may be left out that lie between two events at most a `session_gap` apart, and are no other version of an arrival.
    """

    state: State | None
    """In force before the first event."""
    last_at: int | None
    """The last sighting before the first event."""
    events: Sequence[Entry]
    """In order; every state between the first and the last is there."""
    is_last: bool
    """No stored event follows."""


Amounts = list[int]
"""working, idle, absent, assumed (contained in those three) in microseconds, and units."""
WORKING, IDLE, ABSENT, ASSUMED, UNITS = range(5)


class Splice(NamedTuple):
    """What a batch of arrivals changes for one worker."""

    outcomes: Sequence[Outcome]
    """One for each arrival, in the order of arrival."""
    survivors: Sequence[Entry]
    """Events to insert or to overwrite, in order, one of each key."""
    losers: Sequence[Entry]
    """Versions that lost against another of the same key; the same one may be listed, or stored, before."""
    hours: Mapping[tuple[int, str], Amounts]
    """What (hour, workstation) gains and loses, in closed time and units; none is all zero."""
    hour_ranges: Sequence[HourRange]
    """The same for many hours at a time; none of them is in `hours`, too."""
    open_state: OpenState | None
    """Where the worker's time stands afterwards; None: as before."""
    moved: Sequence[Moved] = ()
    """What else hours gain and lose, many at a time; of blocks without a time that is taken for granted."""


class Decide(Protocol):
    """Judges the arrivals of one worker against what is stored around them."""

    def __call__(self, runs: Sequence[Run], arrivals: Sequence[Entry], *, offset: int) -> Splice:
        """Return what they change; `offset` is where the site's hours begin, in microseconds past the full hour."""
        ...


class LedgerRules(NamedTuple):
    """The settings that stored amounts depend on, in microseconds."""

    session_gap: int
    """A longer silence is no data."""
    tail: int
    """How long a state goes on after its own event when nothing follows; at most `session_gap`."""


class Retention(NamedTuple):
    """How long each class of what is stored is kept, in microseconds; None: for ever."""

    events: int | None = None
    person_hours: int | None = None
    workstation_hours: int | None = None


KEPT_FOR_EVER = Retention()


@dataclass(frozen=True, slots=True)
class Contact:
    """What an edge agent said of itself and its numbering."""

    epoch: str
    seqs: Ranges
    """Numbers that arrived or will never arrive."""
    last_seq: int
    version: str
    is_live: bool
    """False for a replay: it says nothing of how the camera is now."""
    watermark: int | None
    """Already taken as no later than the collector's clock."""
    pending: int
    oldest_pending_at: int | None
    clock_offset_us: int
    """The camera's clock minus the collector's, at receipt."""
    watched: Sequence[tuple[int, int]] | None = None
    """When it watched, by what its agent knows of late; None of one that does not say."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An item that was not stored as an event, kept for people to look at."""

    code: str
    error: str
    item: str
    """Its JSON, or the text of a line that is none, cut to 2,000 characters."""


class KeptRefusal(NamedTuple):
    """A refused item with where and when it came."""

    received_at: int
    site: str
    camera: str | None
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request's worth of events."""

    site: str
    """Where the settings place it; a camera that has events stays at the site where it has them."""
    camera: str | None
    received_at: int
    events: Sequence[Event]
    refusals: Sequence[Refusal] = ()
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a delivery."""

    outcomes: Sequence[Outcome]
    lacking: Sequence[Range]
    """At most 100 ranges of the contact's epoch that never arrived."""
    horizon: int | None = None
    """The instant before which the site takes no events any more, if it has one."""
    last_seq: int | None = None
    """The greatest number of the contact's epoch that is known to have been given out; None without a contact."""
    site: str = ""
    """Where it is stored: a camera that has events stays where it has them, whatever the settings say."""


class Sighting(NamedTuple):
    """A stored event as the arithmetic of time sees it."""

    at: int
    event_type: EventType
    workstation_id: str
    count: int  # type: ignore[assignment]  # the field hides tuple.count, which nobody needs here
    camera: str | None


@dataclass(frozen=True, slots=True)
class Registered:
    """A worker or workstation that was seen or named."""

    site: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera that has delivered or called; None where it never said."""

    site: str
    name: str
    watermark: int | None
    last_contact_at: int | None
    pending: int
    oldest_pending_at: int | None
    clock_offset_us: int | None
    version: str | None
    missing: int
    """Numbers given out at the camera that neither arrived here nor wait there."""
    has_events: int = 0
    """1: it has events here, so this is its site whatever the settings say; 0: it has none."""
    is_paused: int = 0
    """1: by an operator; nothing is taken from it and nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that metrics are made of, as of one moment."""

    workers: Sequence[Registered]
    """Ordered by site and id, as all sequences here."""
    workstations: Sequence[Registered]
    cameras: Sequence[Camera]
    sightings: Mapping[tuple[str, str], Sequence[Sighting]]
    """For each (site, worker): its sightings in the order of SEMANTICS §3."""


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which stored events to list; None does not restrict."""

    sites: Sequence[str] | None = None
    worker_id: str | None = None
    workstation_id: str | None = None
    event_type: EventType | None = None
    from_at: int | None = None
    to_at: int | None = None
    only_conflicts: bool = False
    after: Key | None = None
    limit: int = 1_000


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it survived, with the versions that lost."""

    key: Key
    version: Version
    losers: Sequence[tuple[int, float | None]]
    """(count, confidence), greatest first."""


@dataclass(frozen=True, slots=True)
class NewName:
    """A name for a worker or a workstation; an id that is not registered yet will be."""

    kind: str
    """`worker` or `workstation`."""
    site: str
    id: str
    name: str
