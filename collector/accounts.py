"""What crosses the storage interface when a store is compared with its own events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from collector.records import Amounts, LedgerRules, OpenState, Sighting


@dataclass(frozen=True, slots=True)
class Account:
    """What the ledger knows of one worker, or should know."""

    hours: Mapping[tuple[int, str], Amounts]
    """By (hour, workstation)."""
    totals: Mapping[str, Amounts]
    """By workstation."""
    open_state: OpenState | None


class Difference(NamedTuple):
    """Something stored that the events do not bear out; None where there is nothing to say."""

    table: str
    column: str
    stored: object
    should_be: object
    at: int | None = None
    """The hour, or the event's instant."""
    station_id: str | None = None
    site: str | None = None
    worker_id: str | None = None


class Check(Protocol):
    """Compares what is stored of one worker with what the worker's events say."""

    def __call__(
        self, stored: Account, sightings: Sequence[Sighting], *, rules: LedgerRules, offset: int, horizon: int | None
    ) -> Sequence[Difference]:
        """Return the differences; `sightings` are all of the worker's, in the order of SEMANTICS §3.

        Hours before `horizon` are not compared, the sums over all hours are.
        """
        ...


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of comparing a store with its own events."""

    events: int
    workers: int
    differences: int
    """How many were told of."""
    tables: frozenset[str]
    """Where they are."""
