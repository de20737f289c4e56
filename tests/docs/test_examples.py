"""Every `console` block of the documentation is run, in order, against a real collector and a real agent."""

from pathlib import Path

import pytest

from tests.docs.pages import blocks, pages
from tests.docs.session import Session, agree, examples

pytestmark = pytest.mark.timeout(300)  # a page may have ten commands, each of which starts a program

WITH_EXAMPLES = [page for page in pages() if blocks(page, "console")]


@pytest.mark.processes
@pytest.mark.parametrize("page", WITH_EXAMPLES)
def test_the_examples_of_a_page_print_what_it_says(page: str, tmp_path: Path) -> None:
    """Commands run one after the other; each prints what stands below it."""
    wrong: list[str] = []
    with Session(tmp_path) as session:
        for block in blocks(page, "console"):
            for example in examples(block):
                printed = session.run(example.command)
                if not agree(example.output, printed):
                    wrong.append(f"{example.place}: {example.command}\nsaid:\n{example.output}\nprinted:\n{printed}")

    assert [] == wrong


def test_events_metrics_and_quickstart_have_examples() -> None:
    """The pages that a newcomer types from are among those that are run."""

    assert {"docs/events.md", "docs/metrics.md", "docs/quickstart.md"} <= set(WITH_EXAMPLES)


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ('{"a": 1}', '{ "a": 1 }', True),
        ('{"a": "…"}', '{"a": [2]}', True),
        ('{"a": 1}', '{"a": 1, "b": 2}', False),
        ('{"a": 1}', '{"a": true}', False),
        ("[1, 2]", "[1]", False),
        ("took … s", "took 0.3 s\n", True),
        ("one", "one\ntwo", False),
        ("one", "won", False),
    ],
)
def test_an_example_is_compared_by_what_it_says(expected: str, printed: str, same: bool) -> None:
    """Spelling of JSON does not matter, values and lines do, and `…` is anything."""

    assert same is agree(expected, printed)
