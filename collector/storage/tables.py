"""The tables of a store as both databases have them: what a copy takes from one to the other, in the order of their keys.

Their numbers stay the same, so rows can be copied as they are. In PostgreSQL `site` is called `site_id`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from collector.records import LedgerRules

Row = tuple[Any, ...]
ROWS_TOGETHER = 20_000
"""Of a transaction, and of what is in memory."""
UNDER_WAY = LedgerRules(-1, -1)
"""The rules in `rebuilding` of a database that is a copy half made: no settings are like that."""


class Table(NamedTuple):
    """A table: its columns, the first of which are its key."""

    name: str
    columns: tuple[str, ...]
    key: int
    """How many columns."""
    booleans: tuple[str, ...] = ()
    """Columns that PostgreSQL keeps as such, and SQLite as 0 and 1."""

    @property
    def has_free_text(self) -> bool:
        """Whether senders may have written anything into it."""
        return self.name in ("camera", "rejected")


def _table(name: str, key: str, *, rest: str = "", booleans: tuple[str, ...] = ()) -> Table:
    return Table(name, (*key.split(), *rest.split()), len(key.split()), booleans)


_TIMES = "working idle absent assumed"
_AMOUNTS = f"{_TIMES} units"
TABLES = (
    _table("site", "number", rest="name hour_offset events_from persons_from hours_from"),
    _table("worker", "site number", rest="worker_id name"),
    _table("workstation", "site number", rest="station_id name first_at last_at erased_first_at erased_last_at"),
    _table(
        "camera",
        "site number",
        rest="name has_events is_watching watermark last_contact_at pending oldest_pending_at clock_offset_us version "
        "is_paused",
        booleans=("has_events", "is_watching", "is_paused"),
    ),
    _table("camera_epoch", "site camera epoch", rest="last_seq"),
    _table("camera_range", "site camera epoch first_seq", rest="last_seq"),
    _table("watched", "site camera start", rest="until"),
    _table("event", "site worker at type workstation", rest="count confidence camera"),
    _table("conflict", "site worker at type workstation count confidence"),
    _table("rejected", "site number", rest="received_at camera code error item"),
    _table("ledger", "site hour worker workstation", rest=_AMOUNTS),
    _table("ledger_block", "site block worker workstation", rest=f"{_TIMES} of_working of_idle of_absent"),
    _table("station_hour", "site hour workstation", rest="occupied stretches"),
    _table("total", "site worker workstation", rest=_AMOUNTS),
    _table("open_state", "site worker", rest="last_at state_at state_type state_workstation state_camera"),
    _table("forgotten", "site mark", rest="forgotten_at"),
    _table("secret", "one", rest="key", booleans=("one",)),
    _table("unscrubbed", "one", booleans=("one",)),
    _table("look", "site hour worker who what", rest="role first_at"),
    _table("access", "one", booleans=("one",)),
    _table("camera_token", "digest", rest="site camera created_at expires_at"),
    _table("person", "name", rest="role site password created_at"),
    _table("session", "digest", rest="person expires_at"),
    _table("board", "name", rest="site digest created_at"),
)
"""Those that others refer to come first."""
OF_ALL_SITES = ("site", "secret", "unscrubbed", "access", "camera_token", "person", "session", "board")
"""Tables whose key does not begin with the site."""
NOT_COPIED = ("arithmetic", "rebuilding")
"""They say what is said by the two ends."""


class Source(Protocol):
    """The end that is copied; nobody else changes it meanwhile."""

    def rules(self) -> LedgerRules:
        """Return what its amounts were made with."""
        ...

    def count(self, table: Table) -> int:
        """Return how many rows there are."""
        ...

    def rows(self, table: Table, *, after: Row | None) -> Sequence[Row]:
        """Return the next rows in the order of the key, behind a key; none at the end."""
        ...


class Target(Source, Protocol):
    """The end that is filled; until `finish` neither collectors nor commands use it."""

    def begin(self, rules: LedgerRules) -> None:
        """Make it ready, or take up what was begun.

        Raises:
            StorageUnusable: something is in it that is no copy half made.
        """
        ...

    def last_key(self, table: Table) -> Row | None:
        """Return the greatest key that is there; None if there is none."""
        ...

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows, all or none."""
        ...

    def finish(self) -> None:
        """Let it be used from now on."""
        ...


def pages(end: Source, table: Table, *, after: Row | None = None) -> Iterator[Sequence[Row]]:
    """Yield all rows of a table behind a key, in its order, many at a time."""
    while rows := end.rows(table, after=after):
        yield rows
        after = tuple(rows[-1][: table.key])
