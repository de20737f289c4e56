-- What the ledger holds of each hour of a block, beside the hour's own row, and how many times the time of all the worker's
-- rows of an hour come on top (of_…): an hour's time is the sum, so each may be negative. `block` is the instant at which the
-- first hour begins. Units are in rows of hours alone.
create table ledger_block (
    block bigint not null,
    site_id integer not null,
    worker integer not null,
    workstation integer not null,
    working bigint not null,
    idle bigint not null,
    absent bigint not null,
    assumed bigint not null,
    of_working bigint not null,
    of_idle bigint not null,
    of_absent bigint not null,
    primary key (site_id, block, worker, workstation)
);

-- Until when somebody may have been at a station.
create index ledger_block_of_workstation on ledger_block (site_id, workstation, block);
