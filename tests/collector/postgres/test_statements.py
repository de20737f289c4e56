"""Statements of the hot path name their site wherever they name a table of sites: else a cluster would ask all its machines."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.structure.tree import docstrings_of, python_files, tree_of

ROOM = "collector/storage/postgres/"
OTHERS = ("audit", "connecting", "distributing", "end", "migrating", "rebuilding", "what_stays")
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
    r"(?<![.\w])((?:\w+\.)?)site_id\s*(?:=\s*(?:\$1\b|any\(\s*\$\d+(?:::\w+\[\])?\s*\)|\w+\.site_id\b)|\{of\})",
    re.IGNORECASE,
)
_ROUND = re.compile(r"\(([^()]*)\)")
_OF_EVERY_SITE = re.compile(r"\(\$1::integer\[\] is null or (\w+\.site_id = any\(\$1\))\)|\$1::integer\[\] is null or ")
"""A page of whoever may see all sites: it names none."""
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
    """Say whether every table of sites in a statement is asked for one site, or for those of a page.

    Each pair of parentheses by itself, and what is around it without it: a condition counts for the tables beside it.
    """
    if len(_FILLED_BY_SITE.findall(statement)) != len(_FILLED.findall(statement)):
        return False
    return all(map(_asks_for_sites, _scopes(statement)))


def _scopes(statement: str) -> Iterator[str]:
    statement = _OF_EVERY_SITE.sub(r"\1", statement)
    text = re.sub(r"any\((\s*\$\d+(?:::\w+\[\])?\s*)\)", r"any<\1>", statement, flags=re.IGNORECASE)
    while inner := _ROUND.search(text):
        yield from _parts(inner[1])
        text = f"{text[: inner.start()]}<>{text[inner.end() :]}"
    yield from _parts(text)


def _parts(scope: str) -> list[str]:
    # What stands before and after these has conditions of its own.
    return re.split(r"\b(?:union(?:\s+all)?|except|intersect)\b", scope, flags=re.IGNORECASE)


def _asks_for_sites(scope: str) -> bool:
    named = len(_NAMED.findall(scope))
    conditions = {found.lower() for found in _BY_SITE.findall(re.sub(r"any<(.*?)>", r"any(\1)", scope))}
    return named <= len(conditions) and not (named and _OR.search(scope))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select max(at) from event where site_id = $1 and worker = $2", True),
        ("select max(at) from event where worker = $2", False),
        ("select 1 from event as e join worker as w on w.number = e.worker where e.site_id = $1", False),
        ("select 1 from event as e join worker as w on w.site_id = e.site_id where e.site_id = any($1)", True),
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
