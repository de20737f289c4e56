"""The properties of numbers on PostgreSQL: those of the SQLite store, with fewer examples; what they assert is told there."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.metrics.windows import Window
from collector.records import Delivery, LedgerRules
from tests.collector.properties import test_blocks as blocks
from tests.collector.properties import test_convergence as convergence
from tests.collector.properties import test_timelines as timelines
from tests.collector.properties.histories import HOUR, History, crowds, histories, seen_sites, windows_of
from tests.collector.properties.test_ledger_routes import compare
from tests.support.postgres import Server, kept_in_postgres
from tests.support.stores import hours_of

pytestmark = pytest.mark.timeout(240)
FEW = settings(max_examples=12)
"""Each makes a store on a server: on a busy machine that takes a second."""
Keep = Callable[..., Any]


@pytest.fixture(scope="session")
def keep(postgres: Server) -> Keep:
    """Return what gives an empty store."""
    return partial(kept_in_postgres, postgres)


@FEW
@given(history=histories, data=st.data())
def test_the_ledger_says_what_the_reference_says(keep: Keep, history: History, data: st.DataObject) -> None:
    """Three tables byte for byte, and every hour; watermarks, conflicts, two sites and late events included."""
    asked = data.draw(st.lists(st.tuples(windows_of(history), seen_sites), min_size=4, max_size=8))
    with hours_of(HOUR):
        asyncio.run(compare(history, asked, keep=keep))


@FEW
@given(history=blocks.histories, data=st.data())
def test_so_it_does_where_hours_change_by_the_block(keep: Keep, history: History, data: st.DataObject) -> None:
    """The same where states are in force for long, and hardly anything is a silence."""
    asked = data.draw(st.lists(st.tuples(windows_of(history), st.none()), min_size=4, max_size=8))
    with hours_of(blocks.HOUR):
        asyncio.run(compare(history, asked, keep=keep))


@FEW
@given(history=crowds(), data=st.data())
def test_a_station_with_several_people_is_told_once(keep: Keep, history: History, data: st.DataObject) -> None:
    """`occupied`, also where somebody is still there in open time."""
    asked = data.draw(st.lists(st.tuples(windows_of(history), st.none()), min_size=4, max_size=6))
    with hours_of(HOUR):
        asyncio.run(compare(history, asked, keep=keep))


@FEW
@given(
    history=st.lists(convergence.told, min_size=1, max_size=14),
    said=st.lists(convergence.calls, max_size=5),
    data=st.data(),
)
def test_order_batching_and_repetition_do_not_matter(
    keep: Keep,
    history: list[tuple[dict[str, Any], str | None]],
    said: list[tuple[str, str | None]],
    data: st.DataObject,
) -> None:
    """The same answers byte by byte, which are also those that SQLite gives."""
    one_way, other_way = convergence.two_ways(history, said, data=data)
    found = asyncio.run(convergence.answer_to(other_way, keep=keep))

    assert asyncio.run(convergence.answer_to(one_way, keep=keep)) == found
    assert asyncio.run(convergence.answer_to(one_way)) == found


@FEW
@given(
    batches=st.lists(st.lists(timelines.deliveries, min_size=1, max_size=3), max_size=4),
    rules=timelines.rules,
    asked=st.lists(timelines.windows, min_size=2, max_size=5),
)
def test_a_timeline_is_the_reference_cut_at_the_window(
    keep: Keep,
    batches: Sequence[Sequence[Delivery]],
    rules: LedgerRules,
    asked: Sequence[tuple[int | None, int | None]],
) -> None:
    """Read whole or in outline, in any window; its sums are the worker's metrics."""
    cuts = [Window(*one) for one in asked]
    snapshot, found = asyncio.run(timelines.stored(batches, rules=rules, asked=cuts, keep=keep))

    timelines.assert_told(snapshot, found, cuts=cuts, rules=rules)
