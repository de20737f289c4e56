"""`make bench`: runs the benchmarks named (or all of them) and prints what they found; `--write` keeps it in RESULTS.md."""

import argparse
import io
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils.utils import sqlite3

from benchmarks import agent_tables, ingest, live, load, page, partition_tables, plot, scale, several, statements

RESULTS = Path(__file__).parent / "RESULTS.md"
WORDS = "## Against what was aimed at\n"
"""From here on the file is written by hand."""
SIZES = (100_000, 1_000_000, 10_000_000)
Out = io.TextIOBase


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Ratios against a baseline of the same run."
    )
    parser.add_argument("names", nargs="*", help=f"which ({', '.join(BENCHMARKS)}; default: all)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="stored events, for `scale`")
    parser.add_argument("--write", action="store_true", help=f"keep the tables in {RESULTS.name}")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {unknown[0]}")
    parts = [_machine()]
    for name in options.names or BENCHMARKS:
        print(f"running {name} …", file=sys.stderr, flush=True)
        parts.append(BENCHMARKS[name](tuple(options.sizes)))
        print(parts[-1], flush=True)
    if options.write:
        _, heading, words = RESULTS.read_text().partition(WORDS)
        RESULTS.write_text("# Results\n\n" + "\n".join([*parts, heading + words]))


def _machine() -> str:
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{os.cpu_count()} cores ({platform.machine()}); {ingest.CLIENTS} clients on the same machine; every commit on disk. "
        "Only ratios within a table mean something.\n"
    )


def _intake(_: tuple[int, ...]) -> str:
    lines = ["## Batches of 1 and 500 through `POST /api/app/`", ""]
    lines += ["| program | batch | events/s | bare SQLite, events/s | ratio |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {one.program} | {one.batch} | {one.events_a_second:,.0f} | {one.bare_events_a_second:,.0f} | {one.ratio:.2f} |"
        for one in ingest.run()
    ]
    return "\n".join(lines) + "\n"


def _load(_: tuple[int, ...]) -> str:
    lines = ["## Ingest into the collector, metrics maintained", ""]
    lines += ["| what | events/s | bare SQLite, events/s | ratio | no judging, no metrics, events/s | ratio |"]
    lines += ["|---|---:|---:|---:|---:|---:|"]
    lines += [
        f"| {one.what} | {one.events_a_second:,.0f} | {one.bare_events_a_second:,.0f} | {one.ratio:.2f} "
        f"| {one.least_events_a_second:,.0f} | {one.share:.2f} |"
        for one in load.run()
    ]
    return "\n".join(lines) + "\n"


def _statements(_: tuple[int, ...]) -> str:
    lines = ["## What the statements of an ingest cost by themselves", ""]
    lines += [
        "| what | bare SQLite, events/s | its statements alone | × bare | those that write | × bare | the store | × bare |"
    ]
    lines += ["|---|---:|---:|---:|---:|---:|---:|---:|"]
    for one in statements.run():
        parts = (one.statements, one.writes, one.store)
        lines.append(
            f"| {one.what} | {one.bare:,.0f} | "
            + " | ".join(f"{part:,.0f} | {part / one.bare:.2f}" for part in parts)
            + " |"
        )
    return "\n".join(lines) + "\n"


def _reads(_: tuple[int, ...]) -> str:
    found = load.reads_under_load()
    return "\n".join(
        [
            "## The floor while events pour in",
            "",
            "| | p50, ms | p99, ms |",
            "|---|---:|---:|",
            f"| at rest | {found.p50_at_rest:.1f} | {found.p99_at_rest:.1f} |",
            f"| at {found.ingest_meanwhile:,.0f} events/s | {found.p50_under_load:.1f} | {found.p99_under_load:.1f} |",
            "",
        ]
    )


def _scale(sizes: tuple[int, ...]) -> str:
    found = scale.run(sizes)
    plot.write(found)
    heads = " | ".join(f"{one.stored:,} stored" for one in found)
    rows: list[tuple[str, list[str]]] = [
        ("fill, events/s", [f"{one.fill_events_a_second:,.0f}" for one in found]),
        ("ingest over HTTP, events/s", [f"{one.ingest_events_a_second:,.0f}" for one in found]),
        ("bare inserts into the same table, events/s", [f"{one.bare_events_a_second:,.0f}" for one in found]),
        *((f"`{route}`, ms", [f"{one.milliseconds[route]:.1f}" for one in found]) for route in scale.ROUTES),
        ("the floor as a 304, ms", [f"{one.not_modified_milliseconds:.1f}" for one in found]),
        (
            "the same shift by one SQL window query in SQLite, ms",
            [f"{one.sqlite_milliseconds:,.0f}" for one in found],
        ),
        ("the same in DuckDB, ms", [f"{one.duckdb_milliseconds:,.0f}" for one in found]),
    ]
    lines = ["## A shift of 200 workers as the store grows", "", f"| | {heads} |", "|---|" + "---:|" * len(found)]
    lines += [f"| {name} | {' | '.join(values)} |" for name, values in rows]
    return "\n".join([*lines, "", "![cost against stored events](scale.svg)", ""])


BENCHMARKS: dict[str, Callable[[tuple[int, ...]], str]] = {
    "intake": _intake,
    "load": _load,
    "statements": _statements,
    "reads": _reads,
    "scale": _scale,
    "agent": lambda _: agent_tables.appliance(),
    "several": lambda _: several.table(),
    "live": lambda _: live.table(),
    "partitions": lambda _: partition_tables.table(),
    "drain": lambda _: agent_tables.drain(),
    "page": lambda _: page.table(),
}

if __name__ == "__main__":
    main()
