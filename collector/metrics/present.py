"""What each worker is doing now, as far as anybody can know: at the camera's watermark, which is never after now.

Between two calls of a camera nobody has watched yet; so "now" is the end of what was watched. Where the last sighting is later
than that (a camera that catches up sends its newest events first), it is the last sighting.

    last sighting |===== watched =====| watermark ....... now            here the state is in force
    last sighting |= tail =|                          ... now            here nothing is known: no camera vouches for more
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from collector.metrics.drawing import Stroke
from collector.metrics.spans import open_spans
from collector.records import LedgerRules, OpenState, State


class Present(NamedTuple):
    """The state of a worker at the present moment."""

    state: State
    since: int
    """When it began, as far back as was read without a break."""


def present(
    stands: OpenState, drawn: Sequence[Stroke], *, rules: LedgerRules, watermarks: Mapping[str, int], now: int
) -> tuple[int, Present] | None:
    """Return the state in force and the instant it is known of; None if none is.

    `stands` is where the worker's time stands, `drawn` is the time up to there, as far as it was read.
    """
    state = stands.state
    if state is None:
        return None
    watermark = None if state.camera is None else watermarks.get(state.camera)
    at = max(stands.last_at, now if watermark is None else min(now, watermark))
    goes_on = open_spans(state, last_at=stands.last_at, rules=rules, watermark=watermark)
    reaches_to = goes_on[-1].end if goes_on else stands.last_at
    return (at, Present(state, _since(state, drawn))) if at <= reaches_to else None


def _since(state: State, drawn: Sequence[Stroke]) -> int:
    since, start = state.at, None
    for first, last, look in reversed(drawn):
        if look[:2] != state[1:3] or start not in (None, last):
            break
        since, start = min(since, first), first
    return since
