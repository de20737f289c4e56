-- From when on a site still has events, hours of persons and hours of workstations: null is everything, else the instant at
-- which an hour of the site begins.
alter table site
    add column events_from bigint,
    add column persons_from bigint,
    add column hours_from bigint;

-- The first and the last that is known of a workstation from events that are gone.
alter table workstation
    add column erased_first_at bigint,
    add column erased_last_at bigint;

-- How long anybody worked at a workstation in an hour, by events that are gone. With `stretches`, a JSON list of [start, end):
-- events that are kept, or still come, may overlap them. Without: it never changes again.
create table station_hour (
    site_id integer not null,
    hour bigint not null,
    workstation integer not null,
    occupied bigint not null check (occupied >= 0),
    stretches text,
    primary key (site_id, hour, workstation)
);

create index station_hour_open on station_hour (site_id, hour) where stretches is not null;

-- Makes marks of this database those of no other; it is made when it is first wanted.
create table secret (
    one boolean primary key check (one),
    key text not null
);

-- Workers who were erased: their events are refused, should an agent send them again.
create table forgotten (
    site_id integer not null,
    mark text collate "C" not null,
    forgotten_at bigint not null,
    primary key (site_id, mark)
);

-- A row as long as bytes of what was erased may lie in the tables' files.
create table unscrubbed (
    one boolean primary key check (one)
);

-- The server's statistics would hold ids of workers who were erased since. Citus cannot set this for a table that it has spread
-- already: there they stay in them until the table is analysed the next time.
do $$
declare
    is_spread boolean := false;
begin
    if to_regclass('pg_dist_partition') is not null then
        select exists (select 1 from pg_dist_partition where logicalrelid = 'worker'::regclass) into is_spread;
    end if;
    if not is_spread then
        alter table worker alter column worker_id set statistics 0, alter column name set statistics 0;
        alter table rejected alter column error set statistics 0, alter column item set statistics 0;
    end if;
end;
$$;
