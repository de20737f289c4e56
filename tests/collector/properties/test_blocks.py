"""Hours that change by the block: the numbers are those of the reference, whatever lies in rows and what in blocks.

Hours last three microseconds, two of them are a block, and hardly anything is a silence: a state that comes late moves blocks,
and so does the next one. Events come one by one or a few at a time, so what was rows becomes blocks and the other way round.
"""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from collector.records import Delivery, LedgerRules
from shared.events import Event, EventType
from tests.collector.properties.histories import LAST, SITES, History, windows_of
from tests.collector.properties.test_ledger_routes import compare
from tests.support.stores import hours_of, kept_in_sqlite

HOUR = 3

events = st.builds(
    Event,
    st.integers(0, LAST),
    st.sampled_from(["W1", "W1", "W2"]),
    st.sampled_from(["S1", "S2"]),
    st.sampled_from([*EventType, *[EventType.product_count] * 5]),
    st.integers(0, 1),
    st.none(),
)
batches = st.lists(events, min_size=1, max_size=4).map(lambda told: [Delivery("default", None, LAST, told)])
histories = st.builds(
    History,
    st.lists(batches, min_size=3, max_size=9),
    st.builds(LedgerRules, st.integers(8, 40), st.integers(0, 6)),
    st.fixed_dictionaries({site: st.integers(0, HOUR - 1) for site in SITES}),
)


@given(histories, st.data())
def test_the_ledger_says_what_the_reference_says(history: History, data: st.DataObject) -> None:
    """Three tables byte for byte, every hour, and until when stations were worked at."""
    asked = data.draw(st.lists(st.tuples(windows_of(history), st.none()), min_size=4, max_size=8))
    with hours_of(HOUR):
        asyncio.run(compare(history, asked, keep=kept_in_sqlite))
