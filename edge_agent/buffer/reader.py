"""Reading a queue file beside the running agent, or without one; nothing here can write.

Every answer comes from one short read transaction: a reader that stays in one keeps the write-ahead log from being
folded back, and it would grow without end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self

from edge_agent.buffer import audit, dead_letters, rows, schema, soundness
from edge_agent.buffer.audit import Books
from edge_agent.buffer.dead_letters import LetterRow
from edge_agent.buffer.faults import translated
from edge_agent.buffer.removal import by_reason, ranges_of
from edge_agent.buffer.rows import Counts, Entry
from edge_agent.buffer.space import RESERVE_FILE, free_disk_bytes, size_bytes
from edge_agent.buffer.unsalvaged import waiting_words
from edge_agent.delivery.batching import Backlog
from shared.instants import LAST_INSTANT
from shared.receipts import Ranges, count, subtract

State = Literal["queued", "synced", "all"]
"""`queued` is pending, `synced` is settled; `all` is every event that is kept, dead letters too."""

# :settled is 1 for settled events, 0 for pending ones, null for all. The range that could hold a number is the last
# one that begins at or before it.
_CHOSEN = """
with chosen as (
    select
        seq,
        exists (select 1 from dead_letter where dead_letter.seq = event_log.seq)
            or seq <= coalesce((select last from dropped where first <= event_log.seq order by first desc limit 1), 0)
            as is_dead,
        seq <= coalesce((select last from settled where first <= event_log.seq order by first desc limit 1), 0)
            as is_settled
    from event_log
    where seq > :after_seq
    and at >= :from_at
    and at < :to_at
)
"""

_COUNT = (
    _CHOSEN
    + """
select count(*)
from chosen
where :settled is null
or (is_settled = :settled and not is_dead)
"""
)

# Oldest number first; the limit ends the scan.
_PAGE = (
    _CHOSEN
    + """
select event_log.seq, epoch, at, checksum, cast(payload as blob)
from chosen
join event_log using (seq)
where :settled is null
or (is_settled = :settled and not is_dead)
order by event_log.seq
limit :most
"""
)


class LogReader:
    """A read-only view of a folder's queue; `with` closes it.

    Raises:
        NotFound: there is no queue in this folder.
        StorageUnusable: there is one that cannot be read or is not ours.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = schema.current_file(folder)
        self._connection = schema.open_for_reading(self._path)
        self.damaged = 0
        """How many events `entries` has passed over, because they are not as they were written."""

    def entries(
        self, *, from_at: int | None, to_at: int | None, state: State, after_seq: int, most: int
    ) -> list[Entry]:
        """Return up to `most` undamaged events numbered above `after_seq`, ascending by number.

        Their instants lie in [from_at, to_at); None leaves that end open. An empty list means that there are no more:
        damaged events are passed over, and counted in `damaged`.
        """
        found: list[Entry] = []
        while len(found) < most:
            wanted = most - len(found)
            given = _given((from_at, to_at), state) | {"after_seq": after_seq, "most": wanted}
            with self._reading():
                tokens = {number: epoch.token for number, epoch in rows.epochs(self._connection).items()}
                page = self._connection.execute(_PAGE, given).fetchall()
            whole = list(rows.undamaged(page, tokens=tokens))
            self.damaged += len(page) - len(whole)
            found += whole
            if len(page) < wanted:
                break
            after_seq = page[-1][0]
        return found

    def count(self, *, from_at: int | None, to_at: int | None, state: State) -> int:
        """Return how many events `entries` would give in all, damaged ones included."""
        given = _given((from_at, to_at), state) | {"after_seq": 0}
        with self._reading():
            return int(self._connection.execute(_COUNT, given).fetchone()[0])

    def facts(self) -> Backlog:
        """Return what is pending and the epochs, as the writer's `facts` does."""
        with self._reading():
            return rows.backlog(self._connection)

    def counts(self) -> Counts:
        """Return how much there is; `oldest_pending_at` is exact."""
        with self._reading():
            facts = rows.backlog(self._connection)
            settled, folded = rows.settled(self._connection), rows.folded(self._connection)
            return Counts(
                last_seq=facts.last_seq,
                settled=count(settled) - folded,
                pending=count(facts.pending),
                dead=count(rows.dead(self._connection)),
                size_bytes=size_bytes(self._path),
                oldest_pending_at=rows.oldest_at(self._connection, facts.pending),
                dropped=count(ranges_of(facts.dropped)) + folded,
                dropped_by_hand=rows.by_hand(self._connection),
                given_up=by_reason(facts.dropped),
                epochs=len(facts.epochs),
                retained=count(subtract(settled, rows.removed(self._connection))),
                free_disk_bytes=free_disk_bytes(self._folder),
                has_reserve=(self._folder / RESERVE_FILE).is_file(),
                recovery=waiting_words(self._folder),
            )

    def numbering(self) -> tuple[Backlog, Ranges, Ranges]:
        """Return what is pending, settled and dead, as of one moment."""
        with self._reading():
            return rows.backlog(self._connection), rows.settled(self._connection), rows.dead(self._connection)

    def kept(self, ranges: Ranges) -> Ranges:
        """Return the numbers of these ranges whose events are still on disk."""
        with self._reading():
            return subtract(ranges, rows.removed(self._connection))

    def read(self, ranges: Ranges) -> list[Entry]:
        """Return the events of these numbers, ascending; one that is gone or damaged is left out."""
        with self._reading():
            tokens = {number: epoch.token for number, epoch in rows.epochs(self._connection).items()}
            return rows.entries(self._connection, ranges, tokens=tokens)

    def dead_letters(self, *, after_seq: int = 0, most: int = 1_000) -> list[LetterRow]:
        """Return up to `most` dead letters numbered above `after_seq`, ascending."""
        with self._reading():
            tokens = {number: epoch.token for number, epoch in rows.epochs(self._connection).items()}
            return dead_letters.page(self._connection, after_seq=after_seq, most=most, tokens=tokens)

    def recall(self, key: str) -> str | None:
        """Return what the agent remembered."""
        with self._reading():
            return rows.meta(self._connection, key)

    def integrity(self) -> list[str]:
        """Return what SQLite finds wrong with the file; nothing if it is whole."""
        with self._reading():
            return audit.integrity(self._connection)

    def unsound(self) -> str | None:
        """Return what a start would call damaged although SQLite does not, in words; None if all agrees.

        Of a file that an older program has made, and none has migrated since, nothing is said.
        """
        with self._reading():
            version = int(self._connection.execute("pragma user_version").fetchone()[0])
            return soundness.problem(self._connection) if version == schema.SCHEMA_VERSION else None

    def books(self) -> Books:
        """Return where every number is."""
        with self._reading():
            return audit.books(self._connection)

    def damaged_numbers(self) -> Iterator[int]:
        """Yield the numbers whose event is not as it was written, ascending."""
        after_seq: int | None = 0
        while after_seq is not None:
            with self._reading():
                damaged, after_seq = audit.damaged_page(self._connection, after_seq=after_seq)
            yield from damaged

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with translated(self._path):
            self._connection.execute("begin")
            try:
                yield
            finally:
                self._connection.execute("rollback")


def _given(window: tuple[int | None, int | None], state: State) -> dict[str, int | None]:
    from_at, to_at = window
    settled = {"queued": 0, "synced": 1, "all": None}[state]
    return {"from_at": from_at or 0, "to_at": LAST_INSTANT + 1 if to_at is None else to_at, "settled": settled}
