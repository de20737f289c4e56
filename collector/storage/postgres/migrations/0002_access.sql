-- Who may write and who may look. A token says neither site nor camera, so whom it lets in is looked up by it alone: these
-- tables are small, and all sites share them.

-- A row from the first token, person or board on, for ever: whoever takes the last one away does not open the door.
create table access (
    one boolean primary key check (one)
);

-- By an operator: nothing is taken from the camera and nobody waits for it.
alter table camera add column is_paused boolean not null default false;

-- The SHA-256 of a token. A camera that has one stays at its site, whatever the settings say.
create table camera_token (
    digest bytea primary key check (length(digest) = 32),
    site_id integer not null references site,
    camera integer not null,
    created_at bigint not null,
    expires_at bigint
);

create index camera_token_of_camera on camera_token (site_id, camera);

-- password is argon2 in its usual form; site_id null: every site.
create table person (
    name text collate "C" primary key,
    role text not null check (role in ('viewer', 'supervisor', 'admin')),
    site_id integer references site,
    password text not null,
    created_at bigint not null
);

create table session (
    digest bytea primary key check (length(digest) = 32),
    person text collate "C" not null references person on delete cascade,
    expires_at bigint not null
);

create index session_of_person on session (person);

create table board (
    name text collate "C" primary key,
    site_id integer references site,
    digest bytea not null unique check (length(digest) = 32),
    created_at bigint not null
);
