"""docs/privacy.md tells of everything that is stored of a person: held against the tables that there are."""

from contextlib import closing
from pathlib import Path

from collector.storage.migrating import migrate
from collector.storage.opening import open_writer
from tests.structure.tree import text_of
from tests.support.collector import RULES

TOLD_AS = {
    "event": "events: when, where",
    "conflict": "versions of events that lost",
    "open_state": "where each worker's time stands",
    "ledger": "hours: how long each worker worked",
    "ledger_block": "hours: how long each worker worked",
    "total": "sums over all hours",
    "station_hour": "hours of workstations",
    "rejected": "items that were no events",
    "look": "the access log",
    "person": "names, roles and password hashes",
    "session": "their sessions",
    "forgotten": "marks of those who were erased",
    "worker": "names of workers",
}
"""By table: how the first column of the page's table begins."""
OF_NOBODY = {
    "site", "workstation", "camera", "camera_epoch", "camera_range", "watched", "camera_token", "board", "access",
    "arithmetic", "rebuilding", "secret", "unscrubbed", "_sqlite_migrations", "sqlite_sequence",
}  # fmt: skip
"""A rebuild notes how far it has come, by numbers."""


def test_every_table_that_has_a_person_is_told_of(tmp_path: Path) -> None:
    """A table that is new has to be thought of here, and one that has a worker or a person is of somebody."""
    with closing(open_writer(tmp_path / "collector.db")) as connection:
        migrate(connection, rules=RULES)
        tables = {name for (name,) in connection.execute("select name from sqlite_schema where type = 'table'")}
        with_somebody = {
            name
            for name in tables
            for column in connection.execute(f"pragma table_info({name})")
            if column[1] in ("worker", "worker_id", "person")
        }
    rows = [line.removeprefix("| ") for line in text_of("docs/privacy.md").splitlines() if line.startswith("| ")]

    assert TOLD_AS.keys() | OF_NOBODY == tables | {"sqlite_sequence"}
    assert set() == with_somebody - TOLD_AS.keys() - {"rebuilding"}
    assert [] == [told for told in TOLD_AS.values() if not any(row.startswith(told) for row in rows)]
