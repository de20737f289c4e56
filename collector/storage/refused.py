"""Events that a store refuses, as they are kept for people to look at: they were events when they came, so none has its text."""

import json
from collections.abc import Iterator, Sequence

from collector.records import Outcome, Refusal
from shared.events import Event, EventType
from shared.instants import format_instant


def refused(events: Sequence[Event], became: Sequence[Outcome], *, horizon: int | None) -> Iterator[Refusal]:
    """Yield what is kept of the events that a site does not take any more."""
    if horizon is None or Outcome.too_old not in became:
        return
    for event, outcome in zip(events, became, strict=True):
        if outcome is Outcome.too_old:
            error = f"timestamp lies before {format_instant(horizon)}: earlier events of this site are no longer kept"
            yield Refusal(outcome.value, error, _item(event))


def _item(event: Event) -> str:
    item = {
        "timestamp": format_instant(event.at),
        "worker_id": event.worker_id,
        "workstation_id": event.workstation_id,
        "event_type": EventType(event.event_type).name,
        "count": event.count,
        "confidence": event.confidence,
    }
    return json.dumps(item, ensure_ascii=True)
