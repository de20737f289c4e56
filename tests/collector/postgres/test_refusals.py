"""What is refused: ten thousand items that make room for newer ones cost what they are, and a server's refusals get our words."""

from pathlib import Path

import asyncpg
import pytest

from collector.storage.base import KEPT_REFUSALS
from collector.storage.postgres.connecting import translated_errors
from collector.storage.postgres.refusals import DROP_OLD
from shared.errors import Busy, LinesideError, StorageUnusable
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


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (asyncpg.IdleInTransactionSessionTimeoutError("terminating connection"), Busy),
        (asyncpg.DatabaseDroppedError("gone"), Busy),
        (asyncpg.PostgresIOError("could not read block 7"), StorageUnusable),
        (asyncpg.FeatureNotSupportedError("not on a spread table"), StorageUnusable),
        (asyncpg.InternalServerError("cache lookup failed"), StorageUnusable),
        (asyncpg.ConfigurationLimitExceededError("too much"), Busy),
    ],
)
def test_no_error_of_a_server_comes_out_raw(raised: Exception, expected: type[LinesideError]) -> None:
    """Those that nobody has thought of say where they come from, what the server said, and where to look."""
    with (
        pytest.raises(expected, match=rf"postgresql://db/lineside .*{raised}"),
        translated_errors("postgresql://db/lineside"),
    ):
        raise raised
