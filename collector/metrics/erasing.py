"""What stays of a person who is erased: when somebody worked where, and the time that was still open. Pure."""

from collections.abc import Mapping

from collector.hours import by_hour
from collector.measures import Undone, joined
from collector.metrics.measured import COLUMNS
from collector.metrics.retention import settle
from collector.metrics.spans import Span, open_spans
from collector.records import ASSUMED, Amounts, LedgerRules, Run, State
from shared.events import EventType

_COUNT = int(EventType.product_count)


def undo(run: Run, watermarks: Mapping[str, int], *, offset: int, rules: LedgerRules) -> Undone:
    """Return what stays of somebody by all the events there are; open time ends where it reaches now.

    `watermarks` maps a camera of the site to its greatest, `offset` is where the site's hours begin.
    """
    settled = settle([run], (-(2**62), 2**62), rules=rules)
    worked = {station_id: list(stretches) for station_id, stretches in settled.worked.items()}
    until = dict(settled.until)
    hours: dict[tuple[int, str], Amounts] = {}
    for span in _open(run, watermarks, rules=rules):
        until[span.workstation_id] = max(until.get(span.workstation_id, span.end), span.end)
        if span.state is EventType.working:
            worked.setdefault(span.workstation_id, []).append((span.start, span.end))
        for hour, start, end in by_hour(span.start, span.end, offset=offset):
            amounts = hours.setdefault((hour, span.workstation_id), [0, 0, 0, 0, 0])
            amounts[COLUMNS[span.state]] += end - start
            amounts[ASSUMED] += end - start if span.is_assumed else 0
    return Undone({station_id: joined(stretches) for station_id, stretches in worked.items()}, hours, until)


def _open(run: Run, watermarks: Mapping[str, int], *, rules: LedgerRules) -> list[Span]:
    states = [entry for entry in run.events if entry.event_type != _COUNT]
    if not states:
        return []
    last = states[-1]
    state = State(last.at, last.event_type, last.workstation_id, last.camera)
    watermark = None if last.camera is None else watermarks.get(last.camera)
    return open_spans(state, last_at=run.events[-1].at, rules=rules, watermark=watermark)
