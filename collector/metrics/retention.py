"""What is kept how long: when it may go, what stays of it, and how that is told in words. Pure.

Three classes, each kept at least as long as the one before: events; hours of persons, which then name nobody; hours of
workstations. All go by whole hours of the site.
"""

from collections.abc import Iterable, Iterator, Mapping

from collector.hours import hour_of
from collector.measures import Kept, Settled, joined
from collector.metrics.drift import duration
from collector.metrics.timeline import pieces, within
from collector.metrics.windows import Window
from collector.records import KEPT_FOR_EVER, LedgerRules, Retention, Run
from shared.events import EventType
from shared.instants import HOUR, format_instant

DAY = 24 * HOUR
_WHAT_GOES = ("events", "names in hours", "hours")
_WORKING = int(EventType.working)
UNSCRUBBED = (
    "bytes of somebody who was erased are still on the disk: the service tries every hour to write over them, and so does "
    "collector forget, run again"
)


def due(retention: Retention, *, offset: int, now: int) -> Kept:
    """Return from when on a site shall have what, as of now; `offset` is where its hours begin.

    >>> due(Retention(events=2 * HOUR), offset=0, now=5 * HOUR + 1) == Kept(events=3 * HOUR)
    True
    """
    return Kept(*(None if kept is None else max(0, hour_of(now - kept, offset=offset)) for kept in retention))


def is_due(kept: Kept, to: Kept) -> bool:
    """Say whether anything is to go."""
    return any(wanted is not None and (there is None or there < wanted) for there, wanted in zip(kept, to, strict=True))


def settle(runs: Iterable[Run], stretch: tuple[int, int], *, rules: LedgerRules) -> Settled:
    """Return what stays of `[start, end)` in closed time: when anybody worked where, and until when anybody was there."""
    worked: dict[str, list[tuple[int, int]]] = {}
    until: dict[str, int] = {}
    window = Window(*stretch)
    for run in runs:
        closed = run._replace(is_last=False)  # what goes on after the last sighting of all is told by the open state
        for piece in within(window, pieces(closed, rules=rules, watermarks={})):
            station_id = piece.began_by.workstation_id
            until[station_id] = max(until.get(station_id, piece.end), piece.end)
            if piece.began_by.event_type == _WORKING:
                worked.setdefault(station_id, []).append((piece.start, piece.end))
    return Settled({station_id: joined(stretches) for station_id, stretches in worked.items()}, until)


def sentences(retention: Retention, *, kept: Mapping[str, Kept], offsets: Mapping[str, int], now: int) -> list[str]:
    """Return what is kept how long, what is gone and what goes next; the first sentence warns where nothing ever goes.

    >>> sentences(KEPT_FOR_EVER, kept={}, offsets={}, now=0)[0]
    'retention is off: events and hours of persons are kept for ever; set [retention] in the settings'
    """
    gone = list(_gone(kept))
    if retention == KEPT_FOR_EVER:
        return [
            "retention is off: events and hours of persons are kept for ever; set [retention] in the settings",
            *gone,
        ]
    told = [
        f"{what} are kept {'for ever' if length is None else f'for {in_days(length)}'}"
        for what, length in zip(("events", "hours of persons", "hours of workstations"), retention, strict=True)
    ]
    return [*told, *gone, *_next(retention, kept=kept, offsets=offsets, now=now)]


def in_days(length: int) -> str:
    """Return a duration in days where it is some.

    >>> in_days(14 * DAY), in_days(36 * HOUR)
    ('14d', '36h')
    """
    return f"{length // DAY}d" if length % DAY == 0 else duration(length)


def _gone(kept: Mapping[str, Kept]) -> Iterator[str]:
    """Yield what is stored of each site that has let something go, whatever the settings say today."""
    for site, instants in sorted(kept.items()):
        there = [
            f"{what} before {format_instant(at)}"
            for what, at in zip(_WHAT_GOES, instants, strict=True)
            if at is not None
        ]
        if there:
            yield f"site {site}: gone are {', '.join(there)}"


def _next(retention: Retention, *, kept: Mapping[str, Kept], offsets: Mapping[str, int], now: int) -> Iterator[str]:
    for site, offset in sorted(offsets.items()):
        to = due(retention, offset=offset, now=now)
        waiting = [
            f"{what} before {format_instant(wanted)}"
            for what, there, wanted in zip(_WHAT_GOES, kept.get(site, Kept()), to, strict=True)
            if wanted is not None and (there is None or there < wanted)
        ]
        if waiting:
            yield f"site {site}: next to go are {', '.join(waiting)}"
        elif coming := sorted(_coming(retention, kept=kept.get(site, Kept()))):
            at, *_ = coming[0]
            then = [f"{what} before {format_instant(before)}" for when, what, before in coming if when == at]
            yield f"site {site}: nothing is due before {format_instant(at)}; then go {', '.join(then)}"


def _coming(retention: Retention, *, kept: Kept) -> Iterator[tuple[int, str, int]]:
    """Yield for each class when its next hour is due, what it is called, and from when on the site still has it then."""
    for what, length, there in zip(_WHAT_GOES, retention, kept, strict=True):
        if length is not None and there is not None:
            yield there + HOUR + length, what, there + HOUR
