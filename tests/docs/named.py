"""What the documentation names and what there is: commands with options, routes, and codes, read from the code."""

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache

import click

from collector.web.routes import ROUTES
from tests.docs.generated import COMMANDS
from tests.docs.pages import blocks, pages, spans
from tests.structure.tree import python_files, text_of, tree_of

_REFUSERS = ("_Refused", "Rejection", "TimestampRefused")
_AGENT_ROUTE = re.compile(r'add_(get|post)\("([^"]+)"')
_INVOCATION = re.compile(r"(?:[A-Z_]+=\S+ )*((?:collector|edge-agent) .+)")


def invocations() -> Iterator[tuple[str, list[str]]]:
    """Every page with each invocation of our commands that it shows, in words without shell."""
    for page in pages():
        lines = sorted(spans(page))
        for block in blocks(page, "sh", "console"):
            lines += [line.removeprefix("$ ") for line in block.text.splitlines()]
        for line in lines:
            if match := _INVOCATION.fullmatch(line):
                yield page, shlex.split(match[1], comments=True)


def misunderstood(words: list[str]) -> str | None:
    """Why our commands would not understand an invocation; None if they would. Values are not judged."""
    command: click.Command = COMMANDS[words[0]]
    rest = words[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        inner = command.get_command(click.Context(command), rest[0])
        if inner is None:
            return f"there is no command {' '.join(words[: len(words) - len(rest) + 1])}"
        command, rest = inner, rest[1:]
    known = options(command)
    unknown = [word.partition("=")[0] for word in rest if word.startswith("-") and len(word) > 1]
    return next((f"{' '.join(words)}: no option {word}" for word in unknown if word not in known), None)


def options(command: click.Command) -> set[str]:
    """The options of a command, `--help` among them."""
    return {"-h", "--help", *(name for param in command.params for name in (*param.opts, *param.secondary_opts))}


@cache
def collector_routes() -> frozenset[tuple[str, str]]:
    """Method and path of the collector's addresses."""
    return frozenset((route.method, route.path) for route in ROUTES)


@cache
def agent_routes() -> frozenset[tuple[str, str]]:
    """Method and path of the edge agent's addresses."""
    source = text_of("edge_agent/intake/local_http.py")
    return frozenset((match[1].upper(), match[2]) for match in _AGENT_ROUTE.finditer(source))


def is_routed(path: str, routes: frozenset[tuple[str, str]]) -> bool:
    """Whether a path without its query leads to one of the routes."""
    return any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path) for _, pattern in routes)


@cache
def reject_codes() -> frozenset[str]:
    """The codes that a rejection can have: the first text in each call that makes one."""
    return frozenset(
        node.args[0].value
        for name in python_files("shared", "collector")
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _REFUSERS and node.args
        if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    )
