"""What a coordinator of a Citus cluster answers, in a database that is none."""

CALLED_CITUS = """
    set allow_system_table_mods = on;
    insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    values (99999, 'citus', 10, 2200, false, '14.0-1');
"""
"""Lets it say that it is one."""
MACHINES = """
    create table pg_dist_partition (logicalrelid regclass);
    insert into pg_dist_partition values ('event');
    create table pg_dist_node (nodeid integer, nodename text, nodeport integer);
    insert into pg_dist_node values (2, 'db2', 5432);
    create function run_command_on_workers(command text)
        returns table (nodename text, nodeport integer, success boolean, result text)
        language sql as $$
            values
                ('db2', 5432, true, case
                    when command like '%pg_locks%' then 'true'
                    else '{"size_bytes": 1000000000, "unsafe": [], "tables": {"event": [5, 1, 700000000]}}'
                end),
                ('db3', 5432, false, 'no answer')
        $$;
    create function citus_pid_for_gpid(process bigint) returns integer
        language sql as 'select (process % 1000)::integer';
    create view citus_lock_waits as
        select 1007::bigint as waiting_gpid, 2008::bigint as blocking_gpid, 2 as blocking_nodeid;
    create view citus_stat_activity as
        select 1007::bigint as global_pid, 7 as pid, current_database() as datname, 'lineside-collector' as application_name,
            '10.0.0.4'::inet as client_addr, now() - interval '20 s' as xact_start, now() as query_start,
            false as is_worker_query;
"""
"""What it tells of its machines, once the tables are there: one answers, one does not, and somebody holds rows of the first."""
