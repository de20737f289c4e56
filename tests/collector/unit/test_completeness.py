"""Which cameras are named when more are behind than a page can hold."""

import pytest

from collector.metrics.completeness import Behind, furthest_behind
from collector.records import Camera


def behind(name: str, watermark: int | None) -> Behind:
    """Return a camera that is behind."""
    return Behind(Camera("default", name, watermark, 0, 0, None, None, None, 0), "Late")


@pytest.mark.parametrize(
    ("most", "names"),
    [(0, ""), (1, "b"), (2, "bc"), (3, "bcd"), (4, "abcd"), (5, "abcd")],
)
def test_those_that_hold_up_the_numbers_most_are_named(most: int, names: str) -> None:
    """In the order of their names; one that has not said how far it is has delivered least."""
    late = [behind("a", 30), behind("b", None), behind("c", 10), behind("d", 20)]

    assert list(names) == [one.camera.name for one in furthest_behind(late, most)]
