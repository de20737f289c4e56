"""Routes, codes, statuses and bounds stand in the documentation as they are in the code."""

import ast
import re
from typing import get_args

import click
import pytest

from collector.storage.ranges_kept import ALWAYS_OF_AN_EPOCH, MOST_OF_A_CAMERA
from collector.web.limits import LEAST_CONNECTIONS_EACH, MOST_REQUESTS_EACH
from edge_agent.delivery.lacking import DEAD, GONE, NEVER
from edge_agent.delivery.outcome import PauseReason
from shared.http_body import BODY_SECONDS
from shared.wire import MAX_BODY_BYTES, MAX_EVENTS, MAX_LACKING_RANGES
from tests.docs.failures import error_classes
from tests.docs.generated import commands, help_text
from tests.docs.named import agent_routes, collector_routes, is_routed, reject_codes
from tests.docs.pages import all_spans, code_in, section, table
from tests.structure.tree import python_files, text_of, tree_of

_PATH = re.compile(r"(?:(?:GET|POST) )?(/(?:api|dashboard|healthz|readyz|metrics|status)[^ ?]*)")


@pytest.mark.parametrize(
    ("heading", "routes"),
    [("Routes of the collector", collector_routes()), ("Routes of an edge agent", agent_routes())],
)
def test_the_readme_has_the_whole_map_of_addresses(heading: str, routes: frozenset[tuple[str, str]]) -> None:
    """Every route has a row with its method, and every row is a route."""
    rows = {(row[0], path) for row in table(section("README.md", heading)) for path in code_in(row[1])}

    assert set(routes) == rows


def test_addresses_that_are_named_lead_somewhere() -> None:
    """Each is a route of the collector or of the edge agent."""
    routes = collector_routes() | agent_routes()
    named = {(page, match[1]) for page, span in all_spans() if (match := _PATH.fullmatch(span))}

    assert set() == {(page, path) for page, path in named if not is_routed(path, routes) and path != "/api/metrics/"}


def test_every_reject_code_is_explained() -> None:
    """The table has the codes that items are rejected with, and no other."""
    explained = {code_in(row[0])[0] for row in table(section("docs/events.md", "Reject codes"))}

    assert reject_codes() == explained


def test_every_error_class_is_in_the_table() -> None:
    """Wherever it is defined: what is derived from one of the table has a row of its own."""
    told = {code_in(row[0])[0] for row in table(section("docs/reliability.md", "Errors"))}
    derived = {
        node.name
        for name in python_files("shared", "edge_agent", "collector")
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.ClassDef) and told & {ast.unparse(base).rpartition(".")[2] for base in node.bases}
    }

    assert derived | {"LinesideError"} == told == {one.__name__ for one in error_classes()}


def test_every_status_is_explained() -> None:
    """The table has the statuses of all errors, besides those of the framework for methods and redirects."""
    explained = {int(one) for row in table(section("docs/events.md", "Statuses")) for one in row[0].split(", ")}

    assert {one.http_status for one in error_classes()} | {200, 302, 303, 405} == explained


def test_every_exit_code_is_explained() -> None:
    """The table has the codes of all errors, besides done, incomplete and interrupted."""
    explained = {int(row[0]) for row in table(section("docs/operations.md", "Exit codes"))}

    assert {one.exit_code for one in error_classes()} | {0, 3, 130, 141} == explained


@pytest.mark.parametrize("program", ["collector", "edge-agent"])
def test_both_programs_say_every_exit_code(program: str) -> None:
    """In the help of the program itself, in rising order."""
    explained = [int(row[0]) for row in table(section("docs/operations.md", "Exit codes"))]
    _, _, told = help_text((program,)).lower().partition("exit")
    codes = [int(code) for code in re.findall(r"(\d+) (?=[a-z])", " ".join(told.split("\n\n")[0].split()))]

    assert explained == codes


@pytest.mark.parametrize("words", [words for words, one in commands("edge-agent") if not isinstance(one, click.Group)])
def test_every_command_of_the_agent_says_its_exit_codes(words: tuple[str, ...]) -> None:
    """In rising order, each one of the table; with settings that can be wrong, 2 is among them."""
    explained = {int(row[0]) for row in table(section("docs/operations.md", "Exit codes"))}
    _, _, told = help_text(words).partition("exit: ")
    codes = [int(code) for code in re.findall(r"(?:^|· | {4,})(\d+) (?=[a-zF-])", told.split("\n\n")[0])]

    assert [0] == codes[:1]
    assert sorted(set(codes)) == codes
    assert set(codes) <= explained
    assert 2 in codes or "--config" not in help_text(words)


def test_every_pause_is_explained() -> None:
    """The table has each word for what has to be mended, and no other."""
    explained = {code_in(row[0])[0] for row in table(section("docs/delivery.md", "Pauses"))}

    assert set(get_args(PauseReason)) == explained


@pytest.mark.parametrize("reason", [DEAD, GONE, NEVER])
def test_every_reason_to_skip_a_number_is_explained(reason: str) -> None:
    """What the collector is told stands in the table of what it has lost."""
    told = {row[1] for row in table(section("docs/delivery.md", "What a collector has lost"))}

    assert any(f"*{reason}*" in text for text in told)


@pytest.mark.parametrize("code", ["refused", "too_large", "damaged"])
def test_the_agents_own_codes_are_those_of_its_dead_letters(code: str) -> None:
    """Each is explained, and is a text in the code that buries events."""
    explained = {span for row in table(section("docs/delivery.md", "Dead letters")) for span in code_in(row[0])}
    source = text_of("edge_agent/delivery/outcome.py") + text_of("edge_agent/gathering.py")

    assert code in explained
    assert f'"{code}"' in source


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("docs/events.md", f"{MAX_BODY_BYTES // 1024**2} MiB"),
        ("docs/events.md", f"{MAX_EVENTS:,}"),
        ("docs/events.md", f"{BODY_SECONDS} s"),
        ("docs/events.md", f"at most {MAX_LACKING_RANGES} ranges"),
        ("docs/delivery.md", f"at most {MOST_OF_A_CAMERA:,} ranges"),
        ("docs/delivery.md", f"of each epoch the first {ALWAYS_OF_AN_EPOCH} in any case"),
        ("docs/security.md", f"at once with one token, session or link | {MOST_REQUESTS_EACH},"),
        ("docs/security.md", f"`max_connections`, {LEAST_CONNECTIONS_EACH} at least"),
        ("docs/security.md", f"{MAX_EVENTS:,} events, {BODY_SECONDS} seconds"),
    ],
)
def test_bounds_are_those_of_the_code(page: str, words: str) -> None:
    """A bound that moves takes its sentence along."""

    assert words in text_of(page)
