"""What the ledger of the PostgreSQL store knows of a window: whole hours from its rows, ragged edges from events.

Closed time of a worker never lies after the worker's last sighting, so an hour that is cut by the end of a window counts
whole for everybody who was last seen before that end: a live page reads no events at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collector import hours
from collector.measures import Company, Measure, Occupied, Parts, Person, Split, Stretch
from collector.records import LedgerRules, OpenState
from collector.storage.blocks import Blocks, with_blocks
from collector.storage.gathered import Gathered
from collector.storage.kept import check_parts
from collector.storage.nameless import NUMBER as NAMELESS_NUMBER
from collector.storage.postgres import reading
from collector.storage.postgres.company import tell_company
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.histories import closed
from collector.storage.postgres.ledger_blocks import blocks_within
from collector.storage.postgres.neighbourhood import runs_within
from collector.storage.postgres.reading import Site
from collector.storage.postgres.stays import last_stays
from collector.storage.postgres.watching import watched

_SUMS = ", ".join(f"sum(l.{each})::bigint" for each in ("working", "idle", "absent", "assumed", "units"))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the ledger; see `collector.storage.base.Storage.measure`."""

    split: Split
    by_hour: bool
    stays: bool
    occupied: Occupied | None


async def measure(
    connection: Connection, of: Sequence[str] | None, *, question: Question, rules: LedgerRules
) -> Measure:
    """Return what the numbers of a window are made of.

    Raises:
        BeforeHorizon: a site has no longer kept what it takes.
    """
    gathered = Gathered()
    sites = await reading.sites(connection, of)
    open_states = await reading.open_states(connection, sites)
    for site in sites:
        await _add_site(connection, gathered, site=site, asked=(question, rules), open_states=open_states)
    company = None
    if question.occupied is not None:
        company = await _company(connection, sites, question=question.occupied, rules=rules)
    return Measure(
        workers=await reading.workers(connection, sites),
        stations=await reading.stations(connection, sites),
        cameras=await reading.cameras(connection, sites),
        amounts=gathered.amounts,
        by_hour=gathered.by_hour,
        edges=gathered.edges,
        open_states=open_states,
        stays=gathered.stays,
        company=company,
        watched={site: known.within for site, known in gathered.watches.items()},
        watched_before={site: known.before for site, known in gathered.watches.items()},
        kept={site.name: site.kept for site in sites},
    )


async def _add_site(
    connection: Connection,
    gathered: Gathered,
    *,
    site: Site,
    asked: tuple[Question, LedgerRules],
    open_states: Mapping[Person, OpenState],
) -> None:
    question, rules = asked
    parts = question.split(site.hour_offset)
    check_parts(parts, site=site.name, kept=site.kept, offset=site.hour_offset)
    gathered.blocks[site.name] = await _blocks(connection, site, parts=parts, by_hour=question.by_hour)
    if parts.whole is not None:
        await _add_whole(connection, gathered, site=site, whole=parts.whole, by_hour=question.by_hour)
    if parts.left is not None:
        start, end = closed(parts.left)
        there = {row[0]: row[1] for row in await _rows_of_hour(connection, gathered, site=site, at=start)}
        await _add_edges(connection, gathered, site=site, workers=there, stretch=(start, end))
    if parts.right is not None:
        right = closed(parts.right)
        await _add_right(
            connection, gathered, site=site, right=right, open_states=open_states, by_hour=question.by_hour
        )
    elif question.stays and _is_open(parts):
        found = await last_stays(connection, site.number, gap=rules.session_gap)
        gathered.stays.update({(site.name, station_id): runs for station_id, runs in found.items()})
    if question.by_hour and parts.window is not None:
        gathered.watches[site.name] = await watched(connection, site.number, stretch=closed(parts.window))


async def _company(
    connection: Connection, sites: Sequence[Site], *, question: Occupied, rules: LedgerRules
) -> Company | None:
    company = Company(question.most)
    for site in sites:
        if not await tell_company(connection, company, site=site, question=question, rules=rules):
            return None
    return company


async def _blocks(connection: Connection, site: Site, *, parts: Parts, by_hour: bool) -> Blocks:
    if parts.window is None or (parts.whole == (None, None) and not by_hour):
        return Blocks()
    return await blocks_within(connection, site.number, window=closed(parts.window))


async def _add_whole(connection: Connection, gathered: Gathered, *, site: Site, whole: Stretch, by_hour: bool) -> None:
    is_everything = whole == (None, None)
    table, within = ("total", "") if is_everything else ("ledger", "and l.hour >= $2 and l.hour < $3")
    bounds = () if is_everything else closed(whole)
    # What each worker did at each workstation.
    rows = await connection.fetch(
        f"""
        select w.worker_id, st.station_id, a.*
        from (
            select l.worker, l.workstation, {_SUMS}
            from {table} as l
            where l.site_id = $1 {within}
            group by l.worker, l.workstation
        ) as a (worker, workstation, working, idle, absent, assumed, units)
        join worker as w on w.site_id = $1 and w.number = a.worker
        join workstation as st on st.site_id = $1 and st.number = a.workstation
        order by a.worker, a.workstation
        """,  # noqa: S608 - texts of ours
        site.number,
        *bounds,
    )
    for worker_id, station_id, _, _, *amounts in rows:
        gathered.add((site.name, worker_id, station_id), amounts)
    hours_asked = closed(whole)
    if not is_everything:
        gathered.add_blocks(site.name, within=hours_asked)
    if by_hour:
        gathered.add_blocks_by_hour(site.name, within=hours_asked)
        # What happened in each hour.
        rows = await connection.fetch(
            f"""
            select l.hour, {_SUMS}
            from ledger as l
            where l.site_id = $1 and l.hour >= $2 and l.hour < $3
            group by l.hour
            """,  # noqa: S608 - texts of ours
            site.number,
            *hours_asked,
        )
        for hour, *amounts in rows:
            gathered.add_hour((site.name, hour), amounts)


async def _add_right(
    connection: Connection,
    gathered: Gathered,
    *,
    site: Site,
    right: tuple[int, int],
    open_states: Mapping[Person, OpenState],
    by_hour: bool,
) -> None:
    start, end = right
    cut: dict[int, str] = {}
    for number, worker_id, station_id, *amounts in await _rows_of_hour(connection, gathered, site=site, at=start):
        if open_states[site.name, worker_id].last_at >= end:
            cut[number] = worker_id
            continue
        gathered.add((site.name, worker_id, station_id), amounts)
        if by_hour:
            gathered.add_hour((site.name, start), amounts)
    await _add_edges(connection, gathered, site=site, workers=cut, stretch=right)


async def _add_edges(
    connection: Connection,
    gathered: Gathered,
    *,
    site: Site,
    workers: Mapping[int, str],
    stretch: tuple[int, int],
) -> None:
    runs = await runs_within(connection, site.number, workers=[*workers], stretch=stretch) if workers else {}
    gathered.edges.extend(((site.name, workers[number]), stretch, run) for number, run in runs.items())


async def _rows_of_hour(connection: Connection, gathered: Gathered, *, site: Site, at: int) -> list[Any]:
    hour = hours.hour_of(at, offset=site.hour_offset)
    # What happened in the hour that an instant lies in, but for what names nobody: nothing tells which part of it.
    rows: list[Any] = await connection.fetch(
        """
        select l.worker, w.worker_id, st.station_id, l.working, l.idle, l.absent, l.assumed, l.units
        from ledger as l
        join worker as w on w.site_id = $1 and w.number = l.worker
        join workstation as st on st.site_id = $1 and st.number = l.workstation
        where l.site_id = $1 and l.hour = $2 and l.worker <> $3
        order by l.worker
        """,
        site.number,
        hour,
        NAMELESS_NUMBER,
    )
    blocks = gathered.blocks[site.name].of_hour(hour)
    return with_blocks(rows, blocks) if blocks else rows


def _is_open(parts: Parts) -> bool:
    return parts.whole is not None and parts.whole[1] is None
