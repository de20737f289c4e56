"""Windows of time as people write them in a query (SEMANTICS §5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.metrics.windows import Window, read_window
from shared.errors import BadRequest
from shared.instants import LAST_INSTANT
from tests.support.collector import at

edges = st.none() | st.integers(0, 50)


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [
        (None, None, Window()),
        ("2026-01-15T10:00:00Z", None, Window(at("10:00"), None)),
        (None, "2026-01-15T11:00:00+01:00", Window(None, at("10:00"))),
        ("2026-01-15T11:00:00 01:00", "2026-01-15T10:00:00.000001Z", Window(at("10:00"), at("10:00") + 1)),
        ("1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", Window(0, LAST_INSTANT)),
    ],
)
def test_a_window_is_read_end_by_end(start: str | None, end: str | None, window: Window) -> None:
    """A missing end is open; a plus sign that a URL turned into a space is understood."""

    assert window == read_window(start, end)


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("", None, "from: "),
        (None, "", "to: "),
        ("yesterday", None, "from: "),
        (None, "2026-01-15T24:00:00Z", "to: "),
        ("2026-01-15T10:00:00", None, "from: it has no offset"),
        (None, "2026-01-15", "to: "),
        ("2026-01-15T10:00:00Z", "2026-01-15T10:00:00Z", "from must lie before to"),
        ("2026-01-15T10:00:00Z", "2026-01-15T09:00:00Z", "from must lie before to"),
        ("2026-01-15T10:00:00Z", "2026-01-15T10:30:00+01:00", "from must lie before to"),
    ],
)
def test_a_mistake_names_its_parameter(start: str | None, end: str | None, told: str) -> None:
    """An empty or a turned window is a mistake, not an answer of zeros."""
    with pytest.raises(BadRequest) as refused:
        read_window(start, end)

    assert str(refused.value).startswith(told)


@given(edges, edges, st.integers(0, 50), st.integers(0, 50))
def test_an_overlap_counts_the_instants_that_both_hold(
    start: int | None, end: int | None, left: int, right: int
) -> None:
    """Counted one by one."""
    window = Window(start, end)

    assert sum(window.holds(instant) for instant in range(left, right)) == window.overlap(left, right)


@given(edges, edges)
def test_a_length_needs_two_ends(start: int | None, end: int | None) -> None:
    """An open window has none."""

    assert (None if start is None or end is None else end - start) == Window(start, end).length
