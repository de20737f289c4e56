"""How long what is stored is kept, in instants and in words."""

import os
from pathlib import Path

import pytest

from collector.checks.retention import copies_finding, retention_finding
from collector.measures import Kept, KeptCopy
from collector.metrics.retention import due, is_due, sentences
from collector.records import KEPT_FOR_EVER, Retention
from collector.storage.backups import kept_before
from collector.storage.kept_copies import kept_copies
from shared.instants import HOUR, MINUTE, SECOND
from tests.support.collector import at

DAY = 24 * HOUR
NOW = at("12:34")


@pytest.mark.parametrize(
    ("offset", "events"), [(0, at("12:00") - DAY), (30 * MINUTE, at("12:30") - DAY), (45 * MINUTE, at("11:45") - DAY)]
)
def test_what_goes_are_whole_hours_of_the_site(offset: int, events: int) -> None:
    """Rounded to the earlier one: nothing goes too soon."""

    assert Kept(events, None, None) == due(Retention(events=DAY), offset=offset, now=NOW)


@pytest.mark.parametrize(
    ("kept", "to", "expected"),
    [
        (Kept(), Kept(), False),
        (Kept(), Kept(events=5), True),
        (Kept(events=5), Kept(events=5), False),
        (Kept(events=9), Kept(events=5), False),  # a longer retention brings nothing back
        (Kept(events=9, persons=3), Kept(events=5, persons=4), True),
        (Kept(hours=3), Kept(), False),
    ],
)
def test_something_is_due_if_more_is_kept_than_shall_be(kept: Kept, to: Kept, *, expected: bool) -> None:
    """Of any class."""

    assert expected == is_due(kept, to)


def test_it_is_said_what_is_kept_and_what_goes_next() -> None:
    """For each class and each site that has anything to let go."""
    retention = Retention(events=14 * DAY, person_hours=30 * DAY)
    kept = {"north": due(retention, offset=0, now=NOW), "south": Kept(events=at("00:00") - 20 * DAY)}

    assert [
        "events are kept for 14d",
        "hours of persons are kept for 30d",
        "hours of workstations are kept for ever",
        "site north: gone are events before 2026-01-01T12:00:00Z, names in hours before 2025-12-16T12:00:00Z",
        "site south: gone are events before 2025-12-26T00:00:00Z",
        "site north: nothing is due before 2026-01-15T13:00:00Z; then go events before 2026-01-01T13:00:00Z, names in hours "
        "before 2025-12-16T13:00:00Z",
        "site south: next to go are events before 2026-01-01T12:00:00Z, names in hours before 2025-12-16T12:00:00Z",
    ] == sentences(retention, kept=kept, offsets={"north": 0, "south": 0}, now=NOW)


def test_what_is_said_to_be_due_next_is_due_then_and_not_before() -> None:
    """By the instant that the sentence names, for classes that are due at different times."""
    retention = Retention(events=14 * DAY, person_hours=30 * DAY)
    kept = Kept(events=at("05:00") - 14 * DAY, persons=at("02:00") - 30 * DAY)
    *_, said = sentences(retention, kept={"north": kept}, offsets={"north": 0}, now=at("02:59"))

    assert (
        "site north: nothing is due before 2026-01-15T03:00:00Z; then go names in hours before 2025-12-16T03:00:00Z"
        == said
    )
    assert [False, True] == [is_due(kept, due(retention, offset=0, now=at(when))) for when in ("02:59", "03:00")]


def test_what_is_gone_is_told_also_when_retention_is_off_again() -> None:
    """Of the sites that have let something go."""
    kept = {"north": Kept(), "south": Kept(at("00:00"), None, None)}

    assert [
        "retention is off: events and hours of persons are kept for ever; set [retention] in the settings",
        "site south: gone are events before 2026-01-15T00:00:00Z",
    ] == sentences(KEPT_FOR_EVER, kept=kept, offsets={"north": 0, "south": 0}, now=NOW)


def test_the_check_says_it() -> None:
    """As a line that is no failure."""
    finding = retention_finding(["events are kept for 14d", "site south: gone are events before 2026-01-15T00:00:00Z"])

    assert "events are kept for 14d; site south: gone are events before 2026-01-15T00:00:00Z" == finding.words
    assert ("retention", 0) == (finding.what, finding.exit_code)


@pytest.mark.parametrize(
    ("until", "events", "code"), [(NOW - 3 * DAY, None, 0), (NOW - 3 * DAY, 4 * DAY, 0), (NOW - 3 * DAY, 2 * DAY, 3)]
)
def test_a_copy_that_outlives_its_events_wants_somebody_to_look(until: int, events: int | None, code: int) -> None:
    """It is named with its age and what to do, whatever is kept how long."""
    finding = copies_finding([KeptCopy("collector.db.schema-4", until)], Retention(events=events), now=NOW)

    assert ("copies", code) == (finding.what, finding.exit_code)
    assert finding.words.startswith("collector.db.schema-4 holds what was stored until 2026-01-12, 3 days ago, and no")
    assert finding.words.endswith("delete it when nobody needs it")


def test_copies_that_an_upgrade_or_a_restore_left_are_found(tmp_path: Path) -> None:
    """By their names, not those of backups or of another database, but halves of them, whose first page is not there yet; what belongs to them is not named apart."""
    file = tmp_path / "collector.db"
    copies = (kept_before(file, 4).name, "collector.db.replaced-20260101T000000Z")
    for name in (
        "collector.db",
        "collector.db-wal",
        "collector.db.lock",
        "backup.db",
        "other.db.schema-4",
        f"{copies[1]}-wal",
        *copies,
    ):
        (tmp_path / name).touch()
    (tmp_path / ".backup.db.partial").write_bytes(bytes(4_096))
    (tmp_path / ".anybody's.partial").write_bytes(b"what is half of something else")
    os.utime(tmp_path / copies[0], (0, at("10:00") // SECOND))

    assert [".backup.db.partial", *sorted(copies)] == [copy.name for copy in kept_copies(file)]
    assert at("10:00") == kept_copies(file)[2].until
    assert [] == kept_copies(tmp_path / "nowhere" / "collector.db")
