"""Steps of the schema for hours that change by the block; registered after those in `privacy_migrations.py`, never changed."""

from sqlite_utils import Database

from collector.storage.privacy_migrations import migrations

__all__ = ["migrations"]


@migrations()
def hour_blocks(db: Database) -> None:
    """Time of very many hours that changed all alike."""
    db.executescript(
        """
        -- What the ledger holds of each hour of a block, beside the hour's own row, and how many times the time of all the
        -- worker's rows of an hour come on top (of_…): an hour's time is the sum, so each may be negative. `block` is the
        -- instant at which the first hour begins. Units are in rows of hours alone.
        create table ledger_block (
            site integer not null,
            block integer not null,
            worker integer not null,
            workstation integer not null,
            working integer not null,
            idle integer not null,
            absent integer not null,
            assumed integer not null,
            of_working integer not null,
            of_idle integer not null,
            of_absent integer not null,
            primary key (site, block, worker, workstation)
        ) strict, without rowid;

        -- Until when somebody may have been at a station.
        create index ledger_block_of_workstation on ledger_block (site, workstation, block);
        """
    )
