"""The schema of the SQLite store, as numbered steps; a step that has been released never changes.

`site` leads every key, so that another database can be sharded by it. Numbers instead of ids keep an event at about 42
bytes; they never leave this room. Bounds of SEMANTICS §1 are CHECK constraints too: no bug above can store an event that
would break a sum.
"""

from sqlite_utils import Database, Migrations

migrations = Migrations("collector")


@migrations()
def events_and_cameras(db: Database) -> None:
    """Sites, registries, cameras with their numbering, events, conflicts, refusals."""
    db.executescript(
        """
        create table site (
            number integer primary key,
            name text not null unique
        ) strict;

        create table worker (
            site integer not null references site,
            number integer not null,
            worker_id text not null,
            name text,
            primary key (site, number),
            unique (site, worker_id)
        ) strict, without rowid;

        create table workstation (
            site integer not null references site,
            number integer not null,
            station_id text not null,
            name text,
            first_at integer,
            last_at integer,
            primary key (site, number),
            unique (site, station_id)
        ) strict, without rowid;

        -- has_events: a camera that has events stays at its site whatever the settings say.
        create table camera (
            site integer not null references site,
            number integer not null,
            name text not null,
            has_events integer not null default 0,
            watermark integer,
            last_contact_at integer,
            pending integer not null default 0,
            oldest_pending_at integer,
            clock_offset_us integer,
            version text,
            primary key (site, number),
            unique (site, name)
        ) strict, without rowid;

        -- The greatest number a camera has given out in each of its epochs.
        create table camera_epoch (
            site integer not null,
            camera integer not null,
            epoch text not null,
            last_seq integer not null,
            primary key (site, camera, epoch),
            foreign key (site, camera) references camera on delete cascade
        ) strict, without rowid;

        -- Numbers that arrived or will never arrive; ranges neither overlap nor touch.
        create table camera_range (
            site integer not null,
            camera integer not null,
            epoch text not null,
            first_seq integer not null,
            last_seq integer not null check (last_seq >= first_seq),
            primary key (site, camera, epoch, first_seq),
            foreign key (site, camera, epoch) references camera_epoch on delete cascade
        ) strict, without rowid;

        -- Identity, order and the neighbours in time of one worker, all in one B-tree.
        create table event (
            site integer not null,
            worker integer not null,
            at integer not null check (at between 0 and 253402300799999999),
            type integer not null check (type between 0 and 3),
            workstation integer not null,
            count integer not null check (count between 0 and 1000000),
            confidence real check (confidence between 0 and 1),
            camera integer,
            primary key (site, worker, at, type, workstation)
        ) strict, without rowid;

        -- Versions of an event that lost; confidence -1 stands for unknown, since a key holds no null.
        create table conflict (
            site integer not null,
            worker integer not null,
            at integer not null,
            type integer not null,
            workstation integer not null,
            count integer not null check (count between 0 and 1000000),
            confidence real not null check (confidence = -1 or confidence between 0 and 1),
            primary key (site, worker, at, type, workstation, count, confidence)
        ) strict, without rowid;

        -- The newest items that were no events, for people to look at.
        create table rejected (
            number integer primary key autoincrement,
            site integer not null,
            received_at integer not null,
            camera text,
            code text not null,
            error text not null,
            item text not null
        ) strict;
        """
    )


@migrations()
def ledger(db: Database) -> None:
    """Time and units by hour and in all, kept up to date with the events; open states; watched time."""
    db.executescript(
        """
        -- Where the site's hours begin, in microseconds past the full hour: half-hour zones have whole hours too.
        alter table site add column hour_offset integer not null default 0 check (hour_offset between 0 and 3599999999);

        -- The latest state before an instant, without a walk over the counts between.
        create index event_state on event (site, worker, at) where type < 3;

        -- Closed time in microseconds, and units. `hour` is the instant at which the hour begins.
        create table ledger (
            site integer not null,
            hour integer not null,
            worker integer not null,
            workstation integer not null,
            working integer not null,
            idle integer not null,
            absent integer not null,
            assumed integer not null,
            units integer not null,
            primary key (site, hour, worker, workstation)
        ) strict, without rowid;

        -- Until when somebody was at a station: its last hour that has any time.
        create index ledger_of_workstation on ledger (site, workstation, hour);

        -- The same without hours.
        create table total (
            site integer not null,
            worker integer not null,
            workstation integer not null,
            working integer not null,
            idle integer not null,
            absent integer not null,
            assumed integer not null,
            units integer not null,
            primary key (site, worker, workstation)
        ) strict, without rowid;

        -- The worker's last sighting of all, and the state in force at it.
        create table open_state (
            site integer not null,
            worker integer not null,
            last_at integer not null,
            state_at integer,
            state_type integer check (state_type between 0 and 2),
            state_workstation integer,
            state_camera integer,
            primary key (site, worker)
        ) strict, without rowid;

        -- Whether the time from the camera's watermark on is being watched, by what its last live call said.
        alter table camera add column is_watching integer not null default 0 check (is_watching in (0, 1));

        -- Time that a camera watched without a break, by the advance of its watermark.
        create table camera_hour (
            site integer not null,
            camera integer not null,
            hour integer not null,
            watched integer not null check (watched between 0 and 3600000000),
            primary key (site, camera, hour),
            foreign key (site, camera) references camera on delete cascade
        ) strict, without rowid;

        -- What the amounts above were made with, in microseconds; one row.
        create table arithmetic (
            one integer primary key check (one = 1),
            session_gap integer not null,
            tail integer not null
        ) strict;
        """
    )


@migrations()
def rebuilding(db: Database) -> None:
    """How far the amounts are made anew; a database whose events have none yet is marked as not begun."""
    db.executescript(
        """
        -- A row as long as the amounts are not complete: the rules they are being made with, none yet if they are null,
        -- and the site and worker that come next.
        create table rebuilding (
            one integer primary key check (one = 1),
            session_gap integer,
            tail integer,
            site integer not null,
            worker integer not null
        ) strict;

        insert into rebuilding (one, site, worker)
        select 1, 0, 0
        where exists (select 1 from event) and not exists (select 1 from open_state);
        """
    )


@migrations()
def watched_stretches(db: Database) -> None:
    """Watched time as stretches, which fit any hours; what was watched of an hour is taken to lie at its beginning."""
    db.executescript(
        """
        -- When a camera watched without a break, by the advance of its watermark.
        create table watched (
            site integer not null,
            camera integer not null,
            start integer not null,
            until integer not null check (until > start),
            primary key (site, camera, start),
            foreign key (site, camera) references camera on delete cascade
        ) strict, without rowid;

        insert into watched (site, camera, start, until)
        select site, camera, hour, hour + watched from camera_hour where watched > 0;

        drop table camera_hour;
        """
    )
