"""Refused items that make room for newer ones: ten thousand of them cost what they are, also in a table nobody has analysed."""

from pathlib import Path

import asyncpg

from collector.storage.base import KEPT_REFUSALS
from collector.storage.postgres.refusals import DROP_OLD
from tests.support.collector import running_collector
from tests.support.postgres import Server


async def test_what_makes_room_is_looked_up_and_not_searched_for(postgres: Server, tmp_path: Path) -> None:
    """The newest ten thousand stay; no row is held against each of the others, which took ten seconds."""
    url = await postgres.emptied_database()
    async with running_collector(tmp_path, database=url) as collector:
        for _ in range(2):
            await collector.post([None] * KEPT_REFUSALS)
        connection = await asyncpg.connect(url)
        try:
            plan = "\n".join(row[0] for row in await connection.fetch(f"explain {DROP_OLD}", 1, KEPT_REFUSALS))
            kept = await connection.fetchval("select count(*) from rejected")
        finally:
            await connection.close()

    assert KEPT_REFUSALS == kept
    assert "rejected_pkey" in plan
    assert "Join" not in plan
    assert "Nested Loop" not in plan
