"""What a PostgreSQL store cannot do yet it refuses, and says so; nothing is taken for done that was not."""

from pathlib import Path

import pytest

from collector.storage.postgres.store import PostgresStorage
from tests.support.collector import RULES, decide, delivery, event, running_collector
from tests.support.postgres import Server
from tests.support.programs import command


@pytest.fixture
async def address(postgres: Server) -> str:
    """Return a database that holds one event."""
    url = await postgres.emptied_database()
    store = await PostgresStorage.open(url, rules=RULES)
    await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    await store.close()
    return url


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("check",),
        ("db", "check"),
        ("db", "compact"),
        ("db", "backup", "copy.db"),
        ("db", "restore", "copy.db"),
    ],
    ids=" ".join,
)
async def test_commands_say_what_they_cannot_do(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """With the exit code of a store that cannot be used, and the way out."""
    monkeypatch.chdir(tmp_path)
    told = await command("collector", *arguments, "--database", address)

    assert 7 == told.code, told.out + told.err
    assert "docs/scale.md" in told.err or "/readyz" in told.err


async def test_a_password_is_shown_nowhere(address: str, tmp_path: Path) -> None:
    """Not where a collector says how it is."""
    address = address.replace("postgres@/", "postgres:secret@/")
    async with running_collector(tmp_path, database=address) as collector:
        ready, metrics = await collector.get("/readyz"), await collector.get("/metrics")

    assert (200, 200) == (ready.status, metrics.status)
    assert "secret" not in ready.text + metrics.text
    assert "\ncollector_database_size_bytes" not in metrics.text
