"""Every number of workers and workstations, against an oracle that walks time tick by tick (SEMANTICS §4 to §6).

A tick is a microsecond, so gaps and tails of a few ticks bring every border within reach of small histories.
"""

from hypothesis import given
from hypothesis import strategies as st

from collector.metrics.kpis import totals
from collector.metrics.spans import spans
from collector.metrics.windows import Window
from collector.records import Camera, LedgerRules, Registered, Sighting, Snapshot
from shared.events import EventType
from tests.collector.properties.oracle import Oracle, Told

LAST_TICK = 24
events = st.builds(
    Told,
    st.integers(0, LAST_TICK),
    st.sampled_from(["W1", "W2"]),
    st.sampled_from(["S1", "S2"]),
    st.sampled_from([*EventType.__members__]),
    st.integers(0, 3),
    st.sampled_from([None, "C1", "C2"]),
)


@st.composite
def oracles(draw: st.DrawFn) -> Oracle:
    """Draw a history, each event once, with gap, tail and watermarks."""
    drawn = draw(st.lists(events, max_size=10, unique_by=lambda each: (each.at, each.worker, each.station, each.kind)))
    gap = draw(st.integers(1, 9))
    return Oracle(
        drawn,
        watermarks=draw(st.dictionaries(st.sampled_from(["C1", "C2"]), st.integers(0, LAST_TICK + 12))),
        gap=gap,
        tail=draw(st.integers(0, gap)),
        ticks=LAST_TICK + 12,
    )


windows = st.tuples(st.none() | st.integers(0, 34), st.none() | st.integers(1, 35)).filter(
    lambda window: window[0] is None or window[1] is None or window[0] < window[1]
)


def snapshot_of(oracle: Oracle) -> Snapshot:
    """Return the same history as the store would give it."""
    sightings: dict[tuple[str, str], list[Sighting]] = {}
    ordered = sorted(oracle.events, key=lambda each: (each.at, EventType[each.kind], each.station))
    for each in ordered:
        of_worker = sightings.setdefault(("default", each.worker), [])
        of_worker.append(Sighting(each.at, EventType[each.kind], each.station, each.units, each.camera))
    return Snapshot(
        workers=[Registered("default", worker, worker) for worker in sorted({each.worker for each in oracle.events})],
        workstations=[Registered("default", each, each) for each in sorted({each.station for each in oracle.events})],
        cameras=[
            Camera("default", name, watermark, None, 0, None, None, None, 0)
            for name, watermark in oracle.watermarks.items()
        ],
        sightings=sightings,
    )


@given(oracles())
def test_every_tick_has_the_state_that_the_contract_gives_it(oracle: Oracle) -> None:
    """State, station and whether it is assumed; spans ascend, none is empty, none overlap."""
    rules = LedgerRules(oracle.gap, oracle.tail)
    for (_, worker), sightings in snapshot_of(oracle).sightings.items():
        found = spans(sightings, rules=rules, watermarks=oracle.watermarks)
        ticks = [tick for span in found for tick in range(span.start, span.end)]
        told = {
            tick: (span.state.name, span.workstation_id, span.is_assumed)
            for span in found
            for tick in range(span.start, span.end)
        }

        assert oracle.moments(worker) == told
        assert sorted(set(ticks)) == ticks
        assert all(span.start < span.end for span in found)


@given(oracles(), windows)
def test_the_numbers_are_the_oracles(oracle: Oracle, window: tuple[int | None, int | None]) -> None:
    """Of every worker and station, in every window: inside, across, before, behind, open at either end."""
    start, end = window
    found = totals(snapshot_of(oracle), window=Window(start, end), rules=LedgerRules(oracle.gap, oracle.tail))
    ticks = range(0 if start is None else start, oracle.ticks if end is None else end)

    assert [oracle.worker_row(row.worker_id, ticks) for row in found.workers] == [
        (row.working, row.idle, row.absent, row.assumed, row.units) for row in found.workers
    ]
    assert [oracle.station_row(row.station_id, start, end) for row in found.stations] == [
        (row.occupancy, row.occupied, row.window_length, row.units) for row in found.stations
    ]


@given(oracles(), st.integers(1, 33))
def test_two_windows_side_by_side_add_up_to_one(oracle: Oracle, border: int) -> None:
    """Time and units of both are those of the whole."""
    rules = LedgerRules(oracle.gap, oracle.tail)
    snapshot = snapshot_of(oracle)
    left, right, whole = (
        totals(snapshot, window=window, rules=rules)
        for window in (Window(None, border), Window(border, None), Window())
    )

    assert [(row.working, row.idle, row.absent, row.assumed, row.units) for row in whole.workers] == [
        (
            first.working + second.working,
            first.idle + second.idle,
            first.absent + second.absent,
            first.assumed + second.assumed,
            first.units + second.units,
        )
        for first, second in zip(left.workers, right.workers, strict=True)
    ]
