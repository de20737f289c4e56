"""The schema's later steps, registered after those of `migrations.py`; a step that has been released never changes."""

from sqlite_utils import Database

from collector.storage.migrations import migrations

__all__ = ["migrations"]


@migrations()
def access(db: Database) -> None:
    """Who may write and who may look: tokens of cameras, people with their sessions, wall boards."""
    db.executescript(
        """
        -- A row from the first token, person or board on, for ever: whoever takes the last one away does not open the door.
        create table access (
            one integer primary key check (one = 1)
        ) strict;

        -- By an operator: nothing is taken from the camera and nobody waits for it.
        alter table camera add column is_paused integer not null default 0 check (is_paused in (0, 1));

        -- The SHA-256 of a token. A camera that has one stays at its site, whatever the settings say.
        create table camera_token (
            digest blob primary key check (length(digest) = 32),
            site integer not null,
            camera integer not null,
            created_at integer not null,
            expires_at integer,
            foreign key (site, camera) references camera on delete cascade
        ) strict, without rowid;

        create index camera_token_of_camera on camera_token (site, camera);

        -- password is argon2 in its usual form; site null: every site.
        create table person (
            name text primary key,
            role text not null check (role in ('viewer', 'supervisor', 'admin')),
            site integer references site,
            password text not null,
            created_at integer not null
        ) strict, without rowid;

        create table session (
            digest blob primary key check (length(digest) = 32),
            person text not null references person on delete cascade,
            expires_at integer not null
        ) strict, without rowid;

        create index session_of_person on session (person);

        create table board (
            name text primary key,
            site integer references site,
            digest blob not null unique check (length(digest) = 32),
            created_at integer not null
        ) strict, without rowid;
        """
    )
