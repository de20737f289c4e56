"""How long a state lasts: each rule of SEMANTICS §4 by itself, in whole minutes, with a gap of 60 and a tail of 5."""

import pytest

from collector.metrics.spans import Span, spans
from collector.records import LedgerRules, Sighting
from shared.events import EventType

absent, idle, working, product = EventType
RULES = LedgerRules(session_gap=60, tail=5)


def seen(at: int, kind: EventType, station: str = "S1", camera: str | None = "C1") -> Sighting:
    """Return a sighting."""
    return Sighting(at, kind, station, 1, camera)


def told(sightings: list[Sighting], *, rules: LedgerRules = RULES, **watermarks: int) -> list[tuple[int, int, str]]:
    """Return the spans in short: from, to, and the state at its station, assumed time marked by a question mark."""
    found = spans(sightings, rules=rules, watermarks=watermarks)
    return [(span.start, span.end, _words(span)) for span in found]


def _words(span: Span) -> str:
    return f"{span.state.name}@{span.workstation_id}" + ("?" if span.is_assumed else "")


def test_the_timeline_of_the_contract() -> None:
    """Working through a product, idle, another station, a silence longer than the gap, a product, absent."""
    sightings = [
        seen(0, working, "S1"),
        seen(20, product, "S1"),
        seen(40, idle, "S1"),
        seen(55, working, "S2"),
        seen(200, product, "S2"),
        seen(230, absent, "S2"),
    ]

    assert [
        (0, 40, "working@S1"),
        (40, 55, "idle@S1"),
        (55, 60, "working@S2?"),
        (200, 230, "working@S2"),
        (230, 235, "absent@S2?"),
    ] == told(sightings)


def test_nobody_seen_is_no_time() -> None:
    """Without sightings, and with counts alone, there is no state in force."""

    assert [] == told([])
    assert [] == told([seen(0, product), seen(10, product)], C1=30)


def test_time_before_the_first_state_is_no_data() -> None:
    """A product is no state and begins none."""

    assert [(10, 20, "idle@S1"), (20, 25, "working@S1?")] == told([seen(0, product), seen(10, idle), seen(20, working)])


def test_a_product_ends_no_state() -> None:
    """The time after it still belongs to the last state event, at that event's station."""
    sightings = [seen(0, idle, "S1"), seen(10, product, "S2"), seen(30, product, "S3"), seen(40, working, "S2")]

    assert [(0, 40, "idle@S1"), (40, 45, "working@S2?")] == told(sightings)


@pytest.mark.parametrize(
    ("silence", "spans_told"),
    [
        (59, [(0, 59, "working@S1"), (59, 64, "idle@S1?")]),
        (60, [(0, 60, "working@S1"), (60, 65, "idle@S1?")]),
        (61, [(0, 5, "working@S1?"), (61, 66, "idle@S1?")]),
    ],
)
def test_a_silence_up_to_the_gap_is_bridged(silence: int, spans_told: list[tuple[int, int, str]]) -> None:
    """Rule 1: at most the gap. Rule 2: beyond it, the tail and then no data."""

    assert spans_told == told([seen(0, working), seen(silence, idle)])


def test_every_pair_is_judged_by_its_own_silence() -> None:
    """Products within the gap of one another bridge a stretch longer than the gap."""
    sightings = [seen(0, working), seen(60, product), seen(120, product), seen(180, idle)]

    assert [(0, 180, "working@S1"), (180, 185, "idle@S1?")] == told(sightings)


@pytest.mark.parametrize(
    ("tail", "end"), [(0, None), (1, None), (20, None), (21, 21), (60, 60)], ids=["0", "1", "=sighting", "+1", "=gap"]
)
def test_the_tail_runs_from_the_state_and_not_from_the_sighting(tail: int, end: int | None) -> None:
    """Rule 2: where the state's own event and its tail lie before the sighting, nothing is assumed."""
    rules = LedgerRules(60, tail)
    assumed = [] if end is None else [(20, end, "working@S1?")]

    assert [(0, 20, "working@S1"), *assumed] == told([seen(0, working), seen(20, product)], rules=rules)


@pytest.mark.parametrize(
    ("watermark", "spans_told"),
    [
        (9, [(10, 15, "working@S1?")]),
        (10, [(10, 15, "working@S1?")]),
        (11, [(10, 11, "working@S1"), (11, 15, "working@S1?")]),
        (14, [(10, 14, "working@S1"), (14, 15, "working@S1?")]),
        (15, [(10, 15, "working@S1")]),
        (16, [(10, 16, "working@S1")]),
        (69, [(10, 69, "working@S1")]),
        (70, [(10, 70, "working@S1")]),
        (71, [(10, 15, "working@S1?")]),
        (5_000, [(10, 15, "working@S1?")]),
    ],
)
def test_the_last_state_stays_open_up_to_the_watermark(watermark: int, spans_told: list[tuple[int, int, str]]) -> None:
    """Rule 3: behind the last sighting and at most the gap behind it; rule 4: assumed is what lies after it."""

    assert spans_told == told([seen(10, working)], C1=watermark)


def test_a_watermark_counts_from_the_last_sighting_of_any_type() -> None:
    """Rule 3 begins at the last sighting, also where that is a product long after the state."""
    sightings = [seen(0, idle), seen(50, product)]

    assert [(0, 50, "idle@S1")] == told(sightings)
    assert [(0, 110, "idle@S1")] == told(sightings, C1=110)
    assert [(0, 50, "idle@S1")] == told(sightings, C1=111)


def test_only_the_camera_of_the_state_can_vouch_for_it() -> None:
    """Neither another camera's watermark, nor that of a product's camera, nor any for an event without a camera."""
    sightings = [seen(0, working, camera="C1"), seen(10, product, camera="C2")]

    assert [(0, 10, "working@S1")] == told(sightings, C2=40)
    assert [(0, 40, "working@S1")] == told(sightings, C1=40, C2=60)
    assert [(0, 5, "working@S1?")] == told([seen(0, working, camera=None)], C1=40)


def test_a_watermark_says_nothing_of_earlier_silences() -> None:
    """Rule 2 holds for a silence between two sightings, wherever the watermark lies."""

    assert [(0, 5, "working@S1?"), (100, 130, "idle@S1")] == told([seen(0, working), seen(100, idle)], C1=130)


def test_of_two_states_at_one_instant_the_last_in_order_lasts() -> None:
    """Absent before idle before working, then the workstation; the others have length zero."""
    sightings = [seen(0, absent), seen(0, idle), seen(0, working, "S1"), seen(0, working, "S2"), seen(10, absent)]

    assert [(0, 10, "working@S2"), (10, 15, "absent@S1?")] == told(sightings)


def test_a_product_at_the_instant_of_a_state_comes_after_it() -> None:
    """It changes nothing of the state."""

    assert [(0, 10, "idle@S1"), (10, 15, "working@S1?")] == told([seen(0, idle), seen(0, product), seen(10, working)])


def test_a_repeated_state_is_a_state_like_any_other() -> None:
    """It has a tail of its own, and its own camera vouches for it."""
    sightings = [seen(0, working, camera="C1"), seen(50, working, camera="C2")]

    assert [(0, 50, "working@S1"), (50, 55, "working@S1?")] == told(sightings, C1=80)
    assert [(0, 50, "working@S1"), (50, 80, "working@S1")] == told(sightings, C2=80)


def test_a_change_of_station_moves_the_state() -> None:
    """It ends at the old station and starts at the new one, without a gap."""
    sightings = [seen(0, working, "S1"), seen(10, working, "S2"), seen(30, idle, "S2")]

    assert [(0, 10, "working@S1"), (10, 30, "working@S2"), (30, 35, "idle@S2?")] == told(sightings)


def test_a_tail_as_long_as_the_gap_never_reaches_the_next_sighting() -> None:
    """Spans do not overlap, whatever the settings."""

    assert [(0, 60, "working@S1?"), (61, 121, "idle@S1?")] == told(
        [seen(0, working), seen(61, idle)], rules=LedgerRules(60, 60)
    )


def test_a_span_knows_the_event_it_comes_from() -> None:
    """The stations' own windows begin with the event of a state, which may lie long before the span."""
    found = spans([seen(0, idle), seen(100, product), seen(110, product)], rules=RULES, watermarks={})

    assert [(0, 0, 5), (0, 100, 110)] == [(span.began_at, span.start, span.end) for span in found]
