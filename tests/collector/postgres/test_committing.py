"""A commit that hangs on a synchronous standby that is away: nobody waits for it for long, and nothing is lost or stored twice."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from collector.grants import Role
from collector.records import Entry, EventQuery, Outcome, Run, Splice
from collector.storage.postgres import committing
from collector.storage.postgres.store import PostgresStorage
from collector.web import looks
from shared.errors import Busy
from tests.collector.web.tokens import session
from tests.support.collector import RULES, decide, delivery, event, item, running_collector
from tests.support.invoked import invoked_collector
from tests.support.postgres import Server, running_server

AN_AGENTS = 10.0
"""How long an agent waits for an answer."""
ARRIVING = [delivery(event("10:00", "W1", "working"))]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a server of these tests' own, whose commits may be made to hang."""
    with running_server() as server:
        yield server


@contextmanager
def standby_away(server: Server) -> Iterator[None]:
    """Let commits wait for a standby that is not there."""
    try:
        _wait_for(server, "ANY 2 (a, b)")
        yield
    finally:
        _wait_for(server, "")


def _wait_for(server: Server, name: str) -> None:
    server.ask(f"alter system set synchronous_standby_names = '{name}'")
    server.ask("select pg_reload_conf()")


async def test_a_commit_that_hangs_is_told_as_busy_and_not_tried_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it holds is there, so the same again is a duplicate; its worker is free for others."""
    monkeypatch.setattr(committing, "COMMIT_SECONDS", 0.3)
    store = await PostgresStorage.open(server.new_database(), rules=RULES)
    tries = 0

    def decide_and_count(runs: Sequence[Run], arrivals: Sequence[Entry], *, offset: int) -> Splice:
        nonlocal tries
        tries += 1
        return decide(runs, arrivals, offset=offset)

    begun = monotonic()
    with standby_away(server), pytest.raises(Busy, match=r"the commit was not confirmed within 0\.3 s"):
        await store.store(ARRIVING, decide=decide_and_count)
    took = monotonic() - begun
    again = await store.store(ARRIVING, decide=decide)
    kept = await store.events(EventQuery())
    await store.close()

    assert 1 == tries
    assert took < 10
    assert ([Outcome.duplicate], 1) == (again[0].outcomes, len(kept))


async def test_who_waits_behind_a_commit_that_hangs_is_told_sooner(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other both are told before an agent gives up; who comes later has all the time again."""
    monkeypatch.setattr(committing, "COMMIT_SECONDS", 0.4)
    monkeypatch.setattr(committing, "COMMIT_SECONDS_BEHIND", 0.2)
    monkeypatch.setattr(committing, "SECONDS_TO_FOLLOW", 60)
    store = await PostgresStorage.open(server.new_database(), rules=RULES)
    told: list[object] = []
    with standby_away(server):
        for number in range(3):
            arriving = [delivery(event(f"10:0{number}", "W1", "working"))]
            told += await asyncio.gather(store.store(arriving, decide=decide), return_exceptions=True)
            if number == 1:
                monkeypatch.setattr(store._writing()._commits, "_behind_until", 0)  # noqa: SLF001 - as later
    await store.close()

    assert ["0.4 s", "0.2 s", "0.4 s"] == [str(each).partition("within ")[2].partition(";")[0] for each in told]
    assert committing.COMMIT_SECONDS + committing.COMMIT_SECONDS_BEHIND < AN_AGENTS


async def test_a_look_that_cannot_be_noted_keeps_nobody_waiting(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People are answered; the next such look is noted."""
    monkeypatch.setattr(committing, "COMMIT_SECONDS", 60)
    monkeypatch.setattr(looks, "SECONDS_TO_NOTE", 0.3)
    url = server.new_database()
    async with running_collector(tmp_path, database=url) as running:
        await running.post(item("10:00", "W1", "working"))
        headers = await session(running, Role.supervisor)
        with standby_away(server):
            async with asyncio.timeout(20):
                answer = await running.ask("GET", "/api/timeline/?worker_id=W1", headers=headers)
        await running.ask("GET", "/api/timeline/?worker_id=W1", headers=headers)
    store = await PostgresStorage.open_read_only(url)
    noted = await store.looks(worker_id="W1", site=None)
    await store.close()

    assert (200, 1) == (answer.status, len(noted))


async def test_a_standby_that_commits_wait_for_in_vain_is_told(server: Server) -> None:
    """By `collector check`, with the setting that says who is waited for."""
    url = server.new_database()
    await (await PostgresStorage.open(url, rules=RULES)).close()
    with standby_away(server):
        told = await invoked_collector("check", "--database", url)
    later = await invoked_collector("check", "--database", url)

    assert 3 == told.code
    assert "standby" in told.out
    assert "0 of the 2 that a commit waits for (synchronous_standby_names = ANY 2 (a, b))" in told.out
    assert "standby" not in later.out
