"""Which store the settings name: a SQLite file, or a PostgreSQL database where its driver is installed."""

from pathlib import Path

from collector.settings import CollectorSettings
from collector.storage.base import Storage
from collector.storage.postgres import address
from collector.storage.room import Room, room_of
from collector.storage.sqlite import SqliteStorage
from shared.errors import StorageUnusable
from shared.instants import SECOND


async def open_storage(settings: CollectorSettings) -> Storage:
    """Open the store for writing and reading, bringing its schema up to date.

    Raises:
        FileHeld: another process writes to the file; names its pid.
        Busy: the database is away.
        StorageUnusable: it is not ours, of a newer version, or its amounts are not complete; or the driver is missing.
    """
    url = settings.database_url
    if url is None:
        return SqliteStorage.open(
            settings.database_file(), rules=settings.ledger_rules, hour_offset_of=settings.hour_offset_of
        )
    check_driver()
    from collector.storage.postgres.store import PostgresStorage  # noqa: PLC0415 - only where its driver is

    return await PostgresStorage.open(
        url,
        rules=settings.ledger_rules,
        hour_offset_of=settings.hour_offset_of,
        readers=settings.postgres_readers,
        statement_seconds=settings.postgres_statement_timeout / SECOND,
    )


async def open_read_only(settings: CollectorSettings) -> Storage:
    """Open the store for reading, also while collectors run.

    Raises:
        Busy: the database is away.
        StorageUnusable: it is not there or not ours, or its amounts are not complete; or the driver is missing.
    """
    url = settings.database_url
    if url is None:
        return SqliteStorage.open_read_only(settings.database_file())
    check_driver()
    from collector.storage.postgres.store import PostgresStorage  # noqa: PLC0415 - only where its driver is

    return await PostgresStorage.open_read_only(
        url, readers=1, statement_seconds=settings.postgres_statement_timeout / SECOND
    )


def check_driver() -> None:
    """Say how to install the driver of PostgreSQL where it is missing.

    Raises:
        StorageUnusable: it is.
    """
    try:
        import asyncpg  # noqa: F401, PLC0415 - only to see whether it is there
    except ImportError as error:
        raise StorageUnusable(
            "the driver of PostgreSQL is not installed", hint="pip install 'lineside[postgres]'"
        ) from error


def file_of(settings: CollectorSettings, *, instead: str) -> Path:
    """Return the SQLite file, for what looks at it or works on it as a file.

    Raises:
        StorageUnusable: there is none; says what to do instead.
    """
    if settings.database_url is None:
        return settings.database_file()
    raise StorageUnusable(f"{shown(settings)} is no file, and that is about files", hint=instead)


def room_of_store(settings: CollectorSettings) -> Room:
    """Return the room that the store takes and has left.

    Raises:
        StorageUnusable: it cannot be looked at, as that of a database on a server cannot.
    """
    return room_of(file_of(settings, instead="the server's own monitoring tells"))


def shown(settings: CollectorSettings) -> str:
    """Return what the database is called, without a password."""
    if settings.database_url is None:
        return str(settings.database_file())
    return address.shown(settings.database_url)
