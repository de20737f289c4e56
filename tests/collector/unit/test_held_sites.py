"""Which deliveries are told at once that their site is held, and for how long."""

import pytest

from collector.held_sites import HELD_SECONDS, SECONDS_OF_OURS, HeldSites, Holder, SiteHeld
from collector.records import Delivery, Outcome, Stored
from tests.support.collector import delivery, event


def arriving(site: str, camera: str | None = None) -> Delivery:
    """Return a delivery."""
    return delivery(event("10:00", "W1", "working"), site=site, camera=camera)


def stored(site: str) -> Stored:
    """Return what became of a delivery that was stored at a site."""
    return Stored([Outcome.accepted], (), site=site)


def is_held(held: HeldSites, what: Delivery, *, now: float) -> bool:
    """Say whether a delivery is told so at once."""
    try:
        held.check(what, now=now)
    except SiteHeld:
        return True
    return False


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (arriving("A", "C1"), True),
        (arriving("A", "C2"), True),
        (arriving("A"), True),
        (arriving("B", "C3"), False),
        (arriving("B"), False),
        (arriving("B", "C9"), True),
    ],
    ids=["same camera", "same site", "no camera", "other site", "other site, no camera", "camera that is at the site"],
)
def test_a_site_that_was_held_is_not_tried_again_for_a_while(what: Delivery, expected: bool) -> None:
    """C9 is at A, where it has events, though the settings say B."""
    held = HeldSites()
    held.note(SiteHeld("A"), of=[arriving("A", "C1"), arriving("B", "C9")], now=100)

    assert expected == is_held(held, what, now=100 + HELD_SECONDS - 1)
    assert not is_held(held, what, now=100 + HELD_SECONDS)


@pytest.mark.parametrize(
    ("holder", "words"),
    [
        ("purge", "site A is being purged, or somebody new registered there"),
        ("collector", "a collector is storing at site A"),
    ],
)
def test_a_site_that_one_of_ours_has_is_tried_again_soon(holder: Holder, words: str) -> None:
    """What is told until then says why, and asks nobody to look for a transaction that stays open."""
    held = HeldSites()
    held.note(SiteHeld("A", holder=holder), of=[arriving("A", "C1")], now=100)
    with pytest.raises(SiteHeld, match=f"^{words}; nothing of this request was kept$"):
        held.check(arriving("A", "C2"), now=100 + SECONDS_OF_OURS - 1)

    assert not is_held(held, arriving("A", "C2"), now=100 + SECONDS_OF_OURS)


def test_what_begins_and_what_ends_is_told_once() -> None:
    """However often it was tried meanwhile."""
    held = HeldSites()
    first = held.note(SiteHeld("A"), of=[arriving("A", "C1")], now=100)
    again = held.note(SiteHeld("A"), of=[arriving("A", "C2")], now=130)
    other = held.free([arriving("B", "C3")], [stored("B")])
    ended = held.free([arriving("A", "C1"), arriving("A", "C2")], [stored("A")] * 2)

    assert (True, False, [], ["A"]) == (first, again, other, ended)
    assert [] == held.free([arriving("A", "C1")], [stored("A")])


def test_a_camera_that_has_its_events_elsewhere_is_no_matter_of_the_site_in_the_settings() -> None:
    """It is not told that this one is held, and that it was stored does not mean that this one is free."""
    held = HeldSites()
    held.free([arriving("A", "C7")], [stored("B")])
    held.note(SiteHeld("A"), of=[arriving("A", "C1")], now=100)
    told = is_held(held, arriving("A", "C7"), now=101)
    ended = held.free([arriving("A", "C7")], [stored("B")])
    still = is_held(held, arriving("A", "C1"), now=101)
    held.note(SiteHeld("B"), of=[arriving("A", "C7")], now=101)

    assert (False, [], True) == (told, ended, still)
    assert is_held(held, arriving("A", "C7"), now=102)
