"""Steps of the schema for what is read more often; registered after those in `block_migrations.py`, never changed."""

from sqlite_utils import Database

from collector.storage.block_migrations import migrations

__all__ = ["migrations"]


@migrations()
def cameras_of_states(db: Database) -> None:
    """Which camera told a state, beside the state: time is drawn as far as that camera has watched."""
    db.executescript(
        """
        -- All that an outline wants of the states; first of all the latest one before an instant.
        drop index if exists event_state;
        create index event_state on event (site, worker, at, type, workstation, camera) where type < 3;
        """
    )
