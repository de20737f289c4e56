"""What `partitions` found, as tables: each figure with its quartiles, and a month that goes beside what storing it costs."""

import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from benchmarks import partitions, year
from benchmarks.partitions import FIFTH, STEPS_A_VACUUM, Found, Pair
from benchmarks.year import EVENTS_AN_HOUR, WORKERS, Cost

HOURS_A_MONTH = 30
EVENTS_OF_AN_HOUR = WORKERS * EVENTS_AN_HOUR
EVENTS_OF_A_BATCH = WORKERS * partitions.EVENTS_OF_A_WORKER
EVENTS_A_MONTH = HOURS_A_MONTH * EVENTS_OF_AN_HOUR
LEAST = {"seconds": 0.0, "server": 0.0, "log": 1_000.0}
"""Who only reads leaves nothing in the log but by chance."""


class _Monthly(NamedTuple):
    """One line of the month."""

    what: str
    costs: Sequence[Cost]
    times: float
    """How often a month has it."""


def table() -> str:
    """Run `partitions` and return its tables."""
    found = partitions.run()
    return "\n".join([*_beside(found), "", *_monthly(found), ""])


def _beside(found: Found) -> list[str]:
    lines = [
        f"## Events in {year.MONTHS + 2} ranges of months beside one table",
        "",
        f"{found.rows:,} events of a year, {found.size_bytes / 1e6:,.0f} MB with their indexes; batches of {EVENTS_OF_A_BATCH:,} events of "
        f"{WORKERS} workers, hours of {EVENTS_OF_AN_HOUR:,}. Medians, and quartiles in",
        "brackets; × is the ratio to the one table, of pairs in turn.",
        "",
        "| | pairs | one table, ms | ranges, × its time | × its server's processor | × its log |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    rows = {
        **found.beside,
        "an hour that a purge takes": found.steps,
        "… of it the deletion of its events, alone": found.deletes,
    }
    return lines + [f"| {what} | {len(pairs)} | {_pairs(pairs)} |" for what, pairs in rows.items()]


def _pairs(pairs: Sequence[Pair]) -> str:
    cells = [_spread([one.seconds * 1_000 for one, _ in pairs], ".0f")]
    for part, least in LEAST.items():
        if statistics.median(getattr(one, part) for one, _ in pairs) < least:
            cells.append("–")
        else:
            cells.append(_spread([getattr(ranges, part) / getattr(one, part) for one, ranges in pairs], ".2f"))
    return " | ".join(cells)


def _monthly(found: Found) -> list[str]:
    stored = [one for one, _ in found.beside[partitions.IN_ORDER]]
    rows = [
        _Monthly("stored in order", stored, EVENTS_A_MONTH / EVENTS_OF_A_BATCH),
        _Monthly("a purge, hour by hour", [one for one, _ in found.steps], HOURS_A_MONTH),
        _Monthly("… of it the deletion of the events", [one for one, _ in found.deletes], HOURS_A_MONTH),
        _Monthly("vacuums, each time a fiftieth is gone", found.vacuums, HOURS_A_MONTH / STEPS_A_VACUUM),
        _Monthly("vacuums, each time a fifth is gone", [found.vacuum_of_a_fifth], HOURS_A_MONTH / FIFTH),
        _Monthly("a range emptied by a purge, dropped", found.drops, 1),
    ]
    seconds, log = (
        statistics.median(processor(cost) for cost in stored) * rows[0].times,
        statistics.median(cost.log for cost in stored) * rows[0].times,
    )
    lines = [
        f"A month of {HOURS_A_MONTH} such hours, {EVENTS_A_MONTH:,} events, in one table but for the last line; processor of the server and of the",
        "collector together.",
        "",
        "| | time, s | processor, s | log, MB | processor, × storing | log, × storing |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for what, costs, times in rows:
        of_processor, of_log = [processor(cost) * times for cost in costs], [cost.log * times for cost in costs]
        cells = [_spread([cost.seconds * times for cost in costs], ".2f"), _spread(of_processor, ".2f")]
        cells += [_spread([each / 1e6 for each in of_log], ".1f")]
        cells += [f"{statistics.median(of_processor) / seconds:.3f}", f"{statistics.median(of_log) / log:.3f}"]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return lines


def processor(cost: Cost) -> float:
    """Return the processor time of both."""
    return cost.server + cost.own


def _spread(values: Iterable[float], form: str) -> str:
    """Return the median and the quartiles."""
    found = list(values)
    if len(found) < 2:
        return format(found[0], form)
    low, middle, high = statistics.quantiles(found, method="inclusive")
    return f"{middle:{form}} ({low:{form}}–{high:{form}})"
