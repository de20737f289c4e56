"""What the condition of a database on a server means: a line for each side of it. No I/O here."""

from collections import Counter
from collections.abc import Iterator

from collector.checks.database_findings import megabytes
from collector.metrics.drift import duration
from collector.storage.server import Held, ServerCondition, Standbys, TableSize
from shared.findings import Finding
from shared.spoken import counted

MANY_DEAD_BYTES = 64 * 1024 * 1024
"""Of a table of which more than half is rows that are gone; less is not worth a word."""
LONG_WAIT_SECONDS = 10
LONG_HOLD_SECONDS = 60
"""Longer than any transaction of a collector takes; a rebuild or a copy may hold a database for hours."""
LARGEST = 4
"""The events, and so many less one of the others."""
NEARLY_ALL = 0.9


def server_findings(condition: ServerCondition) -> Iterator[Finding]:
    """Yield what is to be said of a look at a database on a server."""
    yield _server(condition)
    yield _schema(condition)
    yield _sums(condition)
    yield _tables(condition)
    yield _sessions(condition)
    yield _locks(condition)
    if condition.standbys is not None and condition.standbys.there is not None:
        yield _standbys(condition.standbys, there=condition.standbys.there)


def _server(condition: ServerCondition) -> Finding:
    spread = ", spread over a cluster" if condition.is_spread else ""
    words = f"{condition.place}, PostgreSQL {condition.version}, {megabytes(condition.size_bytes)}{spread}"
    if condition.silent:
        words = f"{words}; {', '.join(condition.silent)} did not answer: sites lie there"
    if condition.unsafe:
        words = f"{words}; {', '.join(condition.unsafe)}: what is acknowledged may be lost"
    return Finding("server", words, 3 if condition.silent or condition.unsafe else 0)


def _schema(condition: ServerCondition) -> Finding:
    if condition.steps_missing:
        missing = ", ".join(condition.steps_missing)
        return Finding("schema", f"version {condition.steps}; the next start brings it up to date: {missing}", 3)
    return Finding("schema", f"version {condition.steps}, this program's")


def _sums(condition: ServerCondition) -> Finding:
    if condition.unfinished or condition.rules is None:
        return Finding("sums", condition.unfinished or "there are none", 7)
    gap, tail = duration(condition.rules.session_gap), duration(condition.rules.tail)
    return Finding("sums", f"complete, made with session_gap = {gap} and tail = {tail}")


def _tables(condition: ServerCondition) -> Finding:
    largest = sorted(condition.tables, key=lambda each: each.name != "event")[:LARGEST]
    words = "; ".join(
        f"{each.name} about {counted(each.rows, 'row')}, {megabytes(each.size_bytes)}" for each in largest
    )
    bloated = [each.name for each in condition.tables if _is_bloated(each)]
    if bloated:
        return Finding(
            "tables", f"{words}; more than half of {', '.join(bloated)} is rows that are gone: does autovacuum run?", 3
        )
    return Finding("tables", words)


def _is_bloated(table: TableSize) -> bool:
    return table.dead_rows > table.rows and table.size_bytes > MANY_DEAD_BYTES


def _sessions(condition: ServerCondition) -> Finding:
    places = ", ".join(f"{many} from {place}" for place, many in sorted(Counter(condition.ours).items()))
    ours = f"{places} of collectors and commands" if places else "none of a collector"
    words = f"{ours}; {condition.sessions} of {condition.most_sessions} that the server takes"
    if condition.sessions > NEARLY_ALL * condition.most_sessions:
        return Finding("sessions", f"{words}: raise max_connections, or lower postgres_readers", 3)
    return Finding("sessions", words)


def _locks(condition: ServerCondition) -> Finding:
    if not condition.held:
        return Finding("locks", "nobody waits for anybody")
    words = "; ".join(map(_told, condition.held))
    is_long = any(
        each.seconds > (LONG_WAIT_SECONDS if each.is_waiting else LONG_HOLD_SECONDS) for each in condition.held
    )
    return Finding("locks", words, 3 if is_long else 0)


def _told(held: Held) -> str:
    verb = "waits" if held.is_waiting else "holds the lock"
    return f"process {held.pid} ({held.who}) {verb} since {held.seconds:.0f} s: {held.what}"


def _standbys(standbys: Standbys, *, there: int) -> Finding:
    names = f"(synchronous_standby_names = {standbys.names})"
    if there > standbys.wanted:
        return Finding("standby", f"{there} are there, and a commit waits for {standbys.wanted} of them {names}")
    words = f"{there} of the {standbys.wanted} that a commit waits for {names}"
    if there < standbys.wanted:
        return Finding("standby", f"{words}: until it is back, or another one is named, nothing is acknowledged", 3)
    return Finding("standby", words)
