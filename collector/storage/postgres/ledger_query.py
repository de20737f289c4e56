"""What the ledger of the PostgreSQL store knows of a window: whole hours from its rows, ragged edges from events.

Closed time of a worker never lies after the worker's last sighting, so an hour that is cut by the end of a window counts
whole for everybody who was last seen before that end: a live page reads no events at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
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
from collector.storage.postgres.ledger_blocks import blocks_within, those_with_any
from collector.storage.postgres.neighbourhood import runs_within
from collector.storage.postgres.reading import Site
from collector.storage.postgres.stays import last_stays
from collector.storage.postgres.watching import watched

_SUMS = ", ".join(f"sum(l.{each})::bigint" for each in ("working", "idle", "absent", "assumed", "units"))

SITES_TOGETHER = 100
"""In one statement: a round trip for each would be most of what all sites of a group take."""


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
    for site in sites:
        check_parts(question.split(site.hour_offset), site=site.name, kept=site.kept, offset=site.hour_offset)
    open_states = await reading.open_states(connection, sites)
    for together in _together(sites):
        await _add_sites(connection, gathered, sites=together, asked=(question, rules), open_states=open_states)
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


def _together(sites: Sequence[Site]) -> Iterator[Sequence[Site]]:
    """Yield sites whose hours begin at the same time, so that a window has the same parts for them, so many at a time."""
    by_offset = sorted(sites, key=lambda site: site.hour_offset)
    for _, same in groupby(by_offset, key=lambda site: site.hour_offset):
        those = [*same]
        yield from (those[first : first + SITES_TOGETHER] for first in range(0, len(those), SITES_TOGETHER))


async def _add_sites(
    connection: Connection,
    gathered: Gathered,
    *,
    sites: Sequence[Site],
    asked: tuple[Question, LedgerRules],
    open_states: Mapping[Person, OpenState],
) -> None:
    question, rules = asked
    parts = question.split(sites[0].hour_offset)
    await _read_blocks(connection, gathered, sites=sites, parts=parts, by_hour=question.by_hour)
    if parts.whole is not None:
        await _add_whole(connection, gathered, sites=sites, whole=parts.whole, by_hour=question.by_hour)
    if parts.left is not None:
        await _add_left(connection, gathered, sites=sites, left=closed(parts.left))
    if parts.right is not None:
        right = closed(parts.right)
        await _add_right(
            connection, gathered, sites=sites, right=right, open_states=open_states, by_hour=question.by_hour
        )
    elif question.stays and _is_open(parts):
        await _add_stays(connection, gathered, sites=sites, gap=rules.session_gap)
    if question.by_hour and parts.window is not None:
        for site in sites:
            gathered.watches[site.name] = await watched(connection, site.number, stretch=closed(parts.window))


async def _company(
    connection: Connection, sites: Sequence[Site], *, question: Occupied, rules: LedgerRules
) -> Company | None:
    company = Company(question.most)
    for site in sites:
        if not await tell_company(connection, company, site=site, question=question, rules=rules):
            return None
    return company


async def _read_blocks(
    connection: Connection, gathered: Gathered, *, sites: Sequence[Site], parts: Parts, by_hour: bool
) -> None:
    gathered.blocks.update((site.name, Blocks()) for site in sites)
    if parts.window is None or (parts.whole == (None, None) and not by_hour):
        return
    having = await those_with_any(connection, reading.numbers(sites))
    for site in sites:
        if site.number in having:
            gathered.blocks[site.name] = await blocks_within(connection, site.number, window=closed(parts.window))


async def _add_whole(
    connection: Connection, gathered: Gathered, *, sites: Sequence[Site], whole: Stretch, by_hour: bool
) -> None:
    is_everything = whole == (None, None)
    table, within = ("total", "") if is_everything else ("ledger", "and l.hour >= $2 and l.hour < $3")
    bounds = () if is_everything else closed(whole)
    names, numbers = {site.number: site.name for site in sites}, reading.numbers(sites)
    # What each worker did at each workstation.
    rows = await reading.fetch_of(
        connection,
        f"""
        select a.site_id, w.worker_id, st.station_id, a.working, a.idle, a.absent, a.assumed, a.units
        from (
            select l.site_id, l.worker, l.workstation, {_SUMS}
            from {table} as l
            where l.site_id {{of}} {within}
            group by l.site_id, l.worker, l.workstation
        ) as a (site_id, worker, workstation, working, idle, absent, assumed, units)
        join worker as w on w.site_id {{too}} and w.site_id = a.site_id and w.number = a.worker
        join workstation as st on st.site_id {{too}} and st.site_id = a.site_id and st.number = a.workstation
        order by a.site_id, a.worker, a.workstation
        """,  # noqa: S608 - texts of ours
        *bounds,
        of=numbers,
    )
    for number, worker_id, station_id, *amounts in rows:
        gathered.add((names[number], worker_id, station_id), amounts)
    if is_everything and not by_hour:
        return
    hours_asked = closed(whole)
    for site in sites:
        if not is_everything:
            gathered.add_blocks(site.name, within=hours_asked)
        if by_hour:
            gathered.add_blocks_by_hour(site.name, within=hours_asked)
    if by_hour:
        # What happened in each hour.
        rows = await reading.fetch_of(
            connection,
            f"""
            select l.site_id, l.hour, {_SUMS}
            from ledger as l
            where l.site_id {{of}} and l.hour >= $2 and l.hour < $3
            group by l.site_id, l.hour
            """,  # noqa: S608 - texts of ours
            *hours_asked,
            of=numbers,
        )
        for number, hour, *amounts in rows:
            gathered.add_hour((names[number], hour), amounts)


async def _add_left(
    connection: Connection, gathered: Gathered, *, sites: Sequence[Site], left: tuple[int, int]
) -> None:
    rows = await _rows_of_hour(connection, gathered, sites=sites, at=left[0])
    for site in sites:
        there = {row[0]: row[1] for row in rows[site.number]}
        await _add_edges(connection, gathered, site=site, workers=there, stretch=left)


async def _add_right(
    connection: Connection,
    gathered: Gathered,
    *,
    sites: Sequence[Site],
    right: tuple[int, int],
    open_states: Mapping[Person, OpenState],
    by_hour: bool,
) -> None:
    start, end = right
    rows = await _rows_of_hour(connection, gathered, sites=sites, at=start)
    for site in sites:
        cut: dict[int, str] = {}
        for number, worker_id, station_id, *amounts in rows[site.number]:
            if open_states[site.name, worker_id].last_at >= end:
                cut[number] = worker_id
                continue
            gathered.add((site.name, worker_id, station_id), amounts)
            if by_hour:
                gathered.add_hour((site.name, start), amounts)
        await _add_edges(connection, gathered, site=site, workers=cut, stretch=right)


async def _add_stays(connection: Connection, gathered: Gathered, *, sites: Sequence[Site], gap: int) -> None:
    for site in sites:
        found = await last_stays(connection, site.number, gap=gap)
        gathered.stays.update({(site.name, station_id): runs for station_id, runs in found.items()})


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


async def _rows_of_hour(
    connection: Connection, gathered: Gathered, *, sites: Sequence[Site], at: int
) -> dict[int, list[Any]]:
    """Return, by the number of a site, what happened in the hour that an instant lies in, ordered by worker.

    But for what names nobody: nothing tells which part of it.
    """
    hour = hours.hour_of(at, offset=sites[0].hour_offset)
    found: dict[int, list[Any]] = {site.number: [] for site in sites}
    rows = await reading.fetch_of(
        connection,
        """
        select l.site_id, l.worker, w.worker_id, st.station_id, l.working, l.idle, l.absent, l.assumed, l.units
        from ledger as l
        join worker as w on w.site_id = l.site_id and w.number = l.worker
        join workstation as st on st.site_id = l.site_id and st.number = l.workstation
        where l.site_id {of} and l.hour = $2 and l.worker <> $3
        order by l.site_id, l.worker
        """,
        hour,
        NAMELESS_NUMBER,
        of=[*found],
    )
    for number, *row in rows:
        found[number].append(row)
    for site in sites:
        if blocks := gathered.blocks[site.name].of_hour(hour):
            found[site.number] = with_blocks(found[site.number], blocks)
    return found


def _is_open(parts: Parts) -> bool:
    return parts.whole is not None and parts.whole[1] is None
