"""When workstations were worked at, whoever it was: time that is counted once however many work there (SEMANTICS §6).

W1        |=== working at S1 ===|
W2                  |=== working at S1 ===|   |== working at S2 ==|
S1        |===============================|
S2                                            |===================|
"""

from collections.abc import Iterable
from functools import partial

from collector.measures import Occupied, Stretches, joined
from collector.metrics.timeline import pieces, within
from collector.metrics.windows import Window
from collector.records import LedgerRules, Run
from shared.events import EventType

_WORKING = int(EventType.working)


def occupied_in(window: Window, *, rules: LedgerRules, most: int) -> Occupied:
    """Return what a store is asked for to tell how long workstations were occupied in a window closed at both ends."""
    if window.start is None or window.end is None:
        raise ValueError("a workstation's occupied time is told for a closed window only")
    return Occupied((window.start, window.end), partial(worked_at, rules=rules), most)


def worked_at(runs: Iterable[Run], stretch: tuple[int, int], *, rules: LedgerRules) -> dict[str, Stretches]:
    """Return by workstation when anybody worked there within `[start, end)`, in closed time; ascending, all apart."""
    found: dict[str, list[tuple[int, int]]] = {}
    window = Window(*stretch)
    for run in runs:
        closed = run._replace(is_last=False)  # what goes on after the last sighting of all is told by the open state
        for piece in within(window, pieces(closed, rules=rules, watermarks={})):
            if piece.began_by.event_type == _WORKING:
                found.setdefault(piece.began_by.workstation_id, []).append((piece.start, piece.end))
    return {station_id: joined(stretches) for station_id, stretches in found.items()}
