"""A timeline as it is drawn: few segments, none too short to be seen. For the eye alone; no sum is ever taken from it.

A segment shorter than 1/800 of the window (and than a second) is folded into its neighbours. What is folded together takes
the look that most of its time has, so that no state is lost to another only because it changes often. Assumed time stays
apart from what was seen. What of a worker's time is drawn, and what of it nobody saw, is judged in `sight.py`.

    strokes    |====== W ======|I|W|I|====== A ======|    |I|    (no data around it: stays)
    segments   |====== W ======|  I  |====== A ======|    |I|
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from operator import itemgetter, sub

from collector.metrics.timeline import Piece, pieces
from collector.records import LedgerRules, Run, State
from shared.events import EventType
from shared.instants import SECOND

PIXELS = 800
"""No screen shows a row of more."""
MOST_SEGMENTS = 400

LETTERS = {int(EventType.absent): "a", int(EventType.idle): "i", int(EventType.working): "w"}
Segment = tuple[int, int, str, int, int]
"""Seconds after the window's start, length in seconds, letter of the state, index of the station, 1 if assumed."""
Look = tuple[int, str, bool]
"""Code of the state, workstation, whether it is assumed."""
Stroke = tuple[int, int, Look]
"""`[start, end)` in microseconds, and what it looks like."""
Told = tuple[int, int, Look, str | None]
"""The same, and the camera that told it; None: no camera did."""

_COUNT = int(EventType.product_count)
_AT, _KIND = itemgetter(0), itemgetter(1)
_START, _END = itemgetter(0), itemgetter(1)


def strokes(run: Run, *, rules: LedgerRules, watermarks: Mapping[str, int]) -> list[Told]:
    """Return the time of a run, and of what goes on after it; ascending, none empty, none overlapping.

    Equal to the pieces of the run. Time is a sum over pairs of sightings, so a run may be cut in two at any state: between
    its first and its last, where no count stands between and nobody was silent for long, each simply lasts until the next.
    That is most of an outline, and a page is made of 20,000 of them.
    """
    events = run.events
    states = events[:-1] if events and events[-1].event_type == _COUNT else events
    ats = [*map(_AT, states)]
    if len(states) < 2 or max(map(_KIND, states)) == _COUNT or max(map(sub, ats[1:], ats)) > rules.session_gap:
        return [*map(_told, pieces(run, rules=rules, watermarks=watermarks))]
    at, kind, station_id, _, _, camera = states[-1]
    before = Run(run.state, run.last_at, states[:1], is_last=False)
    after = Run(State(at, kind, station_id, camera), at, events[len(states) :], run.is_last)
    result = [*map(_told, pieces(before, rules=rules, watermarks=watermarks))]
    result += [
        (at, until, (kind, station_id, False), camera)
        for (at, kind, station_id, _, _, camera), until in zip(states, islice(ats, 1, None), strict=False)
        if at < until
    ]
    result += map(_told, pieces(after, rules=rules, watermarks=watermarks))
    return result


def shortest(start: int, end: int) -> int:
    """Return how long something within a window must be to be seen."""
    return max((end - start) // PIXELS, SECOND)


def segments(of: Sequence[Stroke], *, window: tuple[int, int], stations: Mapping[str, int]) -> list[Segment]:
    """Return strokes within a window as at most 400 segments; `stations` gives each workstation its index."""
    start, end = window
    least = shortest(start, end)
    folded = _folded(_within(of, start, end=end), least=least, bridged=0)
    while len(folded) > MOST_SEGMENTS:  # now also over gaps that nobody would see
        least *= 2
        folded = _folded(folded, least=least, bridged=least)
    return _in_seconds(folded, start=start, stations=stations)


def _told(piece: Piece) -> Told:
    start, end, (_, kind, station_id, *_), _, is_assumed = piece
    return start, end, (kind, station_id, is_assumed), piece.began_by.camera


def _within(of: Sequence[Stroke], start: int, *, end: int) -> list[Stroke]:
    result = list(of[bisect_right(of, start, key=_END) : bisect_left(of, end, key=_START)])
    if result:
        result[0] = (max(start, result[0][0]), *result[0][1:])
        result[-1] = (result[-1][0], min(end, result[-1][1]), result[-1][2])
    return result


def _folded(of: Iterable[Stroke], *, least: int, bridged: int) -> list[Stroke]:
    """Return the strokes, short ones folded together and into their neighbours; a gap of at most `bridged` is none."""
    result: list[Stroke] = []
    short: list[Stroke] = []
    for stroke in of:
        start, end, look = stroke
        if short and _are_apart(short[-1], stroke, bridged=bridged):
            _add(result, _together(short), least=least, bridged=bridged)
            short = []
        if short or end - start < least:
            short.append(stroke)
            if end - short[0][0] >= least:
                _add(result, _together(short), least=least, bridged=bridged)
                short = []
        elif result and result[-1][2] == look and start - result[-1][1] <= bridged:
            result[-1] = (result[-1][0], end, look)
        else:
            result.append(stroke)
    if short:
        _add(result, _together(short), least=least, bridged=bridged)
    return result


def _are_apart(before: Stroke, stroke: Stroke, *, bridged: int) -> bool:
    """Say whether two strokes cannot become one: what nobody saw must not look as if somebody had, if it can be helped."""
    return stroke[0] - before[1] > bridged or (not bridged and before[2][2] != stroke[2][2])


def _add(result: list[Stroke], stroke: Stroke, *, least: int, bridged: int) -> None:
    start, end, look = stroke
    if result and not _are_apart(result[-1], stroke, bridged=bridged):
        first, _, before = result[-1]
        if before == look or end - start < least:
            result[-1] = (first, end, before)
            return
    result.append(stroke)


def _together(short: Sequence[Stroke]) -> Stroke:
    """Return strokes as one, with the look that most of their time has."""
    times: dict[Look, int] = {}
    for start, end, look in short:
        times[look] = times.get(look, 0) + end - start
    return short[0][0], short[-1][1], max(times, key=lambda look: times[look])


def _in_seconds(of: Iterable[Stroke], *, start: int, stations: Mapping[str, int]) -> list[Segment]:
    # Both ends are rounded, not the length, so that neighbours still touch.
    half = SECOND // 2 - start
    return [
        (first, last - first, LETTERS[kind], stations[station_id], 1 if is_assumed else 0)
        for since, until, (kind, station_id, is_assumed) in of
        if (first := (since + half) // SECOND) < (last := (until + half) // SECOND)
    ]
