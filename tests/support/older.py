"""A database as the first version with sums left it."""

from contextlib import closing
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from collector.storage.migrating import APPLICATION_ID
from collector.storage.migrations import migrations
from collector.storage.sqlite import SqliteStorage
from shared.events import Event, EventType
from shared.instants import MINUTE
from tests.support.collector import RULES, decide, delivery
from tests.support.fake_clock import START

STEPS = 3
"""Of its schema."""
_KINDS = (EventType.working, EventType.product_count, EventType.idle)


def make_older(file: Path) -> None:
    """Make such a database, with one site."""
    database = Database(file)
    migrations.apply(database, stop_before="watched_stretches")
    database.conn.execute(f"pragma application_id = {APPLICATION_ID}")
    database.conn.execute("insert into site (number, name) values (1, 'east')")
    database.conn.commit()
    database.close()


async def make_older_with_events(file: Path, *, workers: int, rounds: int, hours: int) -> int:
    """Make a database of the same version as it is after some time of work, and return how many events it has.

    Every worker has an event in each round; a camera has watched so many hours, which is what the upgrade has to rewrite.
    """
    storage = SqliteStorage.open(file, rules=RULES)
    for number in range(rounds):
        at = START + number * MINUTE
        kind = _KINDS[number % len(_KINDS)]
        events = [
            Event(at + worker, f"W{worker}", f"S{worker % 9}", kind, number % 3, None) for worker in range(workers)
        ]
        await storage.store([delivery(*events, camera="C1")], decide=decide)
    await storage.close()
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.executescript(
            f"""
            begin;
            drop table watched;
            create table camera_hour (
                site integer not null,
                camera integer not null,
                hour integer not null,
                watched integer not null check (watched between 0 and 3600000000),
                primary key (site, camera, hour),
                foreign key (site, camera) references camera on delete cascade
            ) strict, without rowid;
            with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n < {hours} - 1)
            insert into camera_hour select 1, 1, 3600000000 * n, 3600000000 from numbers;
            delete from _sqlite_migrations where name = 'watched_stretches';
            commit;
            """  # noqa: S608 - a number of ours
        )
    return workers * rounds
