"""What each worker is doing now, as far as anybody can know: at the camera's watermark, and never after now.

Between two calls of a camera nobody has watched yet; so "now" is the end of what was watched. Sightings after that (a camera
that catches up sends its newest events first, and a clock may be ahead) vouch for nothing: what lies before them may still
be on its way. Then it is the state in force at the watermark, which the worker's timeline tells. Of a camera that is more than
two minutes behind, as one that is Late, that is the last that is known, and marked as such (decision 0014).

    last sighting |===== watched =====| watermark ....... now            here the state is in force
    last sighting |= tail =|                          ... now            here nothing is known: no camera vouches for more
    I |====== W =====| watermark ..... I ........ last sighting          here W is in force
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from collector.metrics.camera_states import LATE_BEHIND
from collector.metrics.drawing import Look, Told
from collector.metrics.spans import open_spans
from collector.records import LedgerRules, OpenState, State

_START = itemgetter(0)


class Present(NamedTuple):
    """The state of a worker at the present moment."""

    event_type: int
    workstation_id: str
    since: int
    """When it began, as far back as was read without a break; never after the present moment."""
    is_late: bool = False
    """The camera is more than two minutes behind: this is the last that is known, and may be over."""


def present(
    stands: OpenState, told: Sequence[Told], *, rules: LedgerRules, watermarks: Mapping[str, int], now: int
) -> tuple[int, Present] | None:
    """Return the state in force at min(now, the watermark), and that instant; None if none is, or none is known.

    `stands` is where the worker's time stands, `told` is the time up to there, as far as it was read.
    """
    state = stands.state
    if state is None:
        return None
    watermark = None if state.camera is None else watermarks.get(state.camera)
    at = moment(state, watermarks=watermarks, now=now)
    is_late = now - at > LATE_BEHIND
    if at < stands.last_at:
        found = _told_at(told, at, watermarks=watermarks)
        return None if found is None else (at, found._replace(is_late=is_late))
    goes_on = open_spans(state, last_at=stands.last_at, rules=rules, watermark=watermark)
    reaches_to = goes_on[-1].end if goes_on else stands.last_at
    if at > reaches_to:
        return None
    since = _since((state.event_type, state.workstation_id, False), told, at=state.at, watermarks=watermarks)
    return at, Present(state.event_type, state.workstation_id, since, is_late)


def moment(state: State, *, watermarks: Mapping[str, int], now: int) -> int:
    """Return the present moment of whom a camera saw last: its watermark, at most now."""
    watermark = None if state.camera is None else watermarks.get(state.camera)
    return now if watermark is None else min(now, watermark)


def _told_at(told: Sequence[Told], at: int, *, watermarks: Mapping[str, int]) -> Present | None:
    behind = bisect_right(told, at, key=_START)
    if not behind or told[behind - 1][1] <= at:
        return None
    start, _, look, _ = told[behind - 1]
    return Present(look[0], look[1], _since(look, told[: behind - 1], at=start, watermarks=watermarks))


def _since(look: Look, told: Sequence[Told], *, at: int, watermarks: Mapping[str, int]) -> int:
    """Return since when a state that began at an instant is drawn without a break."""
    since = at
    for start, end, told_look, camera in reversed(told):
        if start >= at:
            continue
        reach = end if camera is None else min(end, watermarks.get(camera, end))
        if told_look[:2] != look[:2] or reach < since:
            break
        since = start
    return since
