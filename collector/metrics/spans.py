"""How long a state lasts: from a worker's sightings to spans of time (SEMANTICS §4).

This is the reference: it reads all sightings of a worker and nothing else, and every faster way is checked against it.

    W1   working@S1 ....... product ....... idle@S1 .... working@S2 ..... (silence > gap) ..... product .. absent
         |============ working S1 ==========|== idle ===|= S2, tail =|        no data           |== S2 ==|absent…
"""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from collector.records import LedgerRules, Sighting, State
from shared.events import EventType


class Span(NamedTuple):
    """A stretch `[start, end)` of one worker's time in one state; microseconds."""

    start: int
    end: int
    state: EventType
    workstation_id: str
    """The station that the state's event names."""
    began_at: int
    """The instant of the state's event, which may lie before `start`."""
    is_assumed: bool
    """Nobody saw it: the tail after the last sign."""


def spans(sightings: Sequence[Sighting], *, rules: LedgerRules, watermarks: Mapping[str, int]) -> list[Span]:
    """Return the spans of one worker, ascending, none empty, none overlapping.

    `sightings` are all of the worker's, in the order of SEMANTICS §3; `watermarks` maps a camera to its greatest.

    >>> W, P = EventType.working, EventType.product_count
    >>> seen = [Sighting(0, W, "S1", 0, None), Sighting(900, W, "S1", 0, None), Sighting(1800, P, "S1", 3, None)]
    >>> [(span.start, span.end) for span in spans(seen, rules=LedgerRules(36_000, 300), watermarks={})]
    [(0, 900), (900, 1800)]
    """
    result: list[Span] = []
    state: Sighting | None = None
    for sighting, following in zip_longest(sightings, sightings[1:]):
        if sighting.event_type is not EventType.product_count:
            state = sighting
        if state is None:
            continue
        if following is not None and following.at - sighting.at <= rules.session_gap:
            _extend(result, state, end=following.at, start=sighting.at, is_assumed=False)
            continue
        if following is None:
            watermark = watermarks.get(state.camera) if state.camera is not None else None
            stands = State(state.at, state.event_type, state.workstation_id, state.camera)
            for span in open_spans(stands, last_at=sighting.at, rules=rules, watermark=watermark):
                _extend(result, state, start=span.start, end=span.end, is_assumed=span.is_assumed)
        else:
            _extend(result, state, start=sighting.at, end=state.at + rules.tail, is_assumed=True)
    return result


def open_spans(state: State, *, last_at: int, rules: LedgerRules, watermark: int | None) -> list[Span]:
    """Return how a state goes on after the worker's last sighting of all (rule 3): watched, then assumed.

    last_at |==== watched ====| watermark |== assumed ==| its own event + tail
    """
    watched_until = last_at
    if watermark is not None and last_at < watermark <= last_at + rules.session_gap:
        watched_until = watermark
    watched = Span(
        last_at, watched_until, EventType(state.event_type), state.workstation_id, state.at, is_assumed=False
    )
    assumed = watched._replace(start=watched_until, end=state.at + rules.tail, is_assumed=True)
    return [span for span in (watched, assumed) if span.start < span.end]


def _extend(result: list[Span], state: Sighting, *, start: int, end: int, is_assumed: bool) -> None:
    if end <= start:
        return
    span = Span(start, end, state.event_type, state.workstation_id, state.at, is_assumed)
    before = result[-1] if result else None
    if before is not None and before.end == start and before[2:] == span[2:]:
        result[-1] = before._replace(end=end)
    else:
        result.append(span)
