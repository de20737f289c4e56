"""Both forms of `Retry-After`, and nonsense in its place."""

import pytest

from edge_agent.delivery.retry_after import read_retry_after
from shared.instants import parse_instant

NOW = parse_instant("2026-01-15T10:00:00Z")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("0", 0.0),
        ("5", 5.0),
        (" 30 ", 30.0),
        ("900", 900.0),
        ("901", 900.0),
        ("9" * 5_000, 900.0),
        ("Thu, 15 Jan 2026 10:01:00 GMT", 60.0),
        ("Thu, 15 Jan 2026 09:59:00 GMT", 0.0),
        ("Thu, 15 Jan 2026 12:00:00 GMT", 900.0),
        ("Thu, 15 Jan 2026 12:00:30 +0200", 30.0),
        ("Thu, 15 Jan 2026 10:00:30 -0000", 30.0),
        ("Thursday, 15-Jan-26 10:00:30 GMT", 30.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 900.0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        ("Thu, 99 Jan 2026 10:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
    ],
)
def test_a_wait_is_read_within_a_quarter_of_an_hour(text: str | None, expected: float | None) -> None:
    """Seconds or a date give a wait of 0 to 900 s; what is neither gives none."""

    assert expected == read_retry_after(text, now=NOW)
