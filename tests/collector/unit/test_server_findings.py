"""What a look at a server is told as, and which of it asks for somebody."""

from dataclasses import replace
from typing import Any

import pytest

from collector.checks.server_findings import server_findings
from collector.records import LedgerRules
from collector.storage.server import Held, ServerCondition, Standbys, TableSize
from shared.findings import exit_code
from shared.instants import HOUR, MINUTE

WELL = ServerCondition(
    place="postgresql://lineside@db/lineside",
    version="15.4",
    size_bytes=1_200_000_000,
    unsafe=(),
    tables=(TableSize("event", 8_000_000, 90_000, 1_100_000_000), TableSize("ledger", 1, 0, 100_000_000)),
    steps=5,
    steps_missing=(),
    rules=LedgerRules(10 * HOUR, 5 * MINUTE),
    unfinished=None,
    ours=("10.0.0.4", "10.0.0.4", "10.0.0.5"),
    sessions=9,
    most_sessions=100,
    held=(),
    standbys=None,
    is_spread=False,
    silent=(),
)
HOLDS = Held("a rebuild or a copy", 7, "lineside-collector on 10.0.0.4", is_waiting=False, seconds=3.2)


def test_all_is_well() -> None:
    """A line for each side of it."""
    found = {each.what: each.words for each in server_findings(WELL)}

    assert 0 == exit_code(server_findings(WELL))
    assert {
        "server": "postgresql://lineside@db/lineside, PostgreSQL 15.4, 1,200.0 MB",
        "schema": "version 5, this program's",
        "sums": "complete, made with session_gap = 10h and tail = 5m",
        "tables": "event about 8,000,000 rows, 1,100.0 MB; ledger about 1 row, 100.0 MB",
        "sessions": "2 from 10.0.0.4, 1 from 10.0.0.5 of collectors and commands; 9 of 100 that the server takes",
        "locks": "nobody waits for anybody",
    } == found


def test_of_standbys_that_cannot_be_seen_nothing_is_said() -> None:
    """Who may not read the server's statistics is not told how many there are."""
    found = {each.what for each in server_findings(replace(WELL, standbys=Standbys("b", 1, None)))}

    assert "standby" not in found


@pytest.mark.parametrize(
    ("changes", "what", "words", "code"),
    [
        ({"unsafe": ("fsync = off",)}, "server", "fsync = off: what is acknowledged may be lost", 3),
        ({"is_spread": True}, "server", "spread over a cluster", 0),
        ({"is_spread": True, "silent": ("db2:5432",)}, "server", "db2:5432 did not answer: sites lie there", 3),
        (
            {"silent": ("db2:5432",), "unsafe": ("fsync = off",)},
            "server",
            "sites lie there; fsync = off: what is acknowledged may be lost",
            3,
        ),
        ({"steps": 4, "steps_missing": ("privacy",)}, "schema", "the next start brings it up to date: privacy", 3),
        ({"rules": None, "unfinished": "half made anew"}, "sums", "half made anew", 7),
        ({"tables": (TableSize("event", 9, 10, 10**8),)}, "tables", "does autovacuum run", 3),
        ({"tables": (TableSize("event", 9, 10, 10**6),)}, "tables", "event about 9 rows", 0),
        ({"ours": ()}, "sessions", "none of a collector", 0),
        ({"sessions": 95}, "sessions", "raise max_connections", 3),
        (
            {"held": (HOLDS,)},
            "locks",
            "process 7 (lineside-collector on 10.0.0.4) holds the lock since 3 s: a rebuild",
            0,
        ),
        ({"held": (HOLDS._replace(seconds=90),)}, "locks", "since 90 s", 3),
        ({"held": (HOLDS, HOLDS._replace(what="rows", is_waiting=True, seconds=11))}, "locks", "waits since 11 s", 3),
        ({"standbys": Standbys("b, c", 1, 1)}, "standby", "1 of the 1 that a commit waits for", 0),
        (
            {"standbys": Standbys("ANY 1 (b, c)", 1, 2)},
            "standby",
            "2 are there, and a commit waits for 1 of them (synchronous_standby_names = ANY 1 (b, c))",
            0,
        ),
        ({"standbys": Standbys("2 (b, c)", 2, 1)}, "standby", "1 of the 2 that a commit waits for", 3),
    ],
)
def test_each_trouble_is_told(changes: dict[str, Any], what: str, words: str, code: int) -> None:
    """By the line of that side, with its own code."""
    found = {each.what: each for each in server_findings(replace(WELL, **changes))}

    assert words in found[what].words
    assert code == found[what].exit_code
