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
_OF_SITES = rf"(?:{'|'.join(TABLES)}|x)\b"
_NAMED = re.compile(rf"\b(?:from|join|update|using)\s+{_OF_SITES}(?!\s*\()")
_FILLED = re.compile(rf"\binsert\s+into\s+{_OF_SITES}")
_FILLED_BY_SITE = re.compile(rf"\binsert\s+into\s+{_OF_SITES}\s*\(\s*(?:site_id|x)\b")
_BY_SITE = re.compile(r"\bsite_id\s*(?:=\s*(?:\$1\b|any\(|\w+\.site_id)|\{of\})")


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
    """Say whether every table of sites in a statement is asked for one site, or for those of a page."""
    named, filled = len(_NAMED.findall(statement)), len(_FILLED.findall(statement))
    return len(_BY_SITE.findall(statement)) >= named and len(_FILLED_BY_SITE.findall(statement)) == filled


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
