"""Timelines against the reference: the same spans, cut at the window, whose sums are the worker's metrics.

A tick is a microsecond, so gaps and tails of a few ticks bring every border within reach of small histories. Events go
through the store, batch by batch, because how a run is read is half of what is tested.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collector.measures import Histories
from collector.metrics import kpis
from collector.metrics.drawing import Told, strokes
from collector.metrics.ledger import splice
from collector.metrics.spans import spans
from collector.metrics.timeline import Piece, pieces, sums, watermarks_of, within
from collector.metrics.windows import Window
from collector.records import Delivery, LedgerRules, Snapshot
from collector.storage.base import Storage
from shared.events import Event, EventType
from tests.support.collector import contact
from tests.support.stores import kept_in_sqlite

LAST_TICK = 40
Cut = tuple[int, int, EventType, str, int, bool]
"""A span without what ended it."""

told_events = st.builds(
    Event,
    st.integers(0, LAST_TICK),
    st.sampled_from(["W1", "W2"]),
    st.sampled_from(["S1", "S2"]),
    st.sampled_from([*EventType]),
    st.integers(0, 3),
    st.sampled_from([None, 0.5]),
)
deliveries = st.builds(
    lambda camera, events, watermark: Delivery(
        site="default",
        camera=camera,
        received_at=0,
        events=events,
        contact=None if camera is None else contact(watermark=watermark),
    ),
    st.sampled_from([None, "C1", "C2"]),
    st.lists(told_events, max_size=8),
    st.none() | st.integers(0, LAST_TICK + 20),
)
rules = st.tuples(st.integers(1, 12), st.integers(0, 6)).map(lambda pair: LedgerRules(pair[0], min(pair)))
windows = st.tuples(st.none() | st.integers(0, 58), st.none() | st.integers(1, 60)).filter(
    lambda window: window[0] is None or window[1] is None or window[0] < window[1]
)


async def stored(
    batches: Sequence[Sequence[Delivery]],
    *,
    rules: LedgerRules,
    asked: Sequence[Window],
    keep: Callable[..., Any] = kept_in_sqlite,
) -> tuple[Snapshot, list[tuple[Histories, Histories]]]:
    """Return all that is stored after these batches, and each window's histories, whole and in outline."""
    async with keep(rules=rules) as kept:
        storage: Storage = kept.storage
        for batch in batches:
            await storage.store(batch, decide=partial(splice, rules=rules))
        return await storage.snapshot(), [await histories(storage, window) for window in asked]


async def histories(storage: Storage, window: Window) -> tuple[Histories, Histories]:
    """Return how everybody spent a window, whole and in outline."""
    stretch = (window.start, window.end)
    one = await storage.runs(worker_id="W1", stretch=stretch, most=1_000)
    two = await storage.runs(worker_id="W2", stretch=stretch, most=1_000)
    outlines = await storage.outlines(stretch=stretch, most=1_000)
    assert one is not None
    assert two is not None
    assert outlines is not None
    return Histories([], outlines.cameras, {**one.runs, **two.runs}), outlines


def cut(found: Iterable[Piece]) -> list[Cut]:
    """Return pieces without what ended them."""
    return [
        (one.start, one.end, EventType(one.began_by.event_type), one.began_by.workstation_id, one.began_by.at, one.is_assumed)
        for one in found
    ]  # fmt: skip


def strokes_of(found: Iterable[Piece]) -> list[Told]:
    """Return pieces as they are drawn, with the cameras that told them."""
    return [
        (
            one.start,
            one.end,
            (one.began_by.event_type, one.began_by.workstation_id, one.is_assumed),
            one.began_by.camera,
        )
        for one in found
    ]


def reference(snapshot: Snapshot, worker_id: str, *, window: Window, rules: LedgerRules) -> list[Cut]:
    """Return the reference's spans of a worker, cut at the window."""
    watermarks = watermarks_of(snapshot.cameras, site="default")
    whole = spans(snapshot.sightings["default", worker_id], rules=rules, watermarks=watermarks)
    inside = [
        (
            span.start if window.start is None else max(span.start, window.start),
            span.end if window.end is None else min(span.end, window.end),
            *span[2:],
        )
        for span in whole
    ]
    return [span for span in inside if span[0] < span[1]]


@given(
    st.lists(st.lists(deliveries, min_size=1, max_size=3), max_size=4), rules, st.lists(windows, min_size=2, max_size=5)
)
def test_a_timeline_is_the_reference_cut_at_the_window(
    batches: Sequence[Sequence[Delivery]], rules: LedgerRules, asked: Sequence[tuple[int | None, int | None]]
) -> None:
    """Read whole or in outline, in any window; its sums are the worker's metrics."""
    cuts = [Window(*one) for one in asked]
    snapshot, found = asyncio.run(stored(batches, rules=rules, asked=cuts))
    assert_told(snapshot, found, cuts=cuts, rules=rules)


def assert_told(
    snapshot: Snapshot, found: Sequence[tuple[Histories, Histories]], *, cuts: Sequence[Window], rules: LedgerRules
) -> None:
    """Hold the histories of these windows to the reference."""
    watermarks = watermarks_of(snapshot.cameras, site="default")
    for window, (whole, outlines) in zip(cuts, found, strict=True):
        rows = kpis.totals(snapshot, window=window, rules=rules).workers
        known = [row for row in rows if ("default", row.worker_id) in snapshot.sightings]
        for row in known:
            person = ("default", row.worker_id)
            told = within(window, pieces(whole.runs[person], rules=rules, watermarks=watermarks))
            outlined = within(window, pieces(outlines.runs[person], rules=rules, watermarks=watermarks))
            drawn = [
                strokes(run, rules=rules, watermarks=watermarks) for run in (whole.runs[person], outlines.runs[person])
            ]

            assert reference(snapshot, row.worker_id, window=window, rules=rules) == cut(told)
            assert cut(told) == cut(outlined)
            assert strokes_of(pieces(whole.runs[person], rules=rules, watermarks=watermarks)) == drawn[0]
            assert strokes_of(pieces(outlines.runs[person], rules=rules, watermarks=watermarks)) == drawn[1]
            assert [row.working, row.idle, row.absent, row.assumed, 0] == sums(told)
        assert {("default", row.worker_id) for row in known} == set(whole.runs) == set(outlines.runs)


@given(st.lists(st.lists(deliveries, min_size=1, max_size=3), max_size=4), rules, windows)
def test_what_ends_a_span_is_a_sighting_at_its_end_or_behind_the_window(
    batches: Sequence[Sequence[Delivery]], rules: LedgerRules, asked: tuple[int | None, int | None]
) -> None:
    """It is of the worker; if it is a state, it is the one that lasts; what nothing ended was not seen to its end."""
    window = Window(*asked)
    snapshot, ((whole, _),) = asyncio.run(stored(batches, rules=rules, asked=[window]))
    watermarks = watermarks_of(snapshot.cameras, site="default")
    for person, run in whole.runs.items():
        told = within(window, pieces(run, rules=rules, watermarks=watermarks))
        seen = {sighting[:3] for sighting in snapshot.sightings[person]}
        for piece in told:
            ended_by = piece.ended_by

            assert (piece.began_by.at, piece.began_by.event_type, piece.began_by.workstation_id) in seen
            if ended_by is None:
                assert piece.is_assumed or piece.end in (*watermarks.values(), window.end)
                continue
            assert not piece.is_assumed
            assert ended_by[:3] in seen
            assert ended_by.at == piece.end or (ended_by.at > piece.end and piece.end == window.end)
        for piece, following in pairwise(told):
            if (
                piece.ended_by is not None
                and piece.ended_by.event_type != EventType.product_count
                and piece.end == following.start
            ):
                assert piece.ended_by == following.began_by
