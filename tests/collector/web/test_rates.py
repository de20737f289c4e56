"""How often a token may be shown: by camera's token, by session, by link; bounded in memory, and told when to come again."""

import contextlib
import json
from pathlib import Path

import pytest

from collector.grants import Role
from collector.web.limits import MOST_TOKENS, Rates
from shared.errors import TooOften
from tests.collector.web.tokens import camera_token, session, session_of
from tests.support.collector import JSON, item, running_collector
from tests.support.fake_clock import FakeClock


async def test_a_camera_that_sends_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    """429 with Retry-After, and nothing of it is stored; others are not held up, and soon it is taken again."""
    async with running_collector(tmp_path, camera_requests_per_second=2) as collector:
        first, second = await camera_token(collector, "C1"), await camera_token(collector, "C2")
        body = json.dumps([item("10:00", "W1", "working")]).encode()

        async def sent(headers: dict[str, str]) -> int:
            return (await collector.ask("POST", "/api/app/", data=body, headers=JSON | headers)).status

        statuses = [await sent(first) for _ in range(5)]
        refused = await collector.ask("POST", "/api/app/", data=body, headers=JSON | first)
        other = await sent(second)
        collector.clock.advance(1)

        assert ([200] * 4 + [429], other) == (statuses, 200)
        assert (429, "1") == (refused.status, refused.headers["Retry-After"])
        assert 200 == await sent(first)


@pytest.mark.parametrize("role", [Role.viewer, Role.supervisor], ids=str)
async def test_whoever_reads_too_often_is_told_when_to_come_again(tmp_path: Path, role: Role) -> None:
    """By session: another of the same person goes on; a page, health and what is refused cost a reader nothing else."""
    async with running_collector(tmp_path, reader_requests_per_second=2) as collector:
        first = await session(collector, role)
        second = await session_of(collector, role.value)

        async def seen(path: str, headers: dict[str, str]) -> int:
            return (await collector.ask("GET", path, headers=headers)).status

        pages = [await seen(path, first) for path in ["/dashboard/", "/dashboard/style.css", "/healthz"] * 5]
        statuses = [await seen("/api/metrics/factory/", first) for _ in range(3)]
        statuses.append(await seen("/api/metrics/workers.csv", first))  # also what is not for a viewer
        refused = await collector.ask("GET", "/api/floor/", headers=first)
        other = await seen("/api/floor/", second)
        collector.clock.advance(1)

        assert {200} == set(pages)
        assert [200, 200, 200, 403 if role is Role.viewer else 200] == statuses
        assert (429, "1", 200) == (refused.status, refused.headers["Retry-After"], other)
        assert 200 == await seen("/api/floor/", first)


async def test_the_page_that_asks_the_store_is_counted(tmp_path: Path) -> None:
    """The admin's; whoever is not one is refused as often."""
    async with running_collector(tmp_path, reader_requests_per_second=2) as collector:
        statuses = {
            role: [
                (await collector.ask("GET", "/dashboard/admin", headers=headers)).status
                for headers in [await session(collector, role)] * 5
            ]
            for role in (Role.admin, Role.viewer)
        }

    assert {Role.admin: [200] * 4 + [429], Role.viewer: [403] * 4 + [429]} == statuses


def test_a_rate_is_kept_over_any_time() -> None:
    """However the requests fall: never more than the burst and what the time since brings."""
    clock = FakeClock()
    rates = Rates(10, clock=clock)
    taken = 0
    for _ in range(200):
        with contextlib.suppress(TooOften):
            rates.take(b"C1")
            taken += 1
        clock.advance(0.05)

    assert 10 * 10 <= taken <= 10 * 10 + 20


def test_of_how_many_tokens_something_is_remembered_is_bounded() -> None:
    """Though all of them are busy; of those that send most nothing is forgotten."""
    rates = Rates(10, clock=FakeClock())
    for _ in range(20):
        rates.take(b"the busiest")
    for number in range(MOST_TOKENS * 2):
        rates.take(b"%d" % number)
        rates.take(b"%d" % number)

    assert len(rates) <= MOST_TOKENS
    with pytest.raises(TooOften):
        rates.take(b"the busiest")
