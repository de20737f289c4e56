"""A collector that is away for three days, with the real programs: memory stays flat, the start is short, live events overtake.

How fast all of it goes is for `make bench`; what is held here holds on a slow machine, too.
"""

from collections.abc import Callable

import pytest

from benchmarks import outage

pytestmark = pytest.mark.processes

MILLION = 1_000_000
MOST_GROWTH_MB = 20
"""From an agent with a tenth of them to one with all, and from its start to the end of the drain."""
LIVE_SECONDS = 5
START_SECONDS = 2
"""Or twice as long as with an empty queue, where other programs have the machine."""


def test_a_short_outage_drains_and_live_events_overtake(figure: Callable[[str], None]) -> None:
    """So that the long one does not fail for a reason that seconds would have shown."""
    _outage(10_000, figure=figure)


@pytest.mark.gauntlet
@pytest.mark.timeout(1_800)
def test_three_days_and_a_million_events_fit_into_the_same_memory(figure: Callable[[str], None]) -> None:
    """The next start takes less than two seconds, and what is new is seen within five while the backlog drains."""
    _outage(MILLION, figure=figure)


def _outage(events: int, *, figure: Callable[[str], None]) -> None:
    away, found = outage.run(events)
    filling = list(away.filling.values())
    figure(
        f"outage of {events:,} events: {away.empty.resident_mb:.0f} to {filling[-1].resident_mb:.0f} MB while they came, "
        f"started in {found.start_seconds:.1f} s, {found.events_a_second:,.0f} events/s drained with "
        f"{found.greatest.resident_mb:.0f} MB, live within {max(found.live_seconds):.1f} s"
    )

    assert [events // 10, events // 2, events] == list(away.filling)
    assert filling[-1].resident_mb - filling[0].resident_mb <= MOST_GROWTH_MB
    assert found.greatest.resident_mb - found.started.resident_mb <= MOST_GROWTH_MB
    assert found.start_seconds < max(START_SECONDS, 2 * away.start_seconds)
    assert max(found.live_seconds) <= LIVE_SECONDS
