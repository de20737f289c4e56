"""A worker's time as pieces that explain themselves: what began each, what ended it, and whether anybody saw it.

Built on runs, so it costs the events of its window; equal to the reference in `spans.py`, cut at the window. A piece is all
time of one state event on one basis without a break: counts in between end nothing.

    run      working@S1 ... product ... idle@S1 ...... (silence > session_gap) ...... product
    pieces   |=== working, ended by idle ===|== idle: assumed, ended by nothing ==|
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple

from collector.metrics.spans import open_spans
from collector.metrics.watch import Watch
from collector.metrics.windows import Window
from collector.records import (
    ABSENT,
    ASSUMED,
    IDLE,
    WORKING,
    Amounts,
    Camera,
    Entry,
    LedgerRules,
    Registered,
    Run,
    State,
)
from shared.events import EventType
from shared.instants import format_instant

MOST_SPANS = 10_000
"""A timeline that is longer says nothing to anybody, and would be a page of 2 MB."""

_COUNT = int(EventType.product_count)
_COLUMNS = (ABSENT, IDLE, WORKING)
"""By the code of a state."""
_START, _END = attrgetter("start"), attrgetter("end")

Unseen = Mapping[str, Watch]
"""By camera: when it did not watch, or has not told of it yet; of one that is not there it is nothing."""


class Piece(NamedTuple):
    """A stretch `[start, end)` of one worker's time in one state; microseconds."""

    start: int
    end: int
    began_by: State | Entry
    """The state's event, which may lie before `start`."""
    ended_by: Entry | None
    """The sighting up to which the time counts; None: nothing was seen, the tail or the watermark ended it.

    Of several at one instant the state that lasts. Where a window cuts a piece it lies at or after the window's end.
    """
    is_assumed: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """How a worker spent a window."""

    worker: Registered
    window: Window
    pieces: Sequence[Piece]
    """Within the window, as far as it is kept."""
    counts: Sequence[tuple[int, int]] = ()
    """When units were made within the window, and how many; ascending."""
    hour_offset: int = 0
    """Where the hours of the worker's site begin, past the full hour of UTC."""
    kept_from: int | None = None
    """Where the window begins before this instant: time before it is no longer kept; None: all of it is."""
    unseen: Unseen = field(default_factory=dict)
    """By the cameras of the worker's site."""

    @property
    def kept_window(self) -> Window:
        """What of the window is kept; its pieces are told of that."""
        start, end = self.window.start, self.window.end
        if self.kept_from is None:
            return self.window
        return Window(self.kept_from if start is None else max(start, self.kept_from), end)


def kept_since(horizon: int | None, window: Window) -> int | None:
    """Return from when on a window can be told, if that is not all of it: at its end, if none of it can."""
    if horizon is None or (window.start is not None and window.start >= horizon):
        return None
    return horizon if window.end is None else min(horizon, window.end)


def watermarks_of(cameras: Iterable[Camera], *, site: str) -> dict[str, int]:
    """Return the watermark of each camera of a site that has one."""
    return {camera.name: camera.watermark for camera in cameras if camera.site == site and camera.watermark is not None}


def pieces(run: Run, *, rules: LedgerRules, watermarks: Mapping[str, int]) -> list[Piece]:
    """Return the pieces of a run and, if it is the last, what goes on after it; ascending, none empty, none overlapping.

    `watermarks` maps a camera of the worker's site to its greatest.
    """
    result: list[Piece] = []
    state: State | Entry | None = run.state
    last: Entry | None = None
    last_at = since = run.last_at if run.last_at is not None else 0
    for entry in run.events:
        at = entry.at
        if at - last_at > rules.session_gap and state is not None:
            _fall_silent(result, state, seen=(since, last_at, last), tail=rules.tail)
            since = at
        if entry.event_type != _COUNT:
            if state is not None and since < at:
                result.append(Piece(since, at, state, entry, False))  # noqa: FBT003 - once a state, for everybody
            elif result:
                _mend(result, entry)
            state, since = entry, at
        last_at, last = at, entry
    if state is None:
        return []
    if run.is_last:
        _go_on(result, state, seen=(since, last_at, last), rules=rules, watermarks=watermarks)
    else:
        _add(result, state, start=since, end=last_at, ended_by=last)
    return result


def within(window: Window, of: Sequence[Piece]) -> list[Piece]:
    """Return pieces, which ascend, cut at the ends of a window."""
    start, end = window.start, window.end
    first = 0 if start is None else bisect_right(of, start, key=_END)
    behind = len(of) if end is None else bisect_left(of, end, key=_START)
    result = list(of[first:behind])
    if result and start is not None and result[0].start < start:
        result[0] = result[0]._replace(start=start)
    if result and end is not None and end < result[-1].end:
        result[-1] = result[-1]._replace(end=end)
    return result


def counts_of(run: Run, window: Window) -> list[tuple[int, int]]:
    """Return when units were made within a window, and how many."""
    return [(entry.at, entry.count) for entry in run.events if entry.event_type == _COUNT and window.holds(entry.at)]


def sums(of: Iterable[Piece]) -> Amounts:
    """Return the time of pieces by column; units are none."""
    result = [0, 0, 0, 0, 0]
    for start, end, began_by, _, is_assumed in of:
        result[_COLUMNS[began_by.event_type]] += end - start
        if is_assumed:
            result[ASSUMED] += end - start
    return result


def unwatched_time(of: Iterable[Piece], unseen: Unseen) -> int:
    """Return how much of pieces counts as observed though their cameras did not watch it, or have not told of it yet."""
    return sum(
        unseen[camera].within(piece.start, piece.end)
        for piece in of
        if not piece.is_assumed and (camera := piece.began_by.camera) is not None and camera in unseen
    )


def span_rows(of: Iterable[Piece], *, unseen: Unseen) -> list[dict[str, Any]]:
    """Return pieces as the API shows them."""
    return [
        {
            "start": format_instant(piece.start),
            "end": format_instant(piece.end),
            "state": EventType(piece.began_by.event_type).name,
            "workstation_id": piece.began_by.workstation_id,
            "began_by": {**_event_row(piece.began_by), "camera": piece.began_by.camera},
            "ended_by": None if piece.ended_by is None else _event_row(piece.ended_by),
            "basis": "assumed" if piece.is_assumed else "observed",
            "unwatched_us": unwatched_time([piece], unseen),
        }
        for piece in of
    ]


def sum_row(of: Sequence[Piece], *, window: Window, unseen: Unseen) -> dict[str, int | None]:
    """Return the sums of pieces as the API shows them; `no_data_us` is None where the window is open."""
    amounts = sums(of)
    working, idle, absent = amounts[WORKING], amounts[IDLE], amounts[ABSENT]
    return {
        "working_us": working,
        "idle_us": idle,
        "absent_us": absent,
        "assumed_us": amounts[ASSUMED],
        "unwatched_us": unwatched_time(of, unseen),
        "no_data_us": None if window.length is None else window.length - working - idle - absent,
    }


def _event_row(event: State | Entry) -> dict[str, Any]:
    return {
        "timestamp": format_instant(event.at),
        "event_type": EventType(event.event_type).name,
        "workstation_id": event.workstation_id,
    }


_Seen = tuple[int, int, Entry | None]
"""From when the state in force was seen without a break, the last sighting, and what it was (None: before the run)."""


def _fall_silent(result: list[Piece], state: State | Entry, *, seen: _Seen, tail: int) -> None:
    """End a state at the last sighting, and let it go on for its tail."""
    since, last_at, last = seen
    _add(result, state, start=since, end=last_at, ended_by=last)
    _add(result, state, start=last_at, end=state.at + tail, ended_by=None)


def _go_on(
    result: list[Piece], state: State | Entry, *, seen: _Seen, rules: LedgerRules, watermarks: Mapping[str, int]
) -> None:
    """Let a state go on after the worker's last sighting of all."""
    since, last_at, last = seen
    stands = State(state.at, state.event_type, state.workstation_id, state.camera)
    watermark = None if state.camera is None else watermarks.get(state.camera)
    goes_on = open_spans(stands, last_at=last_at, rules=rules, watermark=watermark)
    if goes_on and not goes_on[0].is_assumed:
        result.append(Piece(since, goes_on.pop(0).end, state, None, is_assumed=False))
    else:
        _add(result, state, start=since, end=last_at, ended_by=last)
    result.extend(Piece(span.start, span.end, state, None, is_assumed=True) for span in goes_on)


def _mend(result: list[Piece], entry: Entry) -> None:
    """Note a further state at the instant at which a piece ended: the last of them is the one that lasts."""
    before = result[-1]
    if before.end == entry.at and before.ended_by is not None:
        result[-1] = before._replace(ended_by=entry)


def _add(result: list[Piece], state: State | Entry, *, start: int, end: int, ended_by: Entry | None) -> None:
    if start < end:
        result.append(Piece(start, end, state, ended_by, is_assumed=ended_by is None))
