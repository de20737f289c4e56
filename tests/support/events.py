"""Events to test with: made from a number, so that any of them can be told from any other."""

from shared.events import Event, EventType
from shared.instants import MINUTE, SECOND, format_instant
from tests.support.fake_clock import START


def event(number: int, *, at: int | None = None) -> Event:
    """Return the event of a number: one a minute from START on unless `at` says otherwise."""
    return Event(
        at=START + number * MINUTE if at is None else at,
        worker_id=f"W{number % 7}",
        workstation_id=f"S{number}",
        event_type=EventType(number % 4),
        count=number % 4 // 3,
        confidence=None if number % 2 else 0.5,
    )


def events(first: int, last: int) -> list[Event]:
    """Return the events of the numbers first to last, both included."""
    return [event(number) for number in range(first, last + 1)]


def json_event(number: int) -> dict[str, object]:
    """Return an event as a producer posts it, one a second, each from a worker of its own."""
    return {
        "timestamp": format_instant(START + number * SECOND),
        "worker_id": f"W{number}",
        "workstation_id": "S1",
        "event_type": "working",
        "confidence": 0.9,
    }
