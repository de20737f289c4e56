"""Steps of the schema that let personal data go again; registered after those in `later_migrations.py`, never changed."""

from sqlite_utils import Database

from collector.storage.later_migrations import migrations

__all__ = ["migrations"]


@migrations()
def retention(db: Database) -> None:
    """From when on a site still has events, hours of persons and hours of workstations; what stays of what is gone."""
    db.executescript(
        """
        -- Null: everything. Otherwise the instant at which an hour of the site begins.
        alter table site add column events_from integer;
        alter table site add column persons_from integer;
        alter table site add column hours_from integer;

        -- The first and the last that is known of a workstation from events that are gone.
        alter table workstation add column erased_first_at integer;
        alter table workstation add column erased_last_at integer;

        -- How long anybody worked at a workstation in an hour, by events that are gone. With `stretches`, a JSON list of
        -- [start, end): events that are kept, or still come, may overlap them. Without: it never changes again.
        create table station_hour (
            site integer not null,
            hour integer not null,
            workstation integer not null,
            occupied integer not null check (occupied >= 0),
            stretches text,
            primary key (site, hour, workstation)
        ) strict, without rowid;

        create index station_hour_open on station_hour (site, hour) where stretches is not null;
        """
    )


@migrations()
def forgetting(db: Database) -> None:
    """Who was forgotten, told by a keyed mark alone; what must still be scrubbed from the file."""
    db.executescript(
        """
        -- Makes marks of this database those of no other; it is made when it is first wanted.
        create table secret (
            one integer primary key check (one = 1),
            key text not null
        ) strict;

        -- Workers who were erased: their events are refused, should an agent send them again.
        create table forgotten (
            site integer not null references site,
            mark text not null,
            forgotten_at integer not null,
            primary key (site, mark)
        ) strict, without rowid;

        -- A row as long as bytes of what was erased may lie in the file or in its log.
        create table unscrubbed (
            one integer primary key check (one = 1)
        ) strict;
        """
    )


@migrations()
def access_log(db: Database) -> None:
    """Who looked at whose data."""
    db.executescript(
        """
        -- A row an hour for each who looked at something; site 0: all of them, worker -1: all workers, 0: one who was erased.
        create table look (
            hour integer not null,
            site integer not null,
            worker integer not null,
            who text not null,
            what text not null,
            role text not null,
            first_at integer not null,
            primary key (hour, site, worker, who, what)
        ) strict, without rowid;
        """
    )
