"""A disk that reports errors under the collector: 503, counted as what it is, and all is well again once the disk is."""

from pathlib import Path

from tests.support.collector import item, running_collector
from tests.support.disks import no_file_longer_than


async def test_errors_of_the_disk_are_counted_as_such(tmp_path: Path) -> None:
    """Not as somebody else who holds the database, of whom the alert on failed commits keeps quiet."""
    async with running_collector(tmp_path) as running:
        log = running.settings.database_file().with_name("collector.db-wal")
        with no_file_longer_than(log.stat().st_size):
            refused = await running.post([item("10:00", "W1", "working")])
        told = (await running.get("/metrics")).text
        again = await running.post([item("10:00", "W1", "working")])

    assert (503, "5", 200) == (refused.status, refused.headers["Retry-After"], again.status)
    assert "reports errors" in refused.text
    assert 'collector_commit_failures_total{reason="disk"} 1.0' in told.splitlines()
