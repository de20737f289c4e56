"""What the ledger should know of a worker, worked out from all events by the reference, and where it differs.

Nothing here is shared with `ledger.py`, which maintains the amounts difference by difference: time comes from `spans`, which
reads all sightings of a worker at once. That both agree is what `collector db verify` shows.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TypeVar

from collector.accounts import Account, Difference
from collector.hours import by_hour, hour_of
from collector.metrics.spans import spans
from collector.records import (
    ABSENT,
    ASSUMED,
    IDLE,
    UNITS,
    WORKING,
    Amounts,
    LedgerRules,
    OpenState,
    Sighting,
    State,
)
from shared.events import EventType

COLUMNS = ("working", "idle", "absent", "assumed", "units")
"""The names of the amounts, in their order."""
_STATES = {EventType.working: WORKING, EventType.idle: IDLE, EventType.absent: ABSENT}
_OPEN_COLUMNS = ("last_at", "state_at", "state_type", "state_workstation", "state_camera")
Place = TypeVar("Place", bound=Hashable)


def check(
    stored: Account, sightings: Sequence[Sighting], *, rules: LedgerRules, offset: int, horizon: int | None = None
) -> list[Difference]:
    """Return where what is stored of a worker differs from what the worker's events say.

    `sightings` are all of the worker's, in the order of SEMANTICS §3; `offset` is where the site's hours begin. Hours before
    `horizon` are taken as they stand: no events tell them any more.
    """
    should_be = account(sightings, rules=rules, offset=offset)
    if horizon is not None:
        should_be = _since(horizon, should_be, stored=stored)
    found = [
        difference._replace(table="ledger", at=hour, station_id=station_id)
        for (hour, station_id), difference in _differing(stored.hours, should_be.hours)
    ]
    found += [
        difference._replace(table="total", station_id=station_id)
        for station_id, difference in _differing(stored.totals, should_be.totals)
    ]
    return found + _differing_states(stored.open_state, should_be.open_state)


def _since(horizon: int, told: Account, *, stored: Account) -> Account:
    hours = {place: amounts for place, amounts in stored.hours.items() if place[0] < horizon}
    hours.update((place, amounts) for place, amounts in told.hours.items() if place[0] >= horizon)
    totals = {place: amounts for place, amounts in _added_up(hours).items() if any(amounts)}
    return Account(hours, totals, told.open_state)


def account(sightings: Sequence[Sighting], *, rules: LedgerRules, offset: int) -> Account:
    """Return what the ledger should know of a worker: closed time and units by hour, their totals, the open state."""
    if not sightings:
        return Account({}, {}, None)
    last_at = sightings[-1].at
    hours: dict[tuple[int, str], Amounts] = {}
    for span in spans(sightings, rules=rules, watermarks={}):
        if span.end > last_at:
            continue  # what goes on after the last sighting is open
        for hour, start, end in by_hour(span.start, span.end, offset=offset):
            amounts = hours.setdefault((hour, span.workstation_id), _nothing())
            amounts[_STATES[span.state]] += end - start
            amounts[ASSUMED] += end - start if span.is_assumed else 0
    for sighting in sightings:
        if sighting.event_type is EventType.product_count and sighting.count:
            place = (hour_of(sighting.at, offset=offset), sighting.workstation_id)
            hours.setdefault(place, _nothing())[UNITS] += sighting.count
    return Account(hours, _added_up(hours), OpenState(last_at, _last_state(sightings)))


def _nothing() -> Amounts:
    return [0] * len(COLUMNS)


def _added_up(hours: Mapping[tuple[int, str], Amounts]) -> dict[str, Amounts]:
    totals: dict[str, Amounts] = {}
    for (_, station_id), amounts in hours.items():
        before = totals.get(station_id, _nothing())
        totals[station_id] = [left + right for left, right in zip(before, amounts, strict=True)]
    return totals


def _last_state(sightings: Sequence[Sighting]) -> State | None:
    for at, kind, station_id, _, camera in reversed(sightings):
        if kind is not EventType.product_count:
            return State(at, int(kind), station_id, camera)
    return None


def _differing(
    stored: Mapping[Place, Amounts], should_be: Mapping[Place, Amounts]
) -> Iterator[tuple[Place, Difference]]:
    """Yield a difference for each column that is wrong, or one for a row that is missing or too much."""
    for place in {**should_be, **stored}:
        there, right = stored.get(place), should_be.get(place)
        if there is None or right is None:
            yield place, Difference("", "row", _in_words(there), _in_words(right))
            continue
        for name, left, other in zip(COLUMNS, there, right, strict=True):
            if left != other:
                yield place, Difference("", name, left, other)


def _differing_states(stored: OpenState | None, should_be: OpenState | None) -> list[Difference]:
    if stored is None or should_be is None:
        if stored == should_be:
            return []
        return [Difference("open_state", "last_at", stored and stored.last_at, should_be and should_be.last_at)]
    pairs = zip(_OPEN_COLUMNS, _columns_of(stored), _columns_of(should_be), strict=True)
    return [Difference("open_state", name, left, right) for name, left, right in pairs if left != right]


def _columns_of(stands: OpenState) -> tuple[object, ...]:
    return (stands.last_at, *(stands.state or (None, None, None, None)))


def _in_words(amounts: Amounts | None) -> str | None:
    if amounts is None:
        return None
    said = [f"{name} {amount:,}" for name, amount in zip(COLUMNS, amounts, strict=True) if amount]
    return ", ".join(said) or "all 0"
