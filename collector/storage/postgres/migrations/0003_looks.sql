-- Who looked at whose data. A row an hour for each who looked at something; site 0: all of them, worker -1: all workers.
create table look (
    site_id integer not null,
    hour bigint not null,
    worker integer not null,
    who text collate "C" not null,
    what text collate "C" not null,
    role text not null,
    first_at bigint not null,
    primary key (site_id, hour, worker, who, what)
);
