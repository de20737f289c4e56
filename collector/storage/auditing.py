"""The audit of whichever store the settings name."""

import asyncio

from collector.accounts import Audit, Check
from collector.settings import CollectorSettings
from collector.storage import audit as of_sqlite
from collector.storage.audit import Notify, Tell
from collector.storage.choosing import check_driver


def events_in(settings: CollectorSettings) -> int:
    """Return how many events there are to compare.

    Raises:
        Busy: the database is away.
        StorageUnusable: it is not there, or not a collector's.
    """
    if settings.database_url is None:
        return of_sqlite.events_in(settings.database_file())
    check_driver()
    from collector.storage.postgres import audit as of_postgres  # noqa: PLC0415 - only where its driver is

    return asyncio.run(of_postgres.events_in(settings.database_url))


def audit(settings: CollectorSettings, *, check: Check, notify: Notify, tell: Tell) -> Audit:
    """Tell each thing stored that the events do not bear out; return how many there are, and in which tables.

    Raises:
        Busy: the database is away.
        StorageUnusable: not a collector's database, or one whose amounts are not complete.
    """
    if settings.database_url is None:
        return of_sqlite.audit(settings.database_file(), check=check, notify=notify, tell=tell)
    check_driver()
    from collector.storage.postgres import audit as of_postgres  # noqa: PLC0415 - only where its driver is

    return asyncio.run(of_postgres.audit(settings.database_url, check=check, notify=notify, tell=tell))
