"""Rules of the rooms that import-linter cannot see: where SQL, HTTP, the clock and chance may be.

A place is a path without `.py`: a file or a folder. Rooms that are not built yet break no rule.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.structure.tree import (
    PROGRAMS,
    docstrings_of,
    imports_of,
    is_inside,
    project_files,
    python_files,
    tree_of,
)

_SQL_ROOMS = ("edge_agent/buffer", "collector/storage")

_HTTP_ROOMS = (
    "edge_agent/agent",  # composition root
    "edge_agent/cli",
    "edge_agent/control",
    "edge_agent/intake",
    "edge_agent/replay",  # composition root of its own process
    "edge_agent/sender",
    "edge_agent/status",
    "collector/cli",
    "collector/control",
    "collector/service",  # composition root
    "collector/web",
    "shared/asking",  # a command asks the running program, whichever it is
    "shared/connections",  # one kind of connection, gate and way to listen, for both servers
    "shared/gated_site",
    "shared/cut_short",  # how an answer ends that cannot be ended, for both servers
    "shared/http_body",  # one bounded way to read a body, for both servers
    "shared/http_guard",
)

_CLOCK_ROOMS = (
    "shared/clock",
    "edge_agent/client",  # imports nothing of ours, for it is at home in another program
)
_CLOCK = {
    *(f"time.{name}" for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")),
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    "datetime.date.today",
    "time.sleep",
    "asyncio.sleep",
}
_CHANCE = ("random", "secrets", "uuid", "os.urandom")

_SQL = re.compile(
    r"\s*(select\b.+\bfrom\b|select\s+(count|max|min|sum|1)\b|insert\s+(or\s+\w+\s+)?into\b|update\s+\w+\s+set\b|delete\s+from\b"
    r"|(create|drop|alter)\s+(unique\s+|temp\s+)?(table|index|trigger|view)\b|pragma\s+\w+|begin\s+(immediate|exclusive|deferred)\b"
    r"|with\s+\w+(\(.*?\))?\s+as\s*\()",
    re.IGNORECASE | re.DOTALL,
)


@pytest.mark.parametrize(
    "text",
    [
        "select at, payload from event_log where seq > ?",
        "\n    insert or ignore into meta (key) values (?)",
        "DELETE FROM event",
        "update camera set watermark = ?",
        "create table event (at integer) strict",
        "pragma synchronous = full",
        "begin immediate",
        "with due as (select 1) select * from due",
    ],
)
def test_a_statement_is_recognised(text: str) -> None:
    """The pattern behind the rule for SQL finds what our rooms really say."""

    assert _SQL.match(text)


@pytest.mark.parametrize(
    "text", ["select a camera", "update the page", "with a token", "create", "begin", "inserted into"]
)
def test_prose_is_no_statement(text: str) -> None:
    """Messages for people may use the same verbs."""

    assert not _SQL.match(text)


def test_sql_is_written_only_where_rows_are_kept() -> None:
    """Statements and .sql files are in the buffer of the agent and in the storage of the collector."""
    texts = [place for name in _outside(_SQL_ROOMS) for place in _statements(name)]
    files = [name for name in project_files() if name.endswith(".sql") and not is_inside(name, _SQL_ROOMS)]

    assert [] == texts + files


def test_http_is_spoken_only_at_the_edges() -> None:
    """aiohttp is imported by what sends, what listens, and the composition roots."""

    assert [] == list(_imports_outside(_HTTP_ROOMS, ("aiohttp",)))


def test_the_clock_is_a_port() -> None:
    """Nobody else reads the time or sleeps, so that a test may put another clock in."""
    found = [f"{place}: {call}" for name in _outside(_CLOCK_ROOMS) for place, call in _calls(name) if call in _CLOCK]

    assert [] == found


def test_chance_is_an_argument() -> None:
    """Random numbers and ids come from the clock's room or from the caller, so that a test may repeat them."""

    assert [] == list(_imports_outside(_CLOCK_ROOMS, _CHANCE))


def test_a_process_holds_one_sqlite_library() -> None:
    """Everyone takes `sqlite3` from sqlite_utils.utils: two libraries on one file lose each other's locks."""
    found = [
        f"{name}:{line}: {imported}"
        for name in python_files()
        for line, imported in imports_of(tree_of(name))
        if imported.split(".")[0] in ("sqlite3", "pysqlite3")
    ]

    assert [] == found


def _outside(places: tuple[str, ...]) -> Iterator[str]:
    return (name for name in python_files(*PROGRAMS) if not is_inside(name, places))


def _imports_outside(places: tuple[str, ...], modules: tuple[str, ...]) -> Iterator[str]:
    for name in _outside(places):
        for line, imported in imports_of(tree_of(name)):
            if any(imported == module or imported.startswith(f"{module}.") for module in modules):
                yield f"{name}:{line}: {imported}"


def _statements(name: str) -> Iterator[str]:
    tree = tree_of(name)
    for_the_reader = docstrings_of(tree)
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in for_the_reader)
    for node in texts:
        if isinstance(node.value, str) and _SQL.match(node.value):
            yield f"{name}:{node.lineno}: {node.value.strip()[:40]}"


def _calls(name: str) -> Iterator[tuple[str, str]]:
    """The place and the full dotted name of each use of an imported name, whatever it was imported as."""
    tree = tree_of(name)
    known = _names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            head, *rest = ast.unparse(node).split(".")
            yield f"{name}:{node.lineno}", ".".join([known.get(head, head), *rest])


def _names(tree: ast.AST) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update({alias.asname: alias.name for alias in node.names if alias.asname})
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return names
