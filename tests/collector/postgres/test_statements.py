"""Statements of the hot path name their site wherever they name a table of sites: else a cluster would ask all its machines."""

import ast
import re
from collections.abc import Iterator

import pytest

from collector.storage.tables import OF_ALL_SITES
from tests.structure.tree import docstrings_of, python_files, tree_of

ROOM = "collector/storage/postgres/"
OTHERS = ("access_lists", "audit", "connecting", "distributing", "end", "migrating", "rebuilding", "what_stays")
"""Modules whose statements are about all sites together, for an operator and not for a page."""
TABLES = (
    "worker", "workstation", "camera", "camera_epoch", "camera_range", "watched", "event", "conflict", "rejected", "ledger",
    "ledger_block", "total", "open_state", "station_hour", "forgotten", "look",
)  # fmt: skip
_TABLES_OF_SITES = rf"(?:only\s+)?(?:\w+\.)?(?:{'|'.join(TABLES)})\b"
_ALL_OF_SITES = rf"(?:{_TABLES_OF_SITES}|x\b)"
_NAMED = re.compile(
    rf"(?:\b(?:from|join|update|using)\s+{_ALL_OF_SITES}(?!\s*\()|,\s*{_TABLES_OF_SITES}\s+as\b)", re.IGNORECASE
)
_FILLED = re.compile(rf"\binsert\s+into\s+{_ALL_OF_SITES}", re.IGNORECASE)
_FILLED_BY_SITE = re.compile(rf"\binsert\s+into\s+{_ALL_OF_SITES}\s*\(\s*(?:site_id|x)\b", re.IGNORECASE)
_BY_SITE = re.compile(
    r"(?<![.\w])(?:(\w+)\.)?site_id\s*(?:(=\s*\$1\b|\{(?:of|too)\})|=\s*(\w+)\.site_id\b)",
    re.IGNORECASE,
)
"""Of several sites only `{of}` may ask, which asks for one as for one."""
_CALLED = re.compile(r"\b(?:as|from|join)\s+(?:only\s+)?(?:\w+\.)?(\w+)", re.IGNORECASE)
_SHARED = re.compile(
    rf"(?:\b(?:from|join)\s+|,\s*)({'|'.join(OF_ALL_SITES)}|camera_home)\b(?:\s+as\s+(\w+))?", re.IGNORECASE
)
_ROUND = re.compile(r"\(([^()]*)\)")
_OR = re.compile(r"\bor\b", re.IGNORECASE)


def statements() -> Iterator[tuple[str, str]]:
    """Yield the place and the text of each statement; what is put in is an `x`, as the names of tables are in some."""
    for name in python_files("collector"):
        if not name.startswith(ROOM) or name.removeprefix(ROOM).removesuffix(".py") in OTHERS:
            continue
        tree = tree_of(name)
        skipped = docstrings_of(tree)
        skipped |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if id(node) in skipped:
                continue
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            if _NAMED.search(text) or _FILLED.search(text):
                yield f"{name}:{node.lineno}", text


def is_of_a_site(statement: str) -> bool:
    """Say whether every table of sites in a statement is asked for the site that is named, or for that of a table which is.

    Each pair of parentheses by itself, and what is around it without it: a condition counts for the tables beside it. The site
    that a row of a shared table names does not count: a cluster knows it too late.
    """
    if len(_FILLED_BY_SITE.findall(statement)) != len(_FILLED.findall(statement)):
        return False
    shared = {name for found in _SHARED.findall(statement.lower()) for name in found}
    return all(_asks_for_its_site(scope, shared=shared) for scope in _scopes(statement))


def _scopes(text: str) -> Iterator[str]:
    while inner := _ROUND.search(text):
        yield from _parts(inner[1])
        text = f"{text[: inner.start()]}<>{text[inner.end() :]}"
    yield from _parts(text)


def _parts(scope: str) -> list[str]:
    # What stands before and after these has conditions of its own.
    return re.split(r"\b(?:union(?:\s+all)?|except|intersect)\b", scope, flags=re.IGNORECASE)


def _asks_for_its_site(scope: str, *, shared: set[str]) -> bool:
    named = len(_NAMED.findall(scope))
    conditions = _BY_SITE.findall(scope.lower())
    here = set(_CALLED.findall(scope.lower()))
    asked = {table for table, site, _ in conditions if site}
    for _ in conditions:
        asked |= {table for table, _, other in conditions if other and (other in asked or other not in here | shared)}
    return named <= len(asked) and not (named and _OR.search(scope))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select max(at) from event where site_id = $1 and worker = $2", True),
        ("select max(at) from event where worker = $2", False),
        ("select 1 from event as e join worker as w on w.number = e.worker where e.site_id = $1", False),
        ("select 1 from event as e join worker as w on w.site_id = e.site_id where e.site_id {of}", True),
        ("select 1 from event as e join worker as w on w.site_id = e.site_id where e.site_id = any($1)", False),
        ("select 1 from event where site_id = any($2::integer[])", False),
        ("select 1 from camera_token as t join camera as c on c.site_id = t.site_id where t.digest = $1", False),
        ("select 1 from camera_home as h, camera as c where c.site_id = h.site_id and h.camera = $1", False),
        ("select 1 from camera_token as t where exists (select 1 from camera where site_id = t.site_id)", False),
        (
            "select (select 1 from camera_epoch as e where e.site_id = c.site_id) from camera as c where c.site_id {of}",
            True,
        ),
        ("select 1 from event as e, worker as w where e.site_id = w.site_id and w.site_id = e.site_id", False),
        ("insert into conflict (site_id, worker) select $1, 2", True),
        ("insert into conflict (worker) select 2", False),
        ("update camera as c set pending = 0 where c.number = $2", False),
        ("delete from total as t using unnest($2::integer[]) as k (worker) where t.site_id = $1", True),
        ("select 1 from site as s, event as e where e.worker = $1", False),
        (
            "select 1 from event as e where e.worker = $1 and exists (select 1 from conflict where site_id = $1 and site_id = $1)",
            False,
        ),
        ("SELECT 1 FROM event WHERE worker = $1", False),
        ("select 1 from event where site_id = any(select site_id from site)", False),
        ("select 1 from only event where worker = $1", False),
        ("select 1 from public.event where worker = $1", False),
        ("select 1 from event where site_id = $1 or worker = $2", False),
        ("select 1 from event where (site_id = $1 or true)", False),
        ("select 1 from event where site_id = $1 union all select 1 from event where worker = $2", False),
        ("delete from event where worker = $1", False),
        ("insert into event (worker, site_id) select $2, $1", False),
        ("insert into event select * from unnest($1::integer[])", False),
        ("select 1 from event where site_id = 7", False),
    ],
)
def test_a_statement_without_its_site_is_recognised(statement: str, expected: bool) -> None:
    """The judgement behind the rule, on statements like ours."""

    assert expected == is_of_a_site(statement)


def test_every_statement_of_the_hot_path_names_its_site() -> None:
    """Of storing and of what a page shows."""
    found = list(statements())

    assert len(found) > 40
    assert [] == [f"{place}: {text}" for place, text in found if not is_of_a_site(text)]
