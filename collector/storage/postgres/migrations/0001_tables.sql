-- Every table but the first five belongs to sites: its keys begin with site_id, so that Citus can keep a site on one node.
-- Ids are compared by code point, which for UTF-8 is the order of bytes: collate "C".

create table site (
    site_id integer generated always as identity primary key,
    name text collate "C" not null unique,
    -- Where the site's hours begin, in microseconds past the full hour.
    hour_offset bigint not null default 0 check (hour_offset between 0 and 3599999999)
);

-- Where each camera is; settled once it has events: then it stays, whatever the settings say.
create table camera_home (
    camera text collate "C" primary key,
    site_id integer not null references site,
    is_settled boolean not null
);

-- What the amounts were made with, in microseconds; one row. A new generation voids what collectors remember of ids.
create table arithmetic (
    one boolean primary key check (one),
    session_gap bigint not null,
    tail bigint not null,
    generation bigint not null default 0
);

-- How many transactions were committed, in as many rows as keep collectors out of each other's way.
create table revision (
    slot integer primary key,
    writes bigint not null
);

-- A row as long as the amounts are not complete: the rules they are being made with, and the site and worker that come next.
create table rebuilding (
    one boolean primary key check (one),
    session_gap bigint not null,
    tail bigint not null,
    site_id integer not null,
    worker integer not null
);

create table worker (
    site_id integer not null,
    number integer not null,
    worker_id text collate "C" not null,
    name text,
    primary key (site_id, number),
    unique (site_id, worker_id)
);

create table workstation (
    site_id integer not null,
    number integer not null,
    station_id text collate "C" not null,
    name text,
    first_at bigint,
    last_at bigint,
    primary key (site_id, number),
    unique (site_id, station_id)
);

create table camera (
    site_id integer not null,
    number integer not null,
    name text collate "C" not null,
    has_events boolean not null default false,
    -- Whether the time from the watermark on is being watched, by what its last live call said.
    is_watching boolean not null default false,
    pending bigint not null default 0,
    watermark bigint,
    last_contact_at bigint,
    oldest_pending_at bigint,
    clock_offset_us bigint,
    version text,
    primary key (site_id, number),
    unique (site_id, name)
);

-- The greatest number a camera has given out in each of its epochs.
create table camera_epoch (
    site_id integer not null,
    camera integer not null,
    epoch text collate "C" not null,
    last_seq bigint not null,
    primary key (site_id, camera, epoch),
    foreign key (site_id, camera) references camera on delete cascade
);

-- Numbers that arrived or will never arrive; ranges neither overlap nor touch.
create table camera_range (
    site_id integer not null,
    camera integer not null,
    epoch text collate "C" not null,
    first_seq bigint not null,
    last_seq bigint not null check (last_seq >= first_seq),
    primary key (site_id, camera, epoch, first_seq),
    foreign key (site_id, camera) references camera on delete cascade
);

-- When a camera watched without a break, by the advance of its watermark.
create table watched (
    site_id integer not null,
    camera integer not null,
    start bigint not null,
    until bigint not null check (until > start),
    primary key (site_id, camera, start),
    foreign key (site_id, camera) references camera on delete cascade
);

-- Identity, order and the neighbours in time of one worker, all in one B-tree.
create table event (
    at bigint not null check (at between 0 and 253402300799999999),
    confidence double precision check (confidence between 0 and 1),
    site_id integer not null,
    worker integer not null,
    workstation integer not null,
    count integer not null check (count between 0 and 1000000),
    camera integer,
    type smallint not null check (type between 0 and 3),
    primary key (site_id, worker, at, type, workstation)
);

-- The latest state before an instant, without a walk over the counts between.
create index event_state on event (site_id, worker, at) where type < 3;

-- Versions of an event that lost; confidence -1 stands for unknown, since a key holds no null.
create table conflict (
    at bigint not null,
    confidence double precision not null check (confidence = -1 or confidence between 0 and 1),
    site_id integer not null,
    worker integer not null,
    workstation integer not null,
    count integer not null check (count between 0 and 1000000),
    type smallint not null,
    primary key (site_id, worker, at, type, workstation, count, confidence)
);

-- The newest items of each site that were no events, for people to look at.
create table rejected (
    site_id integer not null,
    number bigint generated always as identity,
    received_at bigint not null,
    camera text,
    code text not null,
    error text not null,
    item text not null,
    primary key (site_id, number)
);

-- Closed time in microseconds, and units. `hour` is the instant at which the hour begins.
create table ledger (
    hour bigint not null,
    site_id integer not null,
    worker integer not null,
    workstation integer not null,
    working bigint not null,
    idle bigint not null,
    absent bigint not null,
    assumed bigint not null,
    units bigint not null,
    primary key (site_id, hour, worker, workstation)
);

-- Until when somebody was at a station: its last hour that has any time.
create index ledger_of_workstation on ledger (site_id, workstation, hour);

-- The same without hours.
create table total (
    site_id integer not null,
    worker integer not null,
    workstation integer not null,
    working bigint not null,
    idle bigint not null,
    absent bigint not null,
    assumed bigint not null,
    units bigint not null,
    primary key (site_id, worker, workstation)
);

-- The worker's last sighting of all, and the state in force at it.
create table open_state (
    last_at bigint not null,
    state_at bigint,
    site_id integer not null,
    worker integer not null,
    state_workstation integer,
    state_camera integer,
    state_type smallint check (state_type between 0 and 2),
    primary key (site_id, worker)
);
