"""The project as files and syntax trees, for rules that are read and not run.

Files are those that git would commit (tracked, or new and not ignored); where git cannot tell, every file outside the
folders that tools make. A rule gets paths relative to the root, with `/`, so that what it reports can be clicked.
"""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("shared", "edge_agent", "collector")
_MADE_BY_TOOLS = {".git", ".hypothesis", ".venv", "__pycache__", "node_modules", "dist", "htmlcov"}


@cache
def project_files() -> tuple[str, ...]:
    """Every file of the project, sorted."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    if listing.returncode == 0:
        names = listing.stdout.split("\0")
        return tuple(sorted(name for name in set(names) if name and (ROOT / name).is_file()))
    return tuple(sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if _is_ours(path)))


def python_files(*folders: str) -> tuple[str, ...]:
    """The Python files in these top-level folders, or in the whole project when none is named."""
    return tuple(
        name for name in project_files() if name.endswith(".py") and (not folders or name.split("/")[0] in folders)
    )


@cache
def text_of(name: str) -> str:
    """The text of a file; empty for what is not UTF-8, such as a picture."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree_of(name: str) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(text_of(name), filename=name)


def imports_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and the full dotted name of everything imported: `from a import b` is `a.b`, for `import a.b` it is `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def docstrings_of(tree: ast.AST) -> set[int]:
    """The ids of the nodes that are texts for the reader and not values: docstrings, also those below a constant."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def is_inside(name: str, places: tuple[str, ...]) -> bool:
    """Whether a file is one of the places or lies in one of them; a place is a path without `.py`."""
    return any(name == f"{place}.py" or name.startswith(f"{place}/") for place in places)


def _is_ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return path.is_file() and not any(part in _MADE_BY_TOOLS or part.endswith("_cache") for part in parts)
