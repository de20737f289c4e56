"""`make bench`: runs every benchmark and prints what it found."""

import os
import platform

from sqlite_utils.utils import sqlite3

from benchmarks import ingest


def main() -> None:
    """Print the machine, then a table for each benchmark."""
    print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores, "
        f"{platform.machine()}; {ingest.CLIENTS} clients on the same machine; every commit on disk"
    )
    print(f"\n{'':<12}{'batch':>6}{'events/s':>12}{'bare SQLite':>13}{'ratio':>8}")
    for result in ingest.run():
        print(
            f"{result.program:<12}{result.batch:>6}{result.events_a_second:>12,.0f}"
            f"{result.bare_events_a_second:>13,.0f}{result.ratio:>8.2f}"
        )


main()
