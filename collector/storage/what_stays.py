"""What a rebuild of the SQLite store leaves as it is: hours that no event tells any more."""

from sqlite_utils.utils import sqlite3

from collector.records import Splice
from collector.storage.ledger_blocks import unfold
from collector.storage.nameless import NUMBER as NAMELESS


def drop_amounts(connection: sqlite3.Connection) -> None:
    """Drop what events can tell: hours from each site's horizon on, but for those of nobody, and what follows from them."""
    connection.execute("delete from rebuilding")
    connection.execute("delete from open_state")
    for site, horizon in connection.execute(
        "select number, events_from from site where events_from is not null"
    ).fetchall():
        unfold(connection, site, before=horizon)
    connection.execute("delete from ledger_block")
    connection.execute(
        """
        delete from ledger
        where worker <> ? and hour >= coalesce((select events_from from site where number = ledger.site), hour)
        """,
        (NAMELESS,),
    )
    connection.execute("delete from total where worker <> ?", (NAMELESS,))
    # The sums of workers begin with the hours that are left.
    connection.execute(
        """
        insert into total (site, worker, workstation, working, idle, absent, assumed, units)
        select site, worker, workstation, sum(working), sum(idle), sum(absent), sum(assumed), sum(units)
        from ledger
        where worker <> ?
        group by site, worker, workstation
        """,
        (NAMELESS,),
    )
    connection.execute("update workstation set first_at = erased_first_at, last_at = erased_last_at")


def sites_of_free_hours(connection: sqlite3.Connection) -> list[tuple[str, int, int]]:
    """Return name, number and beginning of the hours of the sites whose hours may begin elsewhere.

    Hours that no event tells any more stay as they were counted, and so do all others of that site.
    """
    rows = connection.execute(
        """
        select name, number, hour_offset
        from site
        where events_from is null and not exists (
            select 1 from station_hour as h where h.site = site.number
        ) and not exists (
            select 1 from total as t where t.site = site.number and t.worker = ?
        )
        """,
        (NAMELESS,),
    ).fetchall()
    return [(name, number, offset) for name, number, offset in rows]


def since(horizon: int, splice: Splice) -> Splice:
    """Return a splice without what it changes in hours before an instant."""
    return splice._replace(
        hours={place: amounts for place, amounts in splice.hours.items() if place[0] >= horizon},
        hour_ranges=[
            found._replace(first=max(found.first, horizon)) for found in splice.hour_ranges if found.end > horizon
        ],
    )
