"""The rebuild of whichever store the settings name."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from collector.records import Decide
from collector.settings import CollectorSettings
from collector.storage.choosing import check_driver
from collector.storage.rebuilding import Rebuilding


class Remaking(Protocol):
    """A rebuild that has its database."""

    def begin(self) -> int:
        """Take up what was begun under the same rules, or drop all amounts; return how many events are to go through."""
        ...

    def run(self, decide: Decide) -> Iterator[int]:
        """Make the amounts with `decide`, which follows the same rules; yield the events of each transaction."""
        ...


def rebuilding(settings: CollectorSettings) -> AbstractContextManager[Remaking]:
    """Return a rebuild with the rules of the settings; entered, it keeps others out.

    Raises:
        StorageUnusable: the driver of PostgreSQL is missing.
    """
    rules, hour_offset_of, url = settings.ledger_rules, settings.hour_offset_of, settings.database_url
    if url is None:
        return Rebuilding(settings.database_file(), rules=rules, hour_offset_of=hour_offset_of)
    check_driver()
    from collector.storage.postgres.rebuilding import PostgresRebuilding  # noqa: PLC0415 - only where its driver is

    return PostgresRebuilding(url, rules=rules, hour_offset_of=hour_offset_of)
