"""The project's Markdown pages, taken apart: fenced blocks, code spans, tables, links and anchors.

Understands the Markdown that is written here and no more: fences of three backticks, tables with pipes at both ends, one
code span within a line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.structure.tree import project_files, text_of

_FENCE = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: what it is called, where its first line is, and what stands in it."""

    page: str
    line: int
    language: str
    text: str


def pages() -> tuple[str, ...]:
    """The pages by their path, sorted."""
    return tuple(name for name in project_files() if name.endswith(".md"))


@cache
def blocks(page: str, *languages: str) -> tuple[Block, ...]:
    """The fenced blocks of a page, of these languages or of all."""
    text = text_of(page)
    found = (
        Block(page, text.count("\n", 0, match.start(2)) + 1, match[1], match[2]) for match in _FENCE.finditer(text)
    )
    return tuple(block for block in found if not languages or block.language in languages)


@cache
def prose(page: str) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text_of(page))


@cache
def spans(page: str) -> frozenset[str]:
    """What stands between backticks in the prose of a page."""
    return frozenset(_SPAN.findall(prose(page)))


def all_spans() -> Iterator[tuple[str, str]]:
    """Every page with each of its code spans."""
    return ((page, span) for page in pages() for span in sorted(spans(page)))


def links(page: str) -> list[str]:
    """The targets of a page's links and pictures, in order."""
    return _LINK.findall(prose(page))


def anchors(page: str) -> frozenset[str]:
    """The names by which the headings of a page can be linked to."""
    return frozenset(_anchor(heading) for heading in _HEADING.findall(prose(page)))


def section(page: str, heading: str) -> str:
    """The prose below a heading, up to the next one of any level."""
    before, found, after = prose(page).partition(f"# {heading}\n")
    assert found, f"{page} has no heading {heading!r}"
    del before
    return re.split(r"^#+ ", after, maxsplit=1, flags=re.MULTILINE)[0]


def table(text: str) -> list[list[str]]:
    """The rows of the first table in a text, without its heading; cells are stripped."""
    rows: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            break
    return rows[2:]


def code_in(cell: str) -> list[str]:
    """The code spans of a table's cell."""
    return _SPAN.findall(cell)


def _anchor(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")
