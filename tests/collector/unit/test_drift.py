"""Which settings the stored numbers do not follow, in words."""

import pytest

from collector.metrics.drift import duration, warnings
from collector.records import LedgerRules
from shared.instants import HOUR, MINUTE, SECOND

STORED = LedgerRules(10 * HOUR, 5 * MINUTE)


def told(wanted: LedgerRules = STORED, *, stored: dict[str, int] | None = None) -> list[str]:
    """Return the beginnings of the sentences; in Kolkata hours should begin at half past."""
    offsets = {"kolkata": 30 * MINUTE}
    found = warnings(STORED, wanted, stored_offsets=stored or {}, wanted_offset_of=lambda site: offsets.get(site, 0))
    return [sentence.partition(" is not in force")[0] for sentence in found]


def test_settings_that_are_in_force_need_no_words() -> None:
    """Also those of a site that has nothing yet."""

    assert [] == told()
    assert [] == told(stored={"kolkata": 30 * MINUTE, "berlin": 0})


def test_each_one_that_is_not_is_named() -> None:
    """Both silences, and sites in the order of their names."""

    assert ["session_gap = 2h"] == told(STORED._replace(session_gap=2 * HOUR))
    assert ["tail = 90s"] == told(STORED._replace(tail=90 * SECOND))
    assert ["session_gap = 168h", "tail = 0s"] == told(LedgerRules(168 * HOUR, 0))
    assert ["the time zone of site delhi", "the time zone of site kolkata"] == told(
        stored={"kolkata": 0, "delhi": 30 * MINUTE, "berlin": 0}
    )


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0s"),
        (10 * HOUR, "10h"),
        (90 * MINUTE, "90m"),
        (61 * SECOND, "61s"),
        (1_500_000, "1500ms"),
        (7, "7us"),
    ],
)
def test_a_duration_is_told_as_settings_spell_it(microseconds: int, text: str) -> None:
    """In the greatest unit that it is a whole number of."""

    assert text == duration(microseconds)
