"""Histories by chance, in microseconds so few that gaps, tails, windows and hours of ten meet each other's every edge."""

from typing import NamedTuple

from hypothesis import strategies as st

from collector.metrics.windows import Window
from collector.records import Delivery, LedgerRules
from shared.events import Event, EventType
from tests.support.collector import contact

HOUR = 10
LAST = 60
SITES = ("default", "east")
CAMERAS = ("C1", "C2", "C3")


class History(NamedTuple):
    """Batches of deliveries, and the settings under which they arrive."""

    batches: list[list[Delivery]]
    rules: LedgerRules
    offsets: dict[str, int]
    """Where the hours of each site begin."""


events = st.builds(
    Event,
    st.integers(0, LAST),
    st.sampled_from(["W1", "W2"]),
    st.sampled_from(["S1", "S2"]),
    st.sampled_from(list(EventType)),
    st.integers(0, 3),
    st.sampled_from([None, 0.5]),
)
watermarks = st.none() | st.integers(0, LAST + 30)


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    """Draw a delivery: by a camera or by none, with a watermark or without, as a live call or as a replay."""
    camera = draw(st.sampled_from([None, *CAMERAS]))
    said = None if camera is None else contact(watermark=draw(watermarks), is_live=draw(st.integers(0, 5)) > 0)
    site = draw(st.sampled_from(SITES))
    return Delivery(site, camera, LAST + 30, draw(st.lists(events, max_size=6)), contact=said)


batches = st.lists(deliveries(), min_size=1, max_size=3)
rules = st.integers(1, 15).flatmap(lambda gap: st.builds(LedgerRules, st.just(gap), st.integers(0, min(gap, 6))))
offsets = st.fixed_dictionaries({site: st.integers(0, HOUR - 1) for site in SITES})
histories = st.builds(History, st.lists(batches, max_size=4), rules, offsets)

crowd_events = st.builds(
    Event,
    st.integers(0, LAST // 2),
    st.sampled_from(["W1", "W2", "W3"]),
    st.just("S1"),
    st.sampled_from([EventType.working, EventType.working, EventType.idle]),
    st.just(0),
    st.none(),
)


@st.composite
def crowds(draw: st.DrawFn) -> History:
    """Draw a history of several people at one workstation, before a camera that may watch on after their last events."""
    said = contact(watermark=draw(st.integers(0, LAST)))
    told = draw(st.lists(crowd_events, min_size=3, max_size=8))
    return History(
        [[Delivery("default", "C1", LAST, told, contact=said)]],
        LedgerRules(draw(st.integers(5, 40)), draw(st.integers(0, 3))),
        {"default": draw(st.integers(0, HOUR - 1))},
    )


_ends = st.none() | st.integers(0, LAST + 25)


def _is_window(window: Window) -> bool:
    return window.start is None or window.end is None or window.start < window.end


windows = st.builds(Window, _ends, _ends).filter(_is_window)


def windows_of(history: History) -> st.SearchStrategy[Window]:
    """Windows whose ends lie at what happened, or a microsecond beside it."""
    instants = {event.at for batch in history.batches for delivery in batch for event in delivery.events}
    contacts = [delivery.contact for batch in history.batches for delivery in batch if delivery.contact is not None]
    instants.update(said.watermark for said in contacts if said.watermark is not None)
    if not instants:
        return windows
    near = st.builds(int.__add__, st.sampled_from(sorted(instants)), st.integers(-1, 1))
    ends = st.none() | near | near | st.integers(0, LAST + 25)
    return st.builds(Window, ends, ends).filter(_is_window)


seen_sites = st.none() | st.lists(st.sampled_from(SITES), unique=True)
"""The sites that are asked for."""
