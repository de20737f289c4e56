"""Which arriving event is new, which version survives, and what is kept of those that lost (SEMANTICS §2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.metrics.identity import least_camera
from collector.records import Entry, EntryKey, Outcome, Run, Splice, Version
from shared.events import EventType
from tests.support.collector import decide

KEY: EntryKey = (1_000, EventType.product_count, "S1")
OTHER: EntryKey = (1_001, EventType.product_count, "S1")

new, duplicate, conflict = Outcome.accepted, Outcome.duplicate, Outcome.conflict


def judged(known: Version | None, *arriving: Entry) -> Splice:
    """Return what becomes of arrivals where this version of the event stands, or none."""
    events = [] if known is None else [Entry(*KEY, *known)]
    return decide([Run(None, None, events, is_last=True)], arriving, offset=0)


@pytest.mark.parametrize(
    ("known", "arriving", "outcome", "survivor", "loser"),
    [
        (None, Version(5, 0.5, "C1"), new, Version(5, 0.5, "C1"), None),
        (Version(5, 0.5, "C1"), Version(5, 0.5, "C1"), duplicate, None, None),
        (Version(5, None, None), Version(5, None, None), duplicate, None, None),
        (Version(5, 0.5, "C1"), Version(6, 0.5, "C1"), conflict, Version(6, 0.5, "C1"), (5, 0.5)),
        (Version(6, 0.5, "C1"), Version(5, 0.9, "C1"), conflict, None, (5, 0.9)),
        (Version(5, 0.5, "C1"), Version(5, 0.6, "C1"), conflict, Version(5, 0.6, "C1"), (5, 0.5)),
        (Version(5, 0.0, "C1"), Version(5, None, "C1"), conflict, None, (5, None)),
        (Version(5, None, "C1"), Version(5, 0.0, "C1"), conflict, Version(5, 0.0, "C1"), (5, None)),
        (Version(0, 0.5, "C1"), Version(1_000_000, None, "C1"), conflict, Version(1_000_000, None, "C1"), (0, 0.5)),
        (Version(5, 0.5, "C2"), Version(5, 0.5, "C1"), duplicate, Version(5, 0.5, "C1"), None),
        (Version(5, 0.5, "C1"), Version(5, 0.5, "C2"), duplicate, None, None),
        (Version(5, 0.5, None), Version(5, 0.5, "C2"), duplicate, Version(5, 0.5, "C2"), None),
        (Version(5, 0.5, "C1"), Version(6, 0.5, "C2"), conflict, Version(6, 0.5, "C1"), (5, 0.5)),
        (Version(6, 0.5, "C2"), Version(5, 0.5, "C1"), conflict, Version(6, 0.5, "C1"), (5, 0.5)),
        (Version(5, 0.5, "C1"), Version(6, 0.5, None), conflict, Version(6, 0.5, "C1"), (5, 0.5)),
    ],
)
def test_one_arrival_is_judged_against_what_stands(
    known: Version | None,
    arriving: Version,
    outcome: Outcome,
    survivor: Version | None,
    loser: tuple[int, float | None] | None,
) -> None:
    """The greatest count, then confidence, survives; the camera is the least; what is as it was is not written."""
    found = judged(known, Entry(*KEY, *arriving))

    assert [outcome] == found.outcomes
    assert ([] if survivor is None else [Entry(*KEY, *survivor)]) == list(found.survivors)
    assert ([] if loser is None else [(*KEY, *loser)]) == [entry[:5] for entry in found.losers]


@pytest.mark.parametrize("other", [OTHER, (1_000, EventType.idle, "S1"), (1_000, EventType.product_count, "S2")])
def test_each_part_of_the_key_makes_another_event(other: EntryKey) -> None:
    """Of one worker: instant, type and workstation; a camera is no part of it."""
    found = judged(Version(1, None, "C1"), Entry(*other, 1, None, "C2"))

    assert [new] == found.outcomes


def test_arrivals_of_one_batch_are_judged_one_after_the_other() -> None:
    """The second sees the first; `conflict` means: it differed from what stood at that moment."""
    versions = [Version(1, None, "C2"), Version(2, None, None), Version(1, None, "C1"), Version(2, None, None)]
    arrivals = [Entry(*KEY, *version) for version in versions]
    found = judged(None, *arrivals, Entry(*OTHER, *versions[0]))

    assert [new, conflict, conflict, duplicate, new] == found.outcomes
    assert sorted([Entry(*KEY, 2, None, "C1"), Entry(*OTHER, *versions[0])]) == list(found.survivors)


@pytest.mark.parametrize(
    ("left", "right", "least"),
    [
        (None, None, None),
        ("C1", None, "C1"),
        (None, "C1", "C1"),
        ("C2", "C10", "C10"),
        ("Z", "a", "Z"),
        ("\uffff", "😀", "\uffff"),
    ],
)
def test_the_least_camera_is_found_by_code_point(left: str | None, right: str | None, least: str | None) -> None:
    """Not by numbers in it, not by a language's order, not by surrogate; any camera comes before none."""

    assert least == least_camera(left, right)


versions = st.builds(
    Version, st.integers(0, 3), st.sampled_from([None, 0.0, 0.5, 1.0]), st.sampled_from([None, "A", "B", "C"])
)


@given(st.lists(versions, min_size=1, max_size=8), st.data())
def test_neither_order_nor_batching_nor_repetition_matters(arriving: list[Version], data: st.DataObject) -> None:
    """The survivor, its camera and the set of losers are functions of the set that arrived."""
    again = data.draw(st.lists(st.sampled_from(arriving), max_size=4))
    shuffled = data.draw(st.permutations(arriving + again))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=3)))
    batches = [shuffled[left:right] for left, right in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]

    assert _end_of([arriving]) == _end_of(batches)


@given(st.lists(versions, min_size=1, max_size=8))
def test_the_survivor_is_the_greatest_version_with_the_least_camera(arriving: list[Version]) -> None:
    """Said by maxima and minima over the whole set; every other distinct version has lost."""
    survivor, losers = _end_of([arriving])
    ranked = sorted(
        {version[:2] for version in arriving}, key=lambda version: (version[0], version[1] is not None, version[1] or 0)
    )
    cameras = [version.camera for version in arriving if version.camera is not None]

    assert Version(*ranked[-1], min(cameras, default=None)) == survivor
    assert set(ranked[:-1]) == losers


def _end_of(batches: list[list[Version]]) -> tuple[Version, set[tuple[int, float | None]]]:
    stands: Version | None = None
    lost: set[tuple[int, float | None]] = set()
    for batch in batches:
        found = judged(stands, *(Entry(*KEY, *version) for version in batch))
        for survivor in found.survivors:
            stands = Version(*survivor[3:])
        lost |= {(entry.count, entry.confidence) for entry in found.losers}
    assert stands is not None
    return stands, lost
