"""Copies of a database that lie beside it: what an upgrade or a restore has kept, backups in the same folder, and halves of them.

Whoever erases a person has to know of those that still hold the person. They are looked into, never changed.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlite_utils.utils import sqlite3

from collector.storage.backups import companions, is_half_made
from collector.storage.found_person import refused_items
from collector.storage.migrating import APPLICATION_ID
from collector.storage.named_in_items import may_name
from collector.storage.opening import looking_at, real_path
from shared.errors import LinesideError

_MAGIC = b"SQLite format 3\0"
_APPLICATION_ID_AT = 68
"""In a SQLite file's header, four bytes: https://www.sqlite.org/fileformat2.html#application_id."""


def copies_with(file: Path, worker_id: str, *, site: str) -> list[Path]:
    """Return the copies in a database's folder that hold a worker of a site, or may in a refused item, and those that cannot be read."""
    return [copy for copy in _copies(real_path(file)) if _has(copy, worker_id, site=site)]


def _copies(real: Path) -> Iterator[Path]:
    """Yield databases of ours in the folder, the one itself and what belongs to it left out."""
    own = {real, *companions(real)}
    for path in sorted(real.parent.iterdir()):
        with suppress(OSError):
            if path not in own and path.is_file() and _is_ours(path):
                yield path


def _is_ours(path: Path) -> bool:
    if is_half_made(path):
        return True
    with path.open("rb") as content:
        head = content.read(100)
    return (
        head.startswith(_MAGIC)
        and int.from_bytes(head[_APPLICATION_ID_AT : _APPLICATION_ID_AT + 4], "big") == APPLICATION_ID
    )


def _has(copy: Path, worker_id: str, *, site: str) -> bool:
    try:
        with looking_at(copy) as connection:
            # Whether the site's registry has the worker: it did from the first version of the schema on.
            found = connection.execute(
                "select 1 from worker as w join site as s on s.number = w.site where s.name = ? and w.worker_id = ?",
                (site, worker_id),
            ).fetchone()
            return found is not None or any(may_name(kept, worker_id) for *_, kept in refused_items(connection))
    except (LinesideError, sqlite3.Error):
        return True  # nobody can say that it does not
