"""Settings that the stored numbers do not follow: they wait for a rebuild, and until then every place says so."""

import logging
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from collector.grants import RemovePerson, Role
from collector.metrics.ledger import splice
from collector.settings import CollectorSettings
from collector.storage.rebuilding import Rebuilding
from tests.collector.web.tokens import change, session
from tests.support.collector import item, running_collector

OTHERS: dict[str, Any] = {
    "session_gap": "2h",
    "tail": "1m",
    "sites": {"default": {"time_zone": "Asia/Kolkata"}, "nowhere": {"time_zone": "Asia/Kathmandu"}},
}
EVENTS = [item("10:00", "W1", "working"), item("13:00", "W1", "idle")]


async def test_settings_that_need_a_rebuild_wait_for_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The service goes on with what is stored, says in log and health which settings are not in force, and why."""
    async with running_collector(tmp_path) as collector:
        await collector.post(EVENTS)
        before = await collector.metrics("workers")
        assert [] == (await collector.get("/healthz")).json["warnings"]
    with caplog.at_level(logging.WARNING):
        async with running_collector(tmp_path, **OTHERS) as collector:
            await collector.post(EVENTS[0] | {"timestamp": "2026-01-15T10:30:00Z", "event_type": "product_count"})
            goes_on = await collector.metrics("workers")
            warnings = (await collector.get("/healthz")).json["warnings"]

    assert [(180, 5)] == [(row["working_minutes"], row["idle_minutes"]) for row in before]
    assert before[0]["working_minutes"] == goes_on[0]["working_minutes"]
    assert [
        "session_gap = 2h is not in force: the stored numbers were made with 10h and go on with it; stop the service and "
        "run `collector db rebuild` to take the new one",
        "tail = 1m is not in force: the stored numbers were made with 5m and go on with it; stop the service and run "
        "`collector db rebuild` to take the new one",
        "the time zone of site default is not in force for its hours: the stored ones begin 0s past the full hour of UTC, "
        "and not 30m; stop the service and run `collector db rebuild` to take the new one",
    ] == warnings
    assert warnings == [record.__dict__["reason"] for record in caplog.records]


async def test_who_belongs_to_a_site_is_not_warned_of_another(tmp_path: Path) -> None:
    """In health, on the floor, on the admin's page, in the metrics: what is not in force there is no business of theirs."""
    async with running_collector(tmp_path, tail="1m") as collector:
        await collector.post(EVENTS)
    async with running_collector(tmp_path, **OTHERS) as collector:
        told = {}
        for site in ("elsewhere", "default"):
            headers = await session(collector, Role.admin, site=site)
            health, floor, page, metrics = [
                await collector.ask("GET", path, headers=headers)
                for path in ("/healthz", "/api/floor/", "/dashboard/admin", "/metrics")
            ]
            warnings = health.json["warnings"]
            is_told = "time zone of site default" in page.text, "settings_not_in_force 2.0" in metrics.text
            told[site] = (len(warnings), warnings == floor.json["warnings"], *is_told)
            await change(collector, RemovePerson("admin"))

    assert {"elsewhere": (1, True, False, False), "default": (2, True, True, True)} == told


async def test_after_a_rebuild_they_are_in_force(tmp_path: Path) -> None:
    """The numbers are those of a collector that had them from the beginning, and nobody is warned any more."""
    async with running_collector(tmp_path) as collector:
        await collector.post(EVENTS)
    settings = CollectorSettings.model_validate(OTHERS)
    rules = settings.ledger_rules
    with Rebuilding(tmp_path / "collector.db", rules=rules, hour_offset_of=settings.hour_offset_of) as rebuilding:
        rebuilding.begin()
        assert [2] == list(rebuilding.run(partial(splice, rules=rules)))
    async with running_collector(tmp_path, **OTHERS) as collector:
        workers = await collector.metrics("workers")
        warnings = (await collector.get("/healthz")).json["warnings"]

    assert [(1, 1, 2)] == [(row["working_minutes"], row["idle_minutes"], row["assumed_minutes"]) for row in workers]
    assert [] == warnings
